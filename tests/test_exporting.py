"""Labels as files, and the same files read back; layouts of other tools read as they come from there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core.base.config import form_fields
from fsl_core.base.errors import ConfigError, DataError
from fsl_core.data import exporting
from fsl_core.data.exporting.csv_table import is_formula
from fsl_core.data.store import NewItem, Store
from tests.importing_files import labels_in, table_of

TEXTS = (
    '=HYPERLINK("http://x"; "click"), said the customer',
    "The parcel never came,\nand nobody answers — 退款 please",
    "I want my money back for order 17",
    "The app closes when I log in",
    "Where can I change my address",
    "Please tell me about opening hours",
)


@pytest.fixture(params=[False, True], ids=["single", "multi"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, int, bool]]:
    """Six items: three labelled by import, one "none of these", one flagged, two open."""
    multi: bool = request.param
    with Store(f"sqlite:///{tmp_path}/handful.db") as store:
        made = store.projects.create(
            "Tickets & Co: 票", classes=["Refund", "Delivery"], settings={"multi_label": multi}
        )
        first: Any = ("Delivery", "Refund") if multi else "Refund"
        rows = [NewItem(text=TEXTS[0], meta={"id": "7", "text": "taken", "-x": "-5"}, label=first)]
        rows += [NewItem(text=text, label="Delivery") for text in TEXTS[1:3]]
        rows += [NewItem(text=text, meta={"n": [1, None]}) for text in TEXTS[3:]]
        store.items.add(made.id, rows, author="ada")
        ids = store.items.all(made.id).ids.tolist()
        store.journal.label(made.id, [ids[3]], "none", author="bo")
        store.journal.flag(made.id, [ids[1]], author="bo")
        yield store, made.id, multi


def expected(multi: bool) -> dict[str, tuple[str, ...] | None]:
    """Text -> labels, in the order of the items."""
    said = [("Refund", "Delivery") if multi else ("Refund",), ("Delivery",), ("Delivery",), (), None, None]
    return dict(zip(TEXTS, said, strict=True))


# -- every format ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(exporting.formats()))
def test_every_format_is_described_and_its_settings_can_be_drawn(name: str) -> None:
    found = exporting.formats()[name]
    assert found.name == name and found.title and found.summary and found.suffix.startswith(".")
    assert {field.name for field in form_fields(found.settings)} >= {"unlabeled", "predictions", "meta"}


@pytest.mark.parametrize("name", list(exporting.formats()))
def test_every_format_gives_the_same_bytes_twice_and_comes_back_as_labels(
    project: tuple[Store, int, bool], name: str
) -> None:
    store, project_id, multi = project
    values: dict[str, Any] = {"unlabeled": True}
    if name == "csv":
        values["guard"] = False
    file = exporting.export(store, project_id, name, values)
    assert file.data == exporting.export(store, project_id, name, values).data
    assert (file.n_rows, file.name.startswith("tickets-co-票.")) == (6, True)
    back = labels_in(table_of(file.data, file.name))
    wanted = {text: None if names is None else tuple(sorted(names)) for text, names in expected(multi).items()}
    if back[TEXTS[3]] is None:
        # These layouts have no way to say "none of these" but a word in another column.
        assert name not in ("label-studio", "prodigy")
        wanted[TEXTS[3]] = None
    assert back == wanted


@pytest.mark.parametrize("name", list(exporting.formats()))
def test_items_without_a_label_go_along_unless_somebody_says_no(project: tuple[Store, int, bool], name: str) -> None:
    store, project_id, _multi = project
    assert exporting.export(store, project_id, name).n_rows == 6
    assert exporting.export(store, project_id, name, {"unlabeled": False}).n_rows == 4


@pytest.mark.parametrize("name", list(exporting.formats()))
def test_a_project_without_labels_is_nothing_to_export(tmp_path: Path, name: str) -> None:
    with Store(f"sqlite:///{tmp_path}/handful.db") as store:
        empty = store.projects.create("P", classes=["a"])
        store.items.add(empty.id, [NewItem(text="x")])
        with pytest.raises(DataError, match="nothing to export") as caught:
            exporting.export(store, empty.id, name, {"unlabeled": False})
        assert "without a label" in caught.value.hint
        assert exporting.export(store, empty.id, name).n_rows == 1


def test_unknown_formats_and_settings_are_refused(project: tuple[Store, int, bool]) -> None:
    store, project_id, _multi = project
    with pytest.raises(ConfigError, match="no export format 'doc'") as caught:
        exporting.export(store, project_id, "doc")
    assert "csv" in caught.value.hint
    with pytest.raises(ConfigError, match="Setting 'color'"):
        exporting.export(store, project_id, "csv", {"color": "red"})


def test_a_file_name_keeps_letters_of_any_script_and_nothing_a_system_refuses() -> None:
    assert exporting.file_name("  Ünter/..\\суп: 票? ", ".csv") == "ünter-суп-票.csv"
    assert exporting.file_name("../..", ".csv") == "project.csv"


def test_a_merged_class_is_exported_under_the_one_that_stayed(project: tuple[Store, int, bool]) -> None:
    store, project_id, _multi = project
    refund, delivery = (info.id for info in store.classes.list(project_id))
    store.classes.merge(project_id, delivery, refund, "bo")
    content = exporting.gather(store, project_id, unlabeled=False)
    assert [row.labels for row in content.rows] == [("Refund",), ("Refund",), ("Refund",), ()]
    assert {row.author for row in content.rows[:3]} == {"ada"}
    assert content.classes == ("Refund",)


# -- CSV -------------------------------------------------------------------------------------------


def rows_of(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_csv_says_who_when_and_in_which_state(project: tuple[Store, int, bool]) -> None:
    store, project_id, multi = project
    file = exporting.export(store, project_id, "csv", {"unlabeled": True})
    assert file.data.startswith(b"\xef\xbb\xbftext,") and file.data.endswith(b"\r\n")
    rows = rows_of(file.data)
    column = "labels" if multi else "label"
    assert [row["state"] for row in rows] == ["labeled"] * 3 + ["none of these"] + ["unlabeled"] * 2
    assert [row["author"] for row in rows] == ["ada", "ada", "ada", "bo", "", ""]
    assert [row["source"] for row in rows] == ["import"] * 3 + ["person", "", ""]
    assert rows[1][column] == ('["Delivery"]' if multi else "Delivery")
    assert [row["flag"] for row in rows] == ["", "yes", "", "", "", ""]
    assert rows[0]["labeled_at"].endswith("Z") and rows[5]["labeled_at"] == ""
    assert (rows[0]["id"], rows[0]["text (2)"], rows[3]["n"]) == ("7", "taken", "[1, null]")
    assert "n" not in rows_of(exporting.export(store, project_id, "csv", {"meta": False}).data)[0]


def test_csv_keeps_a_formula_from_running_and_says_how_many(project: tuple[Store, int, bool]) -> None:
    store, project_id, _multi = project
    safe = exporting.export(store, project_id, "csv")
    rows = rows_of(safe.data)
    assert rows[0]["text"] == "'" + TEXTS[0]
    assert rows[0]["'-x"] == "-5"  # a number is no formula, the name of its column is
    assert safe.notes[0] == "Cells that look like formulas: 2. Each got an apostrophe in front."
    plain = exporting.export(store, project_id, "csv", {"guard": False, "excel": False, "delimiter": "semicolon"})
    assert rows_of(plain.data, ";")[0]["text"] == TEXTS[0]
    assert not plain.data.startswith(b"\xef\xbb\xbf")
    assert "would run them" in plain.notes[0]


@pytest.mark.parametrize(
    ("cell", "formula"),
    [("=1", True), ("+a", True), ("-1+1", True), ("@SUM(A1)", True), ("\tx", True), ("\r=1", True), ("＝1", True),
     ("-5", False), ("+3.5e-2", False), ("-1,234.5", False), ("a=b", False), ("", False), ("'=1", False)],
)  # fmt: skip
def test_what_a_spreadsheet_would_run(cell: str, formula: bool) -> None:
    assert is_formula(cell) == formula


def empty_content(rows: list[exporting.Row]) -> exporting.Content:
    from fsl_core.data.store import Project

    return exporting.Content(Project(1, "P", "text", "", {}, 0.0, 0.0, None), ("a",), False, tuple(rows))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_cell_of_a_guarded_csv_starts_like_a_formula_and_nothing_else_changes(texts: list[str]) -> None:
    rows = [exporting.Row(text, None, None, {"m": text}, ("a",), "ada", "person", 1.0, False) for text in texts]
    content = empty_content(rows)
    guarded = rows_of(exporting.write(content, "csv").data)
    exact = rows_of(exporting.write(content, "csv", {"guard": False}).data)
    assert [row["text"] for row in exact] == texts
    for safe, raw in zip(guarded, texts, strict=True):
        assert not is_formula(safe["text"]) and not is_formula(safe["m"])
        assert safe["text"] in (raw, "'" + raw)


# -- the other formats of ours ---------------------------------------------------------------------


def test_json_lines_hold_every_character_and_nested_meta(project: tuple[Store, int, bool]) -> None:
    store, project_id, multi = project
    lines = exporting.export(store, project_id, "jsonl", {"unlabeled": True}).data.decode().splitlines()
    first = json.loads(lines[0])
    assert (first["text"], first["meta"]) == (TEXTS[0], {"id": "7", "text": "taken", "-x": "-5"})
    assert (first["author"], first["flag"], first["state"]) == ("ada", False, "labeled")
    if multi:
        assert [json.loads(line)["labels"] for line in lines[2:5]] == [["Delivery"], [], None]
    else:
        assert [json.loads(line)["label"] for line in lines[2:5]] == ["Delivery", None, None]


def test_parquet_has_types_even_for_empty_columns(project: tuple[Store, int, bool]) -> None:
    store, project_id, multi = project
    table = pq.read_table(io.BytesIO(exporting.export(store, project_id, "parquet", {"unlabeled": False}).data))
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds["labeled_at"] == "timestamp[us, tz=UTC]" and kinds["flag"] == "bool"
    assert kinds["labels" if multi else "label"] == ("list<element: string>" if multi else "string")
    assert table["flag"].to_pylist() == [False, True, False, False]


# -- predictions -----------------------------------------------------------------------------------


def predicted(store: Store, project_id: int, multi: bool) -> dict[int, exporting.Prediction]:
    """Of the six items: one sure, two of one and of several classes that are not, three none of these."""
    ids = store.items.all(project_id).ids.tolist()
    both = ("Refund", "Delivery") if multi else ("Refund",)
    none = exporting.Prediction((), 0.25, True, True, "prototype")
    sure = exporting.Prediction(("Delivery",), 0.875, False, False, "prototype")
    return dict(zip(ids, [sure, exporting.Prediction(both, 0.5, True, False, "prototype"), none] * 2, strict=True))


def objects(data: bytes) -> list[dict[str, Any]]:
    text = data.decode("utf-8-sig")
    return json.loads(text) if text[0] == "[" else [json.loads(line) for line in text.splitlines()]


def test_predictions_stand_beside_the_labels_of_all_items_and_say_who_made_them(
    project: tuple[Store, int, bool],
) -> None:
    store, project_id, multi = project
    said = predicted(store, project_id, multi)
    file = exporting.export(store, project_id, "csv", None, said)
    rows = rows_of(file.data)
    one, both = ('["Delivery"]', '["Refund", "Delivery"]') if multi else ("Delivery", "Refund")
    assert [row["prediction"] for row in rows] == [one, both, "[]" if multi else ""] * 2
    assert [row["probability"] for row in rows] == ["0.8750", "0.5000", "0.2500"] * 2
    assert [row["unsure"] for row in rows] == ["", "yes", "yes"] * 2
    assert [row["prediction_state"] for row in rows] == ["confident", "unsure", "none of these"] * 2
    assert {row["predicted_by"] for row in rows} == {"model: prototype"}
    assert [row["state"] for row in rows] == ["labeled"] * 3 + ["none of these"] + ["unlabeled"] * 2
    assert "6 predictions are what a model says (prototype), not labels of people; 4 of them are unsure." in file.notes
    assert "prediction" not in rows_of(exporting.export(store, project_id, "csv", {"predictions": False}, said).data)[0]


def test_every_tool_gets_predictions_where_it_has_a_place_for_them(project: tuple[Store, int, bool]) -> None:
    store, project_id, multi = project
    said = predicted(store, project_id, multi)

    def read(name: str) -> list[dict[str, Any]]:
        return objects(exporting.export(store, project_id, name, None, said).data)

    names = ["Refund", "Delivery"] if multi else ["Refund"]
    task, none = read("label-studio")[1], read("label-studio")[2]
    assert [(one["model_version"], one["score"]) for one in task["predictions"]] == [("prototype", 0.5)]
    assert task["predictions"][0]["result"][0]["value"] == {"choices": names}
    assert task["annotations"][0]["result"][0]["value"] == {"choices": ["Delivery"]}
    assert (none["predictions"][0]["result"], none["meta"]["prediction_state"]) == ([], "none of these")
    record, none = read("argilla")[1], read("argilla")[2]
    wanted = {"value": names if multi else "Refund", "score": 0.5, "agent": "prototype"}
    assert record["suggestions"]["label"] == wanted and record["metadata"]["unsure"] == "yes"
    assert (none["suggestions"], none["metadata"]["prediction_state"]) == ({}, "none of these")
    for name in ("datasets", "jsonl"):
        rows = read(name)
        assert [one["probability"] for one in rows] == [0.875, 0.5, 0.25] * 2
        assert rows[1]["prediction"] == (names if multi else "Refund")
        assert rows[2]["prediction"] == ([] if multi else None)
    example, nobody = read("prodigy")[1], read("prodigy")[4]
    assert (example["accept"], example["answer"], example["meta"]["probability"]) == (["Delivery"], "accept", 0.5)
    # db-in takes what has no answer for accepted, so what nobody labelled says that it is none.
    assert "accept" not in nobody and nobody["answer"] == "ignore"
    assert nobody["meta"]["prediction"] == (names if multi else "Refund")


@pytest.mark.parametrize("labels", ["some", "none"])
@pytest.mark.parametrize("name", list(exporting.formats()))
def test_no_prediction_comes_back_as_a_label(tmp_path: Path, name: str, labels: str) -> None:
    texts = [f"Where is the parcel number {i} that you promised" for i in range(24)]
    with Store(f"sqlite:///{tmp_path}/handful.db") as store:
        made = store.projects.create("P", classes=["Refund", "Delivery"])
        known = (
            {text: "Refund" if i % 2 else "Delivery" for i, text in enumerate(texts[:8])} if labels == "some" else {}
        )
        store.items.add(made.id, [NewItem(text=text, label=known.get(text)) for text in texts])
        ids = store.items.all(made.id).ids.tolist()
        store.journal.flag(made.id, ids[::2])
        classes = [("Refund",), ("Delivery",), ("Delivery",), ()]
        said = {
            item: exporting.Prediction(classes[i % 4], 0.9, i % 3 == 0, i % 4 == 3, "prototype")
            for i, item in enumerate(ids)
        }
        file = exporting.export(store, made.id, name, None, said)
        assert file.has_predictions
        back = labels_in(table_of(file.data, file.name))
        assert back == {text: (known[text],) if text in known else None for text in texts}


# -- layouts of other tools ------------------------------------------------------------------------


def test_label_studio_tasks_are_as_its_import_expects(project: tuple[Store, int, bool]) -> None:
    store, project_id, multi = project
    file = exporting.export(store, project_id, "label-studio", {"unlabeled": True})
    tasks = json.loads(file.data)
    result = tasks[1]["annotations"][0]["result"]
    assert result == [{"id": "h2", "from_name": "label", "to_name": "text", "type": "choices",
                       "value": {"choices": ["Delivery"]}}]  # fmt: skip
    assert (tasks[3]["annotations"][0]["result"], tasks[4]["annotations"]) == ([], [])
    assert tasks[0]["data"]["text (2)"] == "taken"
    assert f'choice="{"multiple" if multi else "single"}"' in file.usage
    assert '<Choice value="Refund"/>' in file.usage and 'value="$text"' in file.usage


def test_class_names_are_escaped_where_they_go_into_code(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/handful.db") as store:
        made = store.projects.create("x'; rm -rf /", classes=['a"<b>&', "c"])
        store.items.add(made.id, [NewItem(text="t", label="c")])
        assert "value='a\"&lt;b&gt;&amp;'" in exporting.export(store, made.id, "label-studio").usage
        assert '"a\\"<b>&"' in exporting.export(store, made.id, "argilla").usage
        assert exporting.export(store, made.id, "prodigy").usage == "prodigy db-in x-rm-rf ./x-rm-rf.prodigy.jsonl"
        for name in ("argilla", "datasets"):
            compile(exporting.export(store, made.id, name).usage, name, "exec")
