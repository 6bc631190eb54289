"""New projects from samples, files and pasted texts: what happens behind the Projects page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsl_core.base.errors import DataError
from fsl_core.data.importing import read_pasted, read_table, to_items
from fsl_core.data.store import NewItem, Store
from fsl_core.models import chosen
from fsl_core.models.shelf import places
from pages.ui.kit import resources
from pages.ui.projects import creating, importer


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    monkeypatch.delenv("HANDFUL_DATABASE_URL", raising=False)
    yield resources.store()
    resources._store.clear()


def csv_bytes(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def test_the_sample_is_there_again_the_same_and_its_name_is_free(store: Store) -> None:
    first = creating.create_from_sample(store, creating.samples()[0], "One")
    second = creating.create_from_sample(store, creating.samples()[0], "Two")

    def labelled(project: int) -> set[str]:
        return {store.items.get(item).text for item in store.journal.labels(project)}

    assert labelled(first) == labelled(second)
    assert creating.free_name("One", ["One", "One 2"]) == "One 3"
    assert creating.free_name("Three", ["One", "One 2"]) == "Three"


def test_spread_takes_one_row_from_each_stretch_of_a_class() -> None:
    labels = ["a", "b"] * 8
    chosen = creating.spread(labels, 4, seed=1)
    assert Counter(labels[row] for row in chosen) == {"a": 4, "b": 4}
    for label in ("a", "b"):
        own = [row for row, value in enumerate(labels) if value == label]
        assert [sum(row in chosen for row in own[start : start + 2]) for start in (0, 2, 4, 6)] == [1, 1, 1, 1]
    assert creating.spread(["a", None, "a"], 4, seed=1) == {0, 2}


def test_what_cannot_help_is_refused_with_a_sentence() -> None:
    def refused(rows: list[tuple[str, ...]], label: str | None) -> str:
        _items, report = to_items(read_table(csv_bytes(rows), "x.csv"), "text", label)
        return importer.refusal(report, label)

    own = [("text", "label")] + [(f"this is text number {i}", f"label {i}") for i in range(25)]
    assert "label of its own" in refused(own, "label")
    assert refused(own, None) == ""
    blank = [("text", "label")] + [(f"this is text number {i}", "") for i in range(5)]
    assert "empty in every row" in refused(blank, "label")


def test_class_lines_split_at_the_first_colon_also_a_chinese_one() -> None:
    assert creating.parse_classes("Refund: money: back\n\n Delivery \n退款：要求退钱\nRefund: again") == [
        ("Refund", "money: back"),
        ("Delivery", ""),
        ("退款", "要求退钱"),
    ]


def test_an_import_that_fails_leaves_no_project_behind(store: Store) -> None:
    with pytest.raises(DataError):
        creating.create_with_items(store, "P", [NewItem(text="a", label="x" * 500)])
    assert store.projects.list() == []


def test_pasted_cells_of_a_spreadsheet_keep_their_columns() -> None:
    table = read_pasted("text\tlabel\nfirst words here\ta\nsecond words here\tb")
    assert table.columns == ("text", "label")


def test_a_project_file_of_somebody_else_names_no_server(store):
    from fsl_core.data.project_file import dump_project
    from pages.ui.projects.project_import import without_servers

    servers = {
        "encoder": {"name": "openai-compatible", "settings": {"base_url": "http://evil.example/v1"}},
        "generator": {"name": "server", "settings": {"base_url": "http://evil.example/v1", "api_key_variable": "HOME"}},
    }
    made = store.projects.create("Theirs", classes=["a", "b"], settings={**servers, "audit_share": 0.2})
    dump, named = without_servers(dump_project(store, made.id))
    assert named == ["http://evil.example/v1"]
    assert not {"encoder", "generator"} & set(dump.project.settings) and dump.project.settings["audit_share"] == 0.2
    local = {"encoder": {"name": "char-ngram"}, "generator": {"name": "causal", "settings": {"model": "built-in"}}}
    mine = store.projects.create("Mine", classes=["a", "b"], settings=local)
    dump, named = without_servers(dump_project(store, mine.id))
    assert not named and dump.project.settings["encoder"] == {"name": "char-ngram"}


def test_a_new_project_gets_the_best_encoder_on_this_machine_that_knows_its_language(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: set[str] = set()
    monkeypatch.setattr(places, "find", lambda model: Path(model) if model in here else None)
    assert chosen.best_here("text").name == "minilm" and chosen.best_here("text", english=False).name == "char-ngram"
    assert chosen.best_here("image").name == "hog"
    here |= {"e5", "efficientnet-lite0"}
    assert chosen.best_here("text").name == "minilm" and chosen.best_here("text", english=False).name == "e5"
    assert chosen.best_here("image").name == "efficientnet-lite"
    made = creating.create_with_items(store, "New", [NewItem(text="a"), NewItem(text="b")])
    assert store.projects.get(made).settings["encoder"] == {"name": "minilm", "settings": {}}
    own = {"encoder": {"name": "char-ngram", "settings": {}}}
    made = creating.create_with_items(store, "Own", [NewItem(text="a")], settings=own)
    assert store.projects.get(made).settings["encoder"] == own["encoder"]
