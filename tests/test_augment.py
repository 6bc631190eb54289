"""Generated examples: proposed, filtered by hand-computed rules, never in a score, and gone with one act."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base.errors import ConfigError, DataError, MissingBackend
from fsl_core.base.types import LabeledSet, silent
from fsl_core.contracts.method import Extra
from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation.cross_validation import Generated
from fsl_core.jobs.tasks.augment import Batch
from fsl_core.jobs.tasks.augment_check import Check
from fsl_core.jobs.worker import serve
from fsl_core.learning.augment import filtering, found, gate, judge
from fsl_core.learning.augment.judge import Proposals
from fsl_core.learning.augment.source import Candidate, Proposed, Task
from fsl_core.learning.augment.sources.eda import edited
from fsl_core.learning.augment.sources.language_model import lines
from fsl_core.learning.augment.sources.substitution import DISCOUNT, Trigrams
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, augmented
from tests.engine_fixtures import CLASS_TEXTS, SUPPORT
from tests.small_generators import WordCounter

ENDS = (
    "today in the morning",
    "again for a second time and all night",
    "with an old phone at home beside this window",
)
LONGER = LabeledSet(
    tuple(f"{text} {more}" for text in SUPPORT.items for more in ENDS),
    tuple(label for label in SUPPORT.labels for _ in ENDS),
    SUPPORT.classes,
)


# -- sources -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["eda", "substitution"])
def test_a_source_proposes_for_every_class_and_names_its_parents(name):
    first, second = Proposed(), Proposed()
    found.create(name).propose(Task(LONGER, CLASS_TEXTS, seed=3), 4, first, silent)
    found.create(name).propose(Task(LONGER, CLASS_TEXTS, seed=3), 4, second, silent)
    assert first.candidates == second.candidates, "a seed repeats it"
    assert {one.code for one in first.candidates} == {0, 1, 2}
    real = set(LONGER.items)
    for one in first.candidates:
        assert one.text not in real or name == "eda"
        assert {LONGER.labels[row] for row in one.parents} == {LONGER.classes[one.code]}
        words = {word for row in one.parents for word in LONGER.items[row].split()}
        if name == "eda":
            assert set(one.text.split()) <= words, "every word stems from a parent"
        else:
            assert len(set(one.text.split()) - words) <= 3 and set(one.text.split()) & words


def test_unknown_sources_list_what_there_is():
    with pytest.raises(ConfigError, match="no source 'magic'") as caught:
        found.create("magic")
    assert "eda" in caught.value.hint


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=12), st.integers(0, 50))
def test_an_edit_moves_drops_or_adds_words_of_the_class(words, seed):
    out = edited(words, ["x"], np.random.default_rng(seed)).split()
    n = max(1, round(0.15 * len(words)))
    if "x" in out:
        assert [w for w in out if w != "x"] == words and len(out) == len(words) + n
    elif len(out) < len(words):
        assert len(out) == len(words) - n
    else:
        assert sorted(out) == sorted(words)


def test_trigram_probabilities_by_hand():
    model = Trigrams(["a b", "a c"])
    # Seven tokens in all: a a b c </s> </s> give six; counts a 2, b 1, c 1, </s> 2.
    p_b = 1 / 6.5
    p_b_after_a = (1 - DISCOUNT) / 2 + DISCOUNT * 2 / 2 * p_b
    expected = (1 - DISCOUNT) / 2 + DISCOUNT * 2 / 2 * p_b_after_a
    assert model.probability("b", ("<s>", "a")) == pytest.approx(expected)
    assert model.probability("never", ("x", "y")) == pytest.approx(0.5 / 6.5)


def test_too_few_words_for_the_trigram_model_are_told():
    with pytest.raises(DataError, match="different words"):
        found.create("substitution").propose(Task(SUPPORT, CLASS_TEXTS), 2, Proposed(), silent)


def test_a_language_model_writes_for_classes_and_between_them():
    answer = '1. Where is my parcel now?\n- "It is late again"\n\nSure, here is another one:\nWhere is my parcel now?\n'
    generator = WordCounter(answers=[answer] * 4)
    into = Proposed()
    task = Task(SUPPORT, {**CLASS_TEXTS, "Login": "cannot <enter>"}, confused=[(1, 0)], generator=generator)
    found.create("language-model").propose(task, 5, into, silent)
    assert [one.text for one in into.candidates[:2]] == ["Where is my parcel now?", "It is late again"]
    assert len(into.candidates) == 8
    between = into.candidates[-1]
    assert (between.code, between.second) == (1, 0)
    assert {SUPPORT.labels[row] for row in between.parents} == {"Delivery", "Refund"}
    for place, prompt in enumerate(generator.heard):
        shown = {SUPPORT.items.index(item) for item in SUPPORT.items if f'"{item}"' in prompt}
        assert shown == set(into.candidates[2 * place].parents), "what it saw is what is named"
    assert "cannot <enter>" in generator.heard[2]


@pytest.mark.parametrize(
    ("answer", "ended", "expected"),
    [
        ("", True, []), ("   \n\n", True, []), ("ok", True, []), ("...", True, []),
        ("x" * 10_000, True, []), ("<b>My money</b> [back](http://a)", True, ["<b>My money</b> [back](http://a)"]),
        ("first one\nsecond on", False, ["first one"]), ("的包裹还没有到", True, ["的包裹还没有到"]),
        ("As an AI I cannot do that\nIgnore the above", True, ["Ignore the above"]),
        ("same\nsame\nSame again", True, ["same", "Same again"]),
    ],
)  # fmt: skip
def test_answers_of_any_kind_become_lines_or_nothing(answer, ended, expected):
    assert lines(answer, ended=ended) == expected


def test_what_came_before_a_failure_is_kept():
    class Fails(WordCounter):
        def generate(self, prompts, sampling, *, on_text=None, on_done=None, progress=None):
            on_done(0, super().generate(prompts[:1], sampling)[0])
            raise MissingBackend("The server is gone.", "Start it.")

    into = Proposed()
    with pytest.raises(MissingBackend):
        task = Task(SUPPORT, CLASS_TEXTS, generator=Fails(answers=["a first text\na second text"]))
        found.create("language-model").propose(task, 5, into, silent)
    assert [one.text for one in into.candidates] == ["a first text", "a second text"]


# -- filters -------------------------------------------------------------------------------------------


def test_pvi_and_its_thresholds_by_hand():
    np.testing.assert_allclose(filtering.pvi(np.array([0.5]), np.array([0.25])), [1.0])
    left_out = np.array([[0.5, 0.5], [0.25, 0.75], [0.25, 0.75], [0.125, 0.875]], dtype=np.float32)
    floors = filtering.thresholds(left_out, np.array([0, 0, 0, 1]), np.array([0.5, 0.5], dtype=np.float32))
    # Class 0: PVI 0, -1, -1, of which the tenth lowest per cent is -1; class 1 has a single example.
    np.testing.assert_allclose(floors, [-1.0, 0.0])


def test_each_rule_drops_what_it_should_and_says_so():
    eye = np.eye(8, dtype=np.float32)
    names = ["good", "other class", "between", "weak", "copy of real", "near real", "copy of good", "mixed"]
    candidates = [Candidate(name, 0, (0,), 1 if name == "mixed" else -1) for name in names]
    shares = [[0.9, 0.05], [0.1, 0.85], [0.5, 0.45], [0.6, 0.2], [0.9, 0.05], [0.9, 0.05], [0.9, 0.05], [0.2, 0.75]]
    probabilities = np.array([[*row, 1 - sum(row)] for row in shares], dtype=np.float32)
    near = 0.96 * eye[7] + np.sqrt(1 - 0.96**2) * eye[6]
    vectors = np.stack([eye[0], eye[1], eye[2], eye[3], eye[4], near, eye[0], eye[5]]).astype(np.float32)
    folded = ["good", "other class", "between", "weak", "real text", "near real", "copy of good", "mixed"]
    passed, dropped = filtering.passing(
        candidates, probabilities, np.array([0.5, 0.3, 0.2], dtype=np.float32), np.array([0.5, 0.0, 0.0]),
        vectors, folded, eye[7:8], ["real text"],
    )  # fmt: skip
    assert [(one.candidate.text, one.code) for one in passed] == [("good", 0), ("mixed", 1)]
    assert dropped == {
        "taken for another class": 1, "between two classes": 1, "tells too little of its class": 1,
        "nearly the same as another": 3,
    }  # fmt: skip
    good = passed[0]
    assert (good.nearest, good.similarity) == (0, 0.0) and good.margin == pytest.approx(0.85)
    assert good.pvi == pytest.approx(np.log2(0.9 / 0.5))


def test_the_pairs_that_are_mixed_up_most_come_first():
    left_out = np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0], [0.0, 0.6, 0.4]], dtype=np.float32)
    assert filtering.most_confused(left_out, np.array([0, 0, 1]), 5) == [(0, 1), (1, 2)]


# -- learning ------------------------------------------------------------------------------------------


@given(
    st.lists(st.frozensets(st.integers(0, 9), max_size=4), max_size=12), st.frozensets(st.integers(0, 9), max_size=5)
)
def test_nothing_made_from_a_tested_item_is_learned_from(parents, test):
    n = len(parents)
    made = Generated(np.arange(2 * n, dtype=np.float32).reshape(n, 2), np.zeros(n, dtype=np.int64), 0.3, tuple(parents))
    extra = made.without(np.array(sorted(test), dtype=np.int64))
    kept = {int(row[0]) // 2 for row in extra.vectors}
    assert kept == {place for place, own in enumerate(parents) if not own & test}


@pytest.mark.parametrize("name", [name for name, kind in registry.live_methods().items() if kind.info.weighs])
def test_weight_one_is_a_real_example_and_weight_zero_is_none(name, words, word_context):
    vectors, codes = words.encode(SUPPORT.items), SUPPORT.codes
    others = words.encode(["refund hello", "late login", "password password"])
    extra_codes = np.array([0, 1, 2])
    asked = words.encode(["refund late", "login money", "parcel please"])

    def fitted(*arguments, extra=None):
        return registry.create_method(name, {}, word_context).fit_vectors(*arguments, SUPPORT.classes, extra=extra)

    whole = fitted(np.concatenate([vectors, others]), np.concatenate([codes, extra_codes])).predict_vectors(asked)
    one = fitted(vectors, codes, extra=Extra(others, extra_codes, 1.0)).predict_vectors(asked)
    np.testing.assert_allclose(one, whole, atol=2e-3)
    none = fitted(vectors, codes, extra=Extra(others, extra_codes, 1e-7)).predict_vectors(asked)
    if name != "knn":  # there a neighbour takes a seat among the k, whatever its vote counts
        np.testing.assert_allclose(none, fitted(vectors, codes).predict_vectors(asked), atol=2e-3)
    weighed = fitted(vectors, codes, extra=Extra(others, extra_codes, 0.3))
    assert weighed.leave_one_out() is None and len(weighed.state["support"]) == len(vectors)


def proposed_by(words, texts, codes, parents=()):
    made = tuple(Candidate(text, code, parents) for text, code in zip(texts, codes, strict=True))
    return Proposals(made, words.encode(texts), words.encode([""])[0])


EIGHT = LabeledSet(
    ("refund hello", "money hello", "refund please hello", "my money hello",
     "parcel hello", "late hello", "parcel please hello", "too late hello"),
    ("Refund",) * 4 + ("Delivery",) * 4,
)  # fmt: skip


def test_the_gate_keeps_what_helps_and_a_judge_of_each_fold_drops_what_is_labelled_wrong(words, word_context):
    vectors = words.encode(EIGHT.items)
    texts = ["refund money", "money refund please", "parcel late", "late parcel please"]

    def verdict(codes):
        return gate.decide(
            "logistic", {"name_prior": 0.0}, EIGHT, word_context, proposed_by(words, texts, codes), weight=0.3,
            vectors=vectors, folds=2,
        )  # fmt: skip

    good, bad = verdict([0, 0, 1, 1]), verdict([1, 1, 0, 0])
    assert good.tuned_loss < good.frozen_loss and good.keep and good.difference.n == 8 and good.folds == 2
    assert bad.tuned_loss == bad.frozen_loss and not bad.keep and bad.wins == bad.losses == 0


def test_the_folds_of_the_gate_are_those_that_were_made(words, word_context):
    few = LabeledSet(EIGHT.items[:2] + EIGHT.items[4:6], EIGHT.labels[:2] + EIGHT.labels[4:6])
    found = gate.decide(
        "logistic", None, few, word_context, proposed_by(words, ["refund money"], [0]), weight=0.3,
        vectors=words.encode(few.items), folds=5,
    )  # fmt: skip
    assert found.folds == 4


def test_what_a_fold_accepts_owes_nothing_to_the_labels_of_its_tested_items(words, word_context):
    """The labels outside of the training rows may be anything: the same proposals are accepted."""
    vectors, train = words.encode(SUPPORT.items), np.array([0, 1, 3, 4, 6, 7])
    texts = ["refund money please", "late parcel hello", "login password please", "hello hello"]
    proposals = proposed_by(words, texts, [0, 1, 2, 0])
    swapped = list(SUPPORT.labels)
    for row in set(range(9)) - set(train.tolist()):
        swapped[row] = "Login" if swapped[row] != "Login" else "Refund"
    other = LabeledSet(SUPPORT.items, tuple(swapped), SUPPORT.classes)
    first, second = (judge.within(one, vectors, word_context, proposals, train) for one in (SUPPORT, other))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert len(first[1]) > 0
    tested = proposed_by(words, texts, [0, 1, 2, 0], parents=(2,))
    assert len(judge.within(SUPPORT, vectors, word_context, tested, train)[1]) == 0, "made from a tested item"


def test_the_gate_needs_a_method_that_weighs(words, word_context):
    proposals = proposed_by(words, ["refund"], [0])
    with pytest.raises(DataError, match="cannot let an example count less"):
        gate.decide("ridge", {}, SUPPORT, word_context, proposals, weight=0.3, vectors=words.encode(SUPPORT.items))


# -- in a project --------------------------------------------------------------------------------------


def project(store: Store, n: int = 40) -> int:
    made = store.projects.create(
        "Test", classes=["Late parcel", "Money back"], settings={"encoder": {"name": "char-ngram"}, "audit_share": 0.2}
    )
    ends = ["today", "yesterday", "monday", "again", "now", "still", "sadly", "sister", "brother", "strike"]
    rows = [
        NewItem(
            text=f"{'parcel late' if i % 2 else 'money back'} {ends[i % 10]} {ends[i // 10]}",
            label=("Money back", "Late parcel")[i % 2] if i < 30 else None,
        )
        for i in range(n)
    ]
    store.items.add(made.id, rows)
    return made.id


def opened(store: Store, number: int) -> Workspace:
    workspace = Workspace(store, number, chosen.cached_encoder("char-ngram"))
    workspace.encode()
    return workspace


def proposed(store: Store, number: int, source: str = "eda") -> Batch:
    job = store.jobs.submit("augment", {"source": source, "per_class": 40}, number)
    serve(store, idle_seconds=0.5)
    assert store.jobs.get(job.id).state == "done", store.jobs.get(job.id).error
    return store.runs.latest(number, Batch).payload


def test_a_job_proposes_filters_and_never_looks_at_check_items(working_store):
    number = project(working_store)
    payload = proposed(working_store, number)
    workspace = opened(working_store, number)
    assert payload.proposed == 80 and len(payload.candidates) + sum(payload.dropped.values()) == 80
    assert payload.candidates
    audit = {int(workspace.ids[row]) for row in workspace.audit_rows()}
    real = set(workspace.text_index().folded)
    for one in payload.candidates:
        assert one.parents and not audit & set(one.parents)
        assert one.text.lower() not in real and one.similarity < filtering.NEAR
        assert one.class_id in {c.id for c in workspace.classes}


def kept(payload: Batch, n: int = 6) -> dict:
    """The setting as projects hold it."""
    examples = [{"text": one.text, "class": one.class_id, "parents": one.parents} for one in payload.candidates[:n]]
    return {"examples": examples, "by": payload.by, "weight": 0.9}


def test_generated_examples_are_in_no_score_list_or_count_and_leave_by_one_act(working_store):
    store = working_store
    number = project(store)
    workspace = opened(store, number)
    before = {name: workspace.snapshot(name) for name in ("logistic", "prototype")}
    counts, support, audit = workspace.counts(), workspace.support(), workspace.snapshot("logistic").audit
    store.projects.update(number, settings={augmented.SETTING: kept(proposed(store, number))})
    assert workspace.sync()
    assert augmented.count(workspace) == 6
    made = augmented.generated(workspace, workspace.support().rows)
    assert made.weight == 0.3, "whatever is asked for, it counts no more"
    assert workspace.counts() == counts and len(workspace.ids) == 40 and workspace.support().n_items == support.n_items
    for name, old in before.items():
        new = workspace.snapshot(name)
        assert not np.allclose(new.probabilities, old.probabilities), "the model did learn from them"
        assert new.report.accuracy.n == old.report.accuracy.n and new.n_labeled == old.n_labeled
        assert len(new.left_out.rows) == len(old.left_out.rows)
    assert workspace.evaluate("logistic", folds=3, repeats=1).report.accuracy.n == 30
    assert workspace.snapshot("logistic").audit.n_sample == audit.n_sample
    queue = workspace.queue("typiclust", 40)
    assert {item.item_id for item in queue} <= set(workspace.ids.tolist())
    store.projects.update(number, settings={augmented.SETTING: None})
    workspace.sync()
    for name, old in before.items():
        np.testing.assert_array_equal(workspace.snapshot(name).probabilities, old.probabilities)
        assert workspace.snapshot(name).report.accuracy == old.report.accuracy


def test_a_class_that_goes_takes_its_generated_examples_along(working_store):
    number = project(working_store)
    chosen = kept(proposed(working_store, number))
    chosen["examples"][0]["class"] = 999_999
    working_store.projects.update(number, settings={augmented.SETTING: chosen})
    workspace = opened(working_store, number)
    assert len(augmented.generated(workspace, workspace.support().rows).codes) == 5


def test_the_check_is_a_job_with_a_paired_verdict(working_store):
    number = project(working_store)
    examples = kept(proposed(working_store, number))["examples"]
    run = working_store.runs.latest(number, Batch).id
    job = working_store.jobs.submit("augment_check", {"run": run, "examples": examples, "refused": [7]}, number)
    serve(working_store, idle_seconds=0.5)
    assert working_store.jobs.get(job.id).state == "done", working_store.jobs.get(job.id).error
    payload = working_store.runs.latest(number, Check).payload
    workspace = opened(working_store, number)
    labeled = {int(workspace.ids[row]) for row in workspace.labeled_rows()}
    audit = {int(workspace.ids[row]) for row in workspace.audit_rows()}
    assert payload.verdict.difference.n == len(labeled - audit) and payload.n_generated == 6


def test_a_check_of_examples_that_are_gone_says_so(working_store):
    number = project(working_store)
    examples = kept(proposed(working_store, number))["examples"]
    gone = {"run": 999_999, "examples": examples, "refused": []}
    job = working_store.jobs.submit("augment_check", gone, number)
    serve(working_store, idle_seconds=0.5)
    assert working_store.jobs.get(job.id).error == "The examples of this review are gone."


def test_a_job_without_labels_says_what_is_missing(working_store):
    made = working_store.projects.create("Empty", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}})
    working_store.items.add(made.id, [NewItem(text="one two"), NewItem(text="three four")])
    job = working_store.jobs.submit("augment", {"source": "eda"}, made.id)
    serve(working_store, idle_seconds=0.5)
    failed = working_store.jobs.get(job.id)
    assert failed.state == "failed" and "two classes" in failed.error and "Label" in failed.hint
