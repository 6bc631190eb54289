"""The rows of imported files: what the store keeps of them, on both databases, whichever way they came."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text

from fsl_core import jobs
from fsl_core.base.column_types import common
from fsl_core.base.errors import DataError
from fsl_core.data import exporting
from fsl_core.data.importing import read_pasted, read_table, to_items
from fsl_core.data.importing.table import Table
from fsl_core.data.project_file import export_project, import_project
from fsl_core.data.store import NewItem, Store, schema
from fsl_core.data.store.database import Database
from fsl_core.data.store.migrate import FOLDER
from fsl_core.jobs.tasks import import_file
from pages.ui.projects import creating
from tests.importing_files import parquet, workbook

TICKETS = (
    "id,message,team,note\n"
    "t1,Where is my parcel,Delivery,first\n"
    "t2,I want my money back,Refund,\n"
    "t3,,Refund,no text\n"
    "t4,Where is my parcel,,again\n"
    "t5,where is my parcel,Delivery,\n"
)
"""Row 4 of the file has no text, row 5 repeats row 2; the last one is another text."""


def bring(store: Store, project: int, table: Table, text_column: str = "message", label: str | None = "team") -> None:
    items, report = to_items(table, text_column, label)
    store.items.add(project, items, filename="tickets.csv", file=report.file)


def kept(store: Store, project: int) -> list[tuple[int, int | None, dict[str, object] | None]]:
    """Number in the file, place of the item among all, own columns."""
    place = {item: i for i, item in enumerate(store.items.all(project).ids.tolist())}
    rows = store.items.file_rows(project)
    return [(row.number, None if row.item_id is None else place[row.item_id], row.meta) for row in rows]


def test_every_row_is_kept_in_order_repeats_and_rows_without_a_text_too(any_store: Store) -> None:
    project = any_store.projects.create("p").id
    bring(any_store, project, read_table(TICKETS.encode(), "tickets.csv"))
    assert kept(any_store, project) == [
        (2, 0, None),
        (3, 1, None),
        (4, None, {"id": "t3", "note": "no text"}),
        (5, 0, {"id": "t4", "note": "again"}),
        (6, 2, None),
    ]
    [past] = any_store.items.imports(project)
    assert past.columns is not None
    assert (past.columns.names, past.columns.text, past.columns.label) == (
        ("id", "message", "team", "note"), "message", "team",
    )  # fmt: skip
    assert [row.meta for row in any_store.items.page(project)] == [
        {"id": "t1", "note": "first"},
        {"id": "t2"},
        {"id": "t5"},
    ]


def test_a_known_text_that_comes_again_is_a_row_of_the_item_that_is_there(any_store: Store) -> None:
    project = any_store.projects.create("p").id
    any_store.items.add(project, [NewItem("where is my parcel", meta={"id": "old"})])
    bring(any_store, project, read_table(TICKETS.encode(), "tickets.csv"))
    bring(any_store, project, read_table(b"id,message\nu1,I want my money back\n", "more.csv"), label=None)
    assert [(place, meta) for _, place, meta in kept(any_store, project)] == [
        (1, None), (2, None), (None, {"id": "t3", "note": "no text"}), (1, {"id": "t4", "note": "again"}),
        (0, {"id": "t5"}), (2, {"id": "u1"}),
    ]  # fmt: skip
    assert any_store.items.count(project) == 3
    assert [one.columns is not None for one in any_store.items.imports(project)] == [True, True, False]


def test_items_that_are_one_after_cleaning_share_a_row_each(any_store: Store) -> None:
    project = any_store.projects.create("p").id
    items, report = to_items(read_table(b'[{"text": "a\\u0000b", "n": 1}, {"text": "ab", "n": 2}]', "x.json"), "text")
    any_store.items.add(project, items, file=report.file)
    assert {place for _, place, _ in kept(any_store, project)} == {0}
    assert [meta for *_, meta in kept(any_store, project)] == [None, {"n": 2}]


def test_an_import_that_fails_keeps_no_row_and_a_purged_project_takes_its_own_along(any_store: Store) -> None:
    project, other = any_store.projects.create("p").id, any_store.projects.create("q").id
    bring(any_store, other, read_table(TICKETS.encode(), "tickets.csv"))
    items, report = to_items(read_table(TICKETS.encode(), "tickets.csv"), "message", "team")
    with pytest.raises(DataError):
        any_store.items.add(project, [*items, NewItem("x", label="y" * 300)], file=report.file)
    assert any_store.items.file_rows(project) == []
    any_store.projects.trash(other)
    any_store.projects.purge(older_than_days=-1)
    with any_store.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.import_rows)).scalar() == 0


# -- types -----------------------------------------------------------------------------------------


def test_json_values_keep_their_types(any_store: Store) -> None:
    rows = [
        {"text": "one", "n": 7, "share": 0.5, "ok": True, "tags": ["a"], "mixed": 1, "big": 2**70, "name": "7"},
        {
            "text": "one",
            "n": -2,
            "share": 2,
            "ok": False,
            "tags": ["a", "b\ud800"],
            "mixed": "x",
            "big": 3,
            "name": None,
        },
    ]
    project = any_store.projects.create("p").id
    bring(any_store, project, read_table("\n".join(map(json.dumps, rows)).encode(), "x.jsonl"), "text", None)
    [past] = any_store.items.imports(project)
    assert past.columns is not None
    assert dict(zip(past.columns.names, past.columns.types, strict=True)) == {
        "text": "", "n": "int64", "share": "double", "ok": "bool", "tags": "json", "mixed": "json", "big": "json",
        "name": "",
    }  # fmt: skip
    [item] = any_store.items.page(project)
    assert json.dumps(item.meta) == json.dumps({key: rows[0][key] for key in item.meta}) and len(item.meta) == 7
    [_, (_, _, second)] = kept(any_store, project)
    assert second is not None
    assert [second[name] for name in ("n", "share", "ok", "mixed", "big")] == [-2, 2, False, "x", 3]
    assert second["tags"] == ["a", "b\ufffd"]


@pytest.mark.parametrize(
    ("types", "together"),
    [(set(), ""), ({""}, ""), ({"int64"}, "int64"), ({"int64", "double"}, "double"), ({"", "int64"}, "json"),
     ({"date32[day]", "timestamp[us]"}, "timestamp[us]"), ({"bool", "int64"}, "json")],
)  # fmt: skip
def test_what_values_of_several_types_are_together(types: set[str], together: str) -> None:
    assert common(types) == together


# -- every way in ----------------------------------------------------------------------------------


def test_samples_and_pasted_texts_keep_their_rows(any_store: Store) -> None:
    sample = creating.samples()[0]
    project = creating.create_from_sample(any_store, sample, "S")
    rows = any_store.items.file_rows(project)
    assert len(rows) == sample.table.n_rows and {row.item_id for row in rows} == set(any_store.items.all(project).ids)
    items, report = to_items(read_pasted("first text\nsecond text\nfirst text"), "text")
    pasted = creating.create_with_items(any_store, "P", items, file=report.file)
    assert [place for _, place, _ in kept(any_store, pasted)] == [0, 1, 0]


def test_the_job_keeps_the_rows_of_its_file(working_store: Store, tmp_path: Path) -> None:
    project = working_store.projects.create("p").id
    path = tmp_path / "upload.csv"
    path.write_text(TICKETS, encoding="utf-8")
    params = import_file.Params(path=path, filename="tickets.csv", text_column="message", label_column="team")
    working_store.jobs.submit(params.kind, params.plain(), project)
    job = working_store.jobs.claim(1)
    assert job is not None
    jobs.do(job, working_store, lambda done, message: None)
    assert [place for _, place, _ in kept(working_store, project)] == [0, 1, None, 0, 2]


# -- out again -------------------------------------------------------------------------------------


def typed_table() -> pa.Table:
    moments = [dt.datetime(2024, 5, 1, 12, 30, 1, 500), None, dt.datetime(1999, 12, 31)]
    return pa.table(
        {
            "id": pa.array([7, 8, 9], pa.int32()),
            "text": ["Where is it", "Money back", "Where is it"],
            "share": pa.array([0.1, None, 1e300], pa.float64()),
            "small": pa.array([0.1, 2.5, None], pa.float32()),
            "ok": [True, None, False],
            "day": pa.array([dt.date(2024, 2, 29), dt.date(1970, 1, 1), None]),
            "at": pa.array(moments, pa.timestamp("us")),
            "zoned": pa.array([dt.datetime(2024, 5, 1, tzinfo=dt.UTC), None, None], pa.timestamp("ms", tz="UTC")),
            "price": pa.array([None, "1.50", "-20.00"]).cast(pa.decimal128(10, 2)),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            "note": pa.array(["=1", None, "x"]),
        }
    )


@pytest.fixture
def typed(any_store: Store) -> Iterator[tuple[Store, int, pa.Table]]:
    """A project from a typed Parquet file whose last row repeats the first text."""
    table, target = typed_table(), io.BytesIO()
    pq.write_table(table, target)
    project = any_store.projects.create("Typed", classes=["a", "b"]).id
    bring(any_store, project, read_table(target.getvalue(), "typed.parquet"), "text", None)
    any_store.journal.label(
        project, any_store.items.all(project).ids.tolist()[:1], any_store.classes.list(project)[0].id
    )
    yield any_store, project, table


def test_parquet_comes_out_with_the_columns_types_and_values_it_came_in_with(
    typed: tuple[Store, int, pa.Table],
) -> None:
    store, project, table = typed
    back = pq.read_table(io.BytesIO(exporting.export(store, project, "parquet").data))
    assert back.column_names[: table.num_columns] == table.column_names
    for name in table.column_names:
        assert back[name].type == table[name].type or (name == "tags" and back[name].type.value_type == pa.string())
        if name == "tags":  # an empty list and none are the same to a reader of files
            assert back[name].to_pylist() == [["a"], None, None]
        else:
            assert back[name].to_pylist() == table[name].to_pylist()
    assert back["label"].to_pylist() == ["a", None, "a"]


def test_json_lines_have_the_numbers_and_truth_values_of_a_typed_file(typed: tuple[Store, int, pa.Table]) -> None:
    store, project, table = typed
    lines = [json.loads(line) for line in exporting.export(store, project, "jsonl").data.decode().splitlines()]
    for name in ("id", "text", "share", "small", "ok", "note"):
        assert [line[name] for line in lines] == table[name].to_pylist()
    assert [line["day"] for line in lines] == ["2024-02-29", "1970-01-01", None]
    assert list(lines[0])[:3] == ["id", "text", "share"] and lines[2]["label"] == "a"


def sheet_of(data: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), "no text is a formula"
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_comes_out_with_its_numbers_dates_and_texts(any_store: Store) -> None:
    cells = [
        ["id", "Text", "when", "day", "n", "ok", "code", "far"],
        [1, "plain", dt.datetime(2024, 5, 1, 8, 30), dt.datetime(2024, 5, 1), 1.5, True, "007", 10**14],
        [2, "other", None, dt.datetime(2023, 1, 2), None, False, 12, None],
        [3, "plain", dt.datetime(2020, 1, 1, 1), None, 3, None, None, 5],
    ]
    project = any_store.projects.create("X", classes=["a"]).id
    bring(any_store, project, read_table(workbook({"S": cells}), "x.xlsx"), "Text", None)
    file = exporting.export(any_store, project, "xlsx")
    assert file.data == exporting.export(any_store, project, "xlsx").data
    assert [row[:8] for row in sheet_of(file.data)] == cells


def test_what_excel_cannot_hold_is_text_or_cut_and_said(any_store: Store) -> None:
    texts = ["=SUM(A1:A9)", "a\x0bb", "y" * 40_000, "  =1"]
    project = any_store.projects.create("X", classes=["a"]).id
    any_store.items.add(project, [NewItem(text, meta={"n": 10**15 + i, "-x": "+1"}) for i, text in enumerate(texts)])
    file = exporting.export(any_store, project, "xlsx")
    rows = sheet_of(file.data)
    assert [row[0] for row in rows[1:]] == ["=SUM(A1:A9)", "a\ufffdb", "y" * 32_767, "  =1"]
    place = rows[0].index("n")
    assert [row[place : place + 2] for row in rows[1:3]] == [["1000000000000000", "+1"], ["1000000000000001", "+1"]]
    assert any("longer ones were cut: 1" in note for note in file.notes)
    assert any("control characters, which Excel refuses: 1" in note for note in file.notes)


def test_a_sheet_that_is_too_long_for_excel_is_refused_with_the_way_out(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsl_core.data.exporting import xlsx

    project = any_store.projects.create("p").id
    bring(any_store, project, read_table(TICKETS.encode(), "tickets.csv"))
    monkeypatch.setattr(xlsx, "MAX_ROWS", 5)
    with pytest.raises(DataError, match="holds 4 rows") as caught:
        exporting.export(any_store, project, "xlsx")
    assert "CSV" in caught.value.hint


def test_csv_has_the_lines_and_columns_of_the_file_with_the_labels_of_now(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["Delivery", "Refund"]).id
    bring(any_store, project, read_table(TICKETS.encode(), "tickets.csv"))
    last = any_store.items.all(project).ids.tolist()[-1]
    any_store.journal.label(project, [last], any_store.classes.list(project)[1].id, author="bo")
    ids = any_store.items.all(project).ids.tolist()
    said = {item: exporting.Prediction(("Refund",), 0.75, False, False, "ridge") for item in ids}
    lines = exporting.export(any_store, project, "csv", None, said).data.decode("utf-8-sig").splitlines()
    assert lines[0] == (
        "id,message,team,note,state,author,source,labeled_at,flag,"
        "prediction,probability,unsure,prediction_state,predicted_by"
    )
    assert [line.split(",")[:5] for line in lines[1:]] == [
        ["t1", "Where is my parcel", "Delivery", "first", "labeled"],
        ["t2", "I want my money back", "Refund", "", "labeled"],
        ["t3", "", "", "no text", "no text"],
        ["t4", "Where is my parcel", "Delivery", "again", "labeled"],
        ["t5", "where is my parcel", "Refund", "", "labeled"],
    ]
    assert [line.split(",")[9] for line in lines[1:]] == ["Refund", "Refund", "", "Refund", "Refund"]
    assert exporting.export(any_store, project, "csv", {"rows": False}).n_rows == 3
    assert exporting.export(any_store, project, "csv", {"unlabeled": False}).n_rows == 4


def test_files_with_other_columns_come_one_after_the_other_in_one_table(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["x"]).id
    any_store.items.add(project, [NewItem("from before", meta={"old": "1"})], filename="old.csv")
    bring(any_store, project, read_table(b'{"message": "one", "n": 1, "label": "mine"}\n', "a.jsonl"), label=None)
    bring(
        any_store, project, read_table(b'{"body": "two", "n": 1.5}\n{"body": "one", "n": 2}\n', "b.jsonl"), "body", None
    )
    file = exporting.export(any_store, project, "jsonl")
    lines = [json.loads(line) for line in file.data.decode().splitlines()]
    assert [(line["text"], line["n"], line["label"]) for line in lines] == [
        ("from before", None, None), ("one", 1, "mine"), ("two", 1.5, None), ("one", 2, None),
    ]  # fmt: skip
    assert {line["label (2)"] for line in lines} == {None} and "body" not in lines[0]
    assert any("were not kept, as those of older versions: 1" in note for note in file.notes)
    table = pq.read_table(io.BytesIO(exporting.export(any_store, project, "parquet").data))
    assert table["n"].type == pa.float64()


@pytest.mark.parametrize("name", ["csv", "xlsx", "jsonl", "parquet"])
def test_rows_go_out_and_in_again_as_the_same_rows(any_store: Store, name: str) -> None:
    project = any_store.projects.create("p", classes=["Delivery", "Refund"]).id
    bring(any_store, project, read_table(TICKETS.encode(), "tickets.csv"))
    file = exporting.export(any_store, project, name)
    again = any_store.projects.create("q").id
    bring(any_store, again, read_table(file.data, file.name))

    def told(one: int) -> list[tuple[object, ...]]:
        names, labels = any_store.classes.names(one), any_store.journal.labels(one)
        content = exporting.gather(any_store, one, rows=True)
        assert names and labels
        return [(row.text, row.labels, row.meta.get("id"), row.meta.get("note")) for row in content.rows]

    assert told(again) == told(project)


# -- older databases and project files -------------------------------------------------------------


def test_a_store_from_before_keeps_all_and_has_no_rows(any_store_url: str) -> None:
    database = Database(any_store_url)
    with database.write() as connection:
        connection.execute(text("SELECT 1"))
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with Store(any_store_url) as store:
        project = store.projects.create("p", classes=["a"]).id
        store.items.add(project, [NewItem("one", label="a"), NewItem("two", meta={"id": 3})], filename="old.csv")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    database.close()
    with Store(any_store_url) as store:
        assert [one.columns for one in store.items.imports(project)] == [None]
        assert store.items.file_rows(project) == [] and len(store.journal.labels(project)) == 1
        assert [row.meta for row in store.items.page(project)] == [{}, {"id": 3}]
        file = exporting.export(store, project, "csv")
        assert file.n_rows == 2 and any("repeats are gone" in note for note in file.notes)
        bring(store, project, read_table(TICKETS.encode(), "tickets.csv"))
        assert exporting.export(store, project, "csv").n_rows == 7


def test_a_project_file_brings_the_rows_and_their_types_back(any_store: Store) -> None:
    project = any_store.projects.create("p").id
    bring(
        any_store,
        project,
        read_table(parquet({"message": ["a b", "c d", "a b"], "n": [1, 2, 3]}), "x.parquet"),
        label=None,
    )
    copy = import_project(any_store, export_project(any_store, project)).id
    assert kept(any_store, copy) == kept(any_store, project) == [(1, 0, None), (2, 1, None), (3, 0, {"n": 3})]
    for name in ("csv", "parquet", "jsonl"):
        assert exporting.export(any_store, copy, name).data == exporting.export(any_store, project, name).data
