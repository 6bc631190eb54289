"""Every method the registry finds keeps the contract; a new file in learning/methods is tested by this alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base.config import form_fields
from fsl_core.base.errors import ConfigError, DataError, NotFittedError
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context, VectorMethod
from tests.engine_fixtures import SUPPORT
from tests.small_generators import GapFiller, WordCounter

MEANINGS = {"refund": "refund money", "delivery": "parcel late", "login": "login password"}
QUERIES = ("refund my money", "the parcel is late", "forgot my password", "hello", "")
METHODS = list(registry.methods())
LIVE = list(registry.live_methods())
CHOSEN = {"ridge": {"penalty": 0.3}, "tip-adapter": {"alpha": 2.0, "beta": 5.5}}
"""Settings that a method would else choose by leave-one-out, and so differently without an example."""
live_only = pytest.mark.parametrize("name", LIVE)


def make(name: str, context: Context):
    return registry.create_method(name, registry.get_method(name).info.fast, context)


@pytest.fixture(params=METHODS)
def name(request) -> str:
    return request.param


@pytest.fixture
def context(name, request) -> Context:
    """Methods that train the encoder get one that can be trained; the others one of plain counts.

    Those that ask a language model get one that can be worked out by hand.
    """
    if registry.get_method(name).info.needs == "generator":
        generator = GapFiller({}, MEANINGS) if name == "cloze" else WordCounter()
        return replace(request.getfixturevalue("word_context"), generator=generator)
    return request.getfixturevalue("tuning_context" if registry.get_method(name).info.trains else "word_context")


def test_probabilities_have_one_row_per_item_and_sum_to_one(name, context):
    proba = make(name, context).fit(SUPPORT).predict_proba(QUERIES)
    assert proba.shape == (5, 3) and proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
    assert (proba >= 0).all()


def test_no_items_give_no_rows(name, context):
    assert make(name, context).fit(SUPPORT).predict_proba([]).shape == (0, 3)


def test_a_separable_problem_is_learned(name, context):
    method = make(name, context).fit(SUPPORT)
    answers = [method.classes[i] for i in method.predict_proba(QUERIES[:3]).argmax(axis=1)]
    assert answers == ["Refund", "Delivery", "Login"]


def test_the_same_seed_gives_the_same_answer(name, context):
    first, second = (make(name, context).fit(SUPPORT).predict_proba(QUERIES) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_predicting_changes_nothing(name, context):
    method = make(name, context).fit(SUPPORT)
    first = method.predict_proba(QUERIES)
    method.predict_proba(["something else", "parcel"])
    np.testing.assert_array_equal(first, method.predict_proba(QUERIES))


@pytest.mark.parametrize("name", [name for name, method in registry.methods().items() if not method.info.transductive])
def test_a_batch_answers_like_one_by_one(name, context):
    method = make(name, context).fit(SUPPORT)
    single = np.concatenate([method.predict_proba([text]) for text in QUERIES])
    np.testing.assert_allclose(method.predict_proba(QUERIES), single, atol=1e-5)


def test_predict_before_fit_says_so(name, context):
    with pytest.raises(NotFittedError, match="has not been fitted"):
        make(name, context).predict_proba(QUERIES)


def test_settings_survive_json_and_refuse_strangers(name):
    model = registry.get_method(name).settings
    config = model(**registry.get_method(name).info.fast)
    assert model.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ConfigError, match="no_such_setting"):
        registry.create_method(name, {"no_such_setting": 1}, Context())


def test_every_setting_can_be_drawn_and_explained(name):
    fields = form_fields(registry.get_method(name).settings)
    assert all(field.help and field.title for field in fields)


def test_save_and_load_answer_alike_and_no_file_is_a_pickle(name, context, tmp_path):
    method = make(name, context).fit(SUPPORT)
    method.save(tmp_path / "model")
    loaded = registry.load_method(tmp_path / "model", context)
    np.testing.assert_allclose(loaded.predict_proba(QUERIES), method.predict_proba(QUERIES), atol=1e-6)
    assert loaded.config == method.config and loaded.classes == method.classes
    assert {file.suffix for file in (tmp_path / "model").rglob("*") if file.is_file()} <= {".json", ".safetensors"}


def test_a_model_is_not_loaded_on_another_encoder(name, context, tmp_path):
    make(name, context).fit(SUPPORT).save(tmp_path)
    other = registry.create_encoder("char-ngram")
    with pytest.raises(ConfigError, match="encoder"):
        registry.load_method(tmp_path, replace(context, encoder=other))


@live_only
def test_class_names_alone_answer_before_the_first_label(name, context):
    support = LabeledSet((), (), SUPPORT.classes)
    method = make(name, context).fit(support)
    answers = [method.classes[i] for i in method.predict_proba(QUERIES[:3]).argmax(axis=1)]
    assert answers == ["Refund", "Delivery", "Login"]


@live_only
def test_without_names_and_examples_there_is_nothing_to_learn_from(name, context):
    method = registry.create_method(name, {"name_prior": 0.0}, context)
    with pytest.raises(DataError, match="no labelled example"):
        method.fit(LabeledSet((), (), SUPPORT.classes))


@live_only
def test_without_names_a_class_without_examples_is_never_chosen(name, context):
    support = LabeledSet(SUPPORT.items, SUPPORT.labels, (*SUPPORT.classes, "Praise"))
    proba = registry.create_method(name, {"name_prior": 0.0}, context).fit(support).predict_proba(QUERIES)
    assert np.isfinite(proba).all()
    assert (proba.argmax(axis=1) != 3).all()


@live_only
def test_one_example_in_one_class_is_enough_with_names(name, context):
    support = LabeledSet(("money refund",), ("Refund",), SUPPORT.classes)
    proba = make(name, context).fit(support).predict_proba(QUERIES[:3])
    assert proba.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_single_class_is_refused_with_the_fix(name, context):
    with pytest.raises(DataError, match="at least two classes"):
        make(name, context).fit(LabeledSet(("a",), ("A",)))


@live_only
@pytest.mark.parametrize("prior", [0.0, 1.0, 2.5])
def test_closed_form_leave_one_out_equals_fitting_without_each_example(name, context, prior):
    settings = {"name_prior": prior, **CHOSEN.get(name, {})}
    method = registry.create_method(name, settings, context).fit(SUPPORT)
    assert isinstance(method, VectorMethod)
    closed = method.leave_one_out()
    if closed is None:
        assert type(method)._leave_one_out is VectorMethod._leave_one_out  # it has none, rather than one that fails
        return
    if name == "ridge":
        # The gap that scales its temperature is measured on all examples: compare the choice, not the sureness.
        closed = closed.argmax(axis=1)
    brute = []
    for i in range(len(SUPPORT)):
        rest = SUPPORT.take([j for j in range(len(SUPPORT)) if j != i])
        proba = registry.create_method(name, settings, context).fit(rest).predict_proba([SUPPORT.items[i]])[0]
        brute.append(proba.argmax() if name == "ridge" else proba)
    np.testing.assert_allclose(closed, np.array(brute), atol=1e-5)


@live_only
def test_influence_has_a_value_for_every_example_and_is_highest_for_a_twin(name, context, words):
    method = make(name, context).fit(SUPPORT)
    influence = method.influence(words.encode(["late late parcel"]))
    assert influence.shape == (1, len(SUPPORT))
    assert SUPPORT.labels[int(influence[0].argmax())] == "Delivery"


def test_an_unknown_method_lists_what_there_is():
    with pytest.raises(ConfigError, match="no method 'nearest-of-sorts'") as caught:
        registry.get_method("nearest-of-sorts")
    assert "prototype" in caught.value.hint and "ridge" in caught.value.hint


def test_listing_methods_loads_no_heavy_library():
    code = (
        "import sys; from fsl_core import registry; registry.methods(); registry.encoders(); registry.strategies();"
        "print([m for m in ('torch','transformers','sentence_transformers','umap','sklearn','plotly','streamlit')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
