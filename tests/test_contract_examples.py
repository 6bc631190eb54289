"""The examples in the docstrings of the contracts run as printed, and as a file each of them is a whole plugin."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsl_core.base.config import form_fields
from fsl_core.base.discovery import discover
from fsl_core.contracts import encoder, generator, method, strategy
from fsl_core.contracts.method import Context
from tests.engine_fixtures import SUPPORT

EXAMPLES = {
    "ENCODER": (encoder.Encoder, "letters"),
    "METHOD": (method.Method, "nearest-mean"),
    "GENERATOR": (generator.Generator, "echo"),
    "STRATEGY": (strategy.Strategy, "newest-first"),
}


def examples(attribute: str) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(EXAMPLES[attribute][0].__doc__ or "")


@pytest.mark.parametrize("attribute", list(EXAMPLES))
def test_an_example_runs_as_printed(attribute: str) -> None:
    contract = EXAMPLES[attribute][0]
    (test,) = doctest.DocTestFinder(recurse=False).find(contract, globs={})
    heard: list[str] = []
    found = doctest.DocTestRunner().run(test, out=heard.append)
    assert found.attempted > 3 and found.failed == 0, "".join(heard)


@pytest.fixture
def plugin(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The example up to ``METHOD = ThatClass`` as a file of its own, found as the program finds its plugins."""
    attribute = request.param
    sources = [example.source for example in examples(attribute)]
    last = next(place for place, source in enumerate(sources) if source.startswith(f"{attribute} ="))
    folder = tmp_path / "contract_examples"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "example.py").write_text("".join(sources[: last + 1]), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = discover("example", "contract_examples", attribute)
    assert list(found) == [EXAMPLES[attribute][1]]
    yield found[EXAMPLES[attribute][1]]
    for name in [name for name in sys.modules if name.partition(".")[0] == "contract_examples"]:
        del sys.modules[name]


@pytest.mark.parametrize("plugin", ["ENCODER"], indirect=True)
def test_the_encoder_has_a_form_a_key_and_a_row_for_each_item(plugin: Any) -> None:
    assert [field.name for field in form_fields(plugin.settings)] == ["letters"]
    letters = plugin(plugin.settings(letters="aeioulmnprsty"))
    vectors = letters.encode(SUPPORT.items)
    assert vectors.shape == (9, 13) and vectors.dtype == np.float32
    assert letters.encode([]).shape == (0, 13)
    assert letters.key != plugin(plugin.settings()).key


@pytest.mark.parametrize("plugin", ["METHOD"], indirect=True)
def test_the_method_learns_saves_and_loads(plugin: Any, context: Context, tmp_path: Path) -> None:
    """What the contract tests ask of every method."""
    fitted = plugin(plugin.settings(), context).fit(SUPPORT)
    answers = fitted.predict_proba(SUPPORT.items)
    assert answers.shape == (9, 3) and np.allclose(answers.sum(axis=1), 1.0, atol=1e-5)
    assert (answers.argmax(axis=1) == SUPPORT.codes).mean() > 0.8
    fitted.save(tmp_path / "kept")
    np.testing.assert_array_equal(plugin.load(tmp_path / "kept", context).predict_proba(SUPPORT.items), answers)
    nameless = plugin(plugin.settings(), context).fit_vectors(
        context.encoder.encode(SUPPORT.items[:6]),
        SUPPORT.codes[:6],
        SUPPORT.classes,
        np.zeros((3, 0), dtype=np.float32),
    )
    assert (nameless.predict_proba(SUPPORT.items)[:, 2] == 0).all()  # neither an example nor a name
    from_names = plugin(plugin.settings(), context).fit(SUPPORT.take([]))
    assert from_names.predict_proba(["parcel late"]).argmax() == SUPPORT.classes.index("Delivery")


@pytest.mark.parametrize("plugin", ["GENERATOR"], indirect=True)
def test_the_generator_keeps_to_its_abilities(plugin: Any) -> None:
    made = plugin(plugin.settings())
    assert made.writes and made.key == "echo:1"
    with pytest.raises(generator.ConfigError, match="Echo cannot score labels"):
        made.score([generator.Prompt("", "a")], ["b"])


@pytest.mark.parametrize("plugin", ["STRATEGY"], indirect=True)
def test_the_strategy_picks_among_the_unlabelled(plugin: Any) -> None:
    pool = strategy.Pool(None, None, np.arange(2, 9), np.arange(2), ("a", "b"))
    assert [pick.row for pick in plugin().pick(pool, 100)] == [8, 7, 6, 5, 4, 3, 2]
