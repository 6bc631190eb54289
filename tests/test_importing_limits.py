"""Content against suffix, limits, progress."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsl_core.base.errors import Cancelled, ConfigError, DataError
from fsl_core.data.importing import guess_columns, read_table, table
from tests.importing_files import workbook, zipped


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a PNG image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "a JPEG image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (zipped({"a.txt": b"hello"}), "a ZIP archive"),
        (zipped({"word/document.xml": b"<a/>"}), "a Word document"),
        (b"PK\x03\x04 broken", "a damaged ZIP archive"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), r"an old Excel workbook \(.xls\)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c", "pickle"),
        (b"<!DOCTYPE html><html><table><tr><td>a", "web page"),
        (bytes(range(1, 32)) * 100, "binary data"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "no text"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_file_that_is_something_else_is_refused_with_what_it_is(data: bytes, message: str, name: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_table(data, name)
    assert caught.value.hint


def test_a_header_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="only a header"):
        read_table(b"text,label\n", "a.csv")


def test_content_beats_the_suffix_and_a_note_says_so() -> None:
    found = read_table(b"text\tlabel\nhello there\ta\n", "export.xlsx")
    assert (found.format, found.columns) == ("tsv", ("text", "label"))
    assert "named .xlsx" in found.notes[0]
    assert read_table(workbook({"One": [["text"], ["a b c"]]}), "a.csv").format == "xlsx"
    assert read_table(b'{"text": "a b"}\n{"text": "c d"}\n', "a.csv").format == "jsonl"


def test_limits_are_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="Row 2, column 1 holds 100001 characters"):
        read_table(b"text,label\n" + b"x" * 100_001 + b",a\n", "a.csv")
    with pytest.raises(DataError, match="501 columns; at most 500"):
        read_table(",".join(f"c{i}" for i in range(501)).encode() + b"\n1\n", "a.csv")
    monkeypatch.setattr(table, "MAX_ROWS", 3)
    assert read_table(b"text\na\nb\nc\n", "a.csv").n_rows == 3
    with pytest.raises(DataError, match="more than 3 rows"):
        read_table(b"text\na\nb\nc\nd\n", "a.csv")
    monkeypatch.setattr("fsl_core.data.importing.reading.MAX_BYTES", 2**20)
    with pytest.raises(DataError, match="2 MB; at most 1 MB"):
        read_table(b"x\n" * 2**20, "a.csv")


def test_a_missing_file_and_an_unknown_format_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'none.csv' cannot be read"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="no import format 'word'"):
        read_table(b"a", "a.txt", format="word")


def test_a_path_is_read_like_bytes_and_the_format_can_be_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nhello there,a\n", encoding="utf-8")
    assert read_table(path).columns == ("text", "label")
    assert read_table(str(path), format="txt").rows[1] == ("hello there,a",)


def test_progress_is_told_and_can_cancel() -> None:
    data = b"text,label\n" + b"hello there,a\n" * 5_000
    heard: list[float] = []
    read_table(data, "a.csv", progress=lambda fraction, message: heard.append(fraction))
    assert heard == sorted(heard)
    assert (len(heard), heard[0], heard[-1]) == (4, 0.0, 1.0)

    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_table(data, "a.csv", progress=stop)


def test_a_large_table_is_read_whole() -> None:
    lines = "".join(f'{i},"Message, number {i}",{"ab"[i % 2]}\n' for i in range(100_000))
    found = read_table(f"id,message,team\n{lines}".encode(), "a.csv")
    assert (found.n_rows, found.rows[-1]) == (100_000, ("99999", "Message, number 99999", "b"))
    assert guess_columns(found).text == "message"


def test_a_hostile_cell_does_not_stall_the_guess() -> None:
    found = read_table(b"text,label\n" + b"".join(b"a" * 390 + b"!,x\n" for _ in range(50)), "a.csv")
    assert guess_columns(found).text == "text"
