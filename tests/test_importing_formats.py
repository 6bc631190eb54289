"""JSON, workbooks, Parquet, plain and pasted text."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from fsl_core.base.errors import DataError
from fsl_core.data.importing import read_pasted, read_table, suffixes, xlsx
from fsl_core.data.importing.registry import formats
from tests.importing_files import parquet, workbook, zipped


def test_every_format_module_is_found_and_suffixes_do_not_collide() -> None:
    known = "argilla csv datasets jsonl label-studio parquet prodigy txt xlsx".split()
    assert set(known) <= set(formats()) and list(formats()) == sorted(formats())
    # Exports of other labelling tools are JSON too: they are known by their content alone.
    plain_json = set(formats()["jsonl"].suffixes)
    layouts = {name for name, each in formats().items() if name != "jsonl" and plain_json.issuperset(each.suffixes)}
    assert {"argilla", "datasets", "label-studio", "prodigy"} <= layouts
    plain = [suffix for each in formats().values() if each.name not in layouts for suffix in each.suffixes]
    assert sorted(plain) == sorted(suffixes())


# JSON -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "a b", "label": "x"}\n\n{"text": "c, d", "n": 3}\n',
        '[{"text": "a b", "label": "x"},\n {"text": "c, d", "n": 3}]',
        '{"data": [{"text": "a b", "label": "x"}, {"text": "c, d", "n": 3}]}',
        '{\n "text": ["a b", "c, d"],\n "label": ["x", null],\n "n": [null, 3]}',
    ],
)
def test_json_lines_arrays_and_columns_give_the_same_table(text: str) -> None:
    found = read_table(text.encode(), "a.json")
    assert found.columns == ("text", "label", "n")
    assert found.rows == [("a b", "x", None), ("c, d", None, "3")]


def test_json_values_become_cells() -> None:
    line = json.dumps({"text": "t", "label": ["one"], "b": True, "f": 1.5, "o": {"k": "é"}, "e": [], "l": [1, 2]})
    found = read_table(line.encode(), "a.jsonl")
    assert dict(zip(found.columns, found.rows[0], strict=True)) == {
        "text": "t", "label": "one", "b": "true", "f": "1.5", "o": '{"k": "é"}', "l": "[1, 2]", "e": None,
    }  # fmt: skip


def test_half_a_surrogate_pair_and_nul_in_json_do_not_reach_the_store() -> None:
    found = read_table(b'{"text": "a\\ud83d \\u0000b \\ud83d\\ude00\\u00e9"}\n', "a.jsonl")
    assert found.rows == [("a\ufffd b 😀é",)]


def test_lines_of_texts_or_arrays_are_tables_too() -> None:
    assert read_table(b'["a b", "c d"]', "a.json").rows == [("a b",), ("c d",)]
    assert read_table(b'["a b", "x"]\n["c d", "y"]\n', "a.jsonl").rows == [("a b", "x"), ("c d", "y")]


def test_a_broken_json_line_is_named_with_its_character() -> None:
    with pytest.raises(DataError, match="Line 3, character 10") as caught:
        read_table(b'{"text": "a"}\n\n{"text": oops}\n', "a.jsonl")
    assert '{"text": "..."' in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "a"}\n[1]\n', "Row 2 holds an array"),
        ('{"a": ["x"], "b": ["y", "z"]}', "not a table"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "empty"),
        ("12", "not a table"),
    ],
)
def test_json_that_is_no_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(text.encode(), "a.json")


# Workbooks ------------------------------------------------------------------


def test_a_workbook_is_read_with_its_types() -> None:
    data = workbook(
        {
            "Empty": [],
            "Data": [
                ["text", "label", "n", "when"],
                ["first one", "a", 1, date(2024, 1, 2)],
                [],
                ["second, one", None, 2.5, datetime(2024, 1, 2, 3, 4)],
                ["third", "#N/A", True, None],
            ],
            "Other": [["x"], ["y"]],
        }
    )
    found = read_table(data, "a.xlsx")
    assert (found.sheet, found.sheets) == ("Data", ("Empty", "Data", "Other"))
    assert found.columns == ("text", "label", "n", "when")
    assert found.rows == [
        ("first one", "a", "1", "2024-01-02"),
        ("second, one", None, "2.5", "2024-01-02 03:04:00"),
        ("third", None, "TRUE", None),
    ]
    assert list(found.row_numbers) == [2, 4, 5]
    assert any("#N/A" in note and "row 5" in note for note in found.notes)


def test_a_sheet_can_be_chosen_and_a_wrong_one_is_refused_with_the_list() -> None:
    data = workbook({"One": [["text"], ["a b c"]], "Two": [["text"], ["d e f"]]})
    assert read_table(data, "a.xlsx", sheet="Two").rows == [("d e f",)]
    with pytest.raises(DataError) as caught:
        read_table(data, "a.xlsx", sheet="Three")
    assert "One, Two" in caught.value.hint


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(DataError, match="no text"):
        read_table(workbook({"One": []}), "a.xlsx")


def test_a_workbook_that_would_unpack_too_large_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_UNPACKED_BYTES", 2**20)
    bomb = zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b" " * 3 * 2**20})
    assert len(bomb) < 20_000
    with pytest.raises(DataError, match="would unpack to 3 MB in 2 parts; at most 1 MB"):
        read_table(bomb, "a.xlsx")


def test_a_workbook_with_entities_or_damage_is_refused() -> None:
    entity = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook/>'
    for data in (zipped({"xl/workbook.xml": entity}), zipped({"xl/workbook.xml": b"<workbook"})):
        with pytest.raises(DataError, match="damaged"):
            read_table(data, "a.xlsx")
    whole = workbook({"One": [["text"], ["a b c"]]})
    with pytest.raises(DataError, match="damaged"):
        read_table(whole[: len(whole) // 2], "a.xlsx")


# Parquet --------------------------------------------------------------------


def test_parquet_is_read_and_numeric_labels_get_the_names_kept_in_the_file() -> None:
    features = {"info": {"features": {"label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}
    data = parquet(
        {"text": ["a b", "c d", None], "label": [1, 0, -1], "raw": [b"x", b"y", b"z"], "f": [1.5, None, 2.0]},
        {"huggingface": json.dumps(features)},
    )
    found = read_table(data, "a.parquet")
    assert found.columns == ("text", "label", "f")
    assert found.rows == [("a b", "good", "1.5"), ("c d", "bad", None), (None, None, "2.0")]
    assert len(found.notes) == 2


def test_a_damaged_parquet_file_is_refused() -> None:
    data = parquet({"text": ["a b", "c d"]})
    with pytest.raises(DataError, match="Parquet file is damaged"):
        read_table(data[:-20], "a.parquet")


def test_a_huge_parquet_cell_is_refused_before_it_is_copied() -> None:
    with pytest.raises(DataError, match="Column 'text' holds a text of 100001 characters"):
        read_table(parquet({"text": ["a", "x" * 100_001]}), "a.parquet")


# Text and the clipboard -----------------------------------------------------


def test_a_text_file_has_one_item_a_line_and_commas_do_not_matter() -> None:
    found = read_table("First, one\r\n\r\n  second; two \u2028 more\n".encode(), "a.txt")
    assert (found.format, found.columns) == ("txt", ("text",))
    assert found.rows == [("First, one",), ("second; two \u2028 more",)]
    assert list(found.row_numbers) == [1, 3]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Hello, world\nHi, there\nYes, indeed", (1, 3)),
        ("Hello there", (1, 1)),
        ("yes,please\nno,thanks", (1, 2)),
        ("The card, it is late\nMy card, it is late\nA card, it is late\nOne card, it is late", (1, 4)),
        ("text,label\nHello, world,a\nHi,b", (1, 3)),
        ('text,label\n"Hello, world",a\nHi,b', (2, 2)),
        ("Hello, world\tgreeting\nBye, all\tfarewell", (2, 2)),
        ("Where is it;late\nNot here;late\nBroken;damage\nIn pieces;damage", (2, 4)),
        ('{"text": "Hello", "label": "x"}\n{"text": "Bye", "label": "y"}', (2, 2)),
        ("[H] Hello [/H] you\n[T] Bye [/T]", (1, 2)),
    ],
)
def test_pasted_text_is_lines_unless_it_clearly_is_a_table(text: str, shape: tuple[int, int]) -> None:
    found = read_pasted(text)
    assert (len(found.columns), found.n_rows) == shape


def test_pasted_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no text"):
        read_pasted(" \n ")
