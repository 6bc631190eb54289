"""CSV for spreadsheets and programs, safe to open with a double click."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal

from fsl_core.base.config import setting
from fsl_core.base.notes import Note
from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import flat
from fsl_core.data.exporting.format import Format, TableSettings

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
# Spreadsheets take a cell that starts so for a formula, the full-width forms too in some locales.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?%?")


class CsvSettings(TableSettings):
    """How the table is written."""

    excel: bool = setting(
        True,
        "Starts the file with the mark by which Excel knows UTF-8; without it, accents and Chinese look wrong there.",
        title="Readable by Excel",
    )
    guard: bool = setting(
        True,
        "A spreadsheet would run a cell that begins with =, +, - or @ as a formula, which a stranger can "
        "misuse. Such cells get an apostrophe in front. Switch it off for programs that need every character as it is.",
        title="Formulas stay as typed",
    )
    delimiter: Literal["comma", "semicolon", "tab"] = setting(
        "comma", "Excel expects a semicolon where numbers are written with a comma.", title="Separated by"
    )


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet could run this cell; a plain number such as -5 is none."""
    return _FORMULA.match(cell) is not None and not _NUMBER.fullmatch(cell)


def _write(content: Content, settings: CsvSettings) -> bytes:
    columns = flat(content, meta=settings.meta)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=_DELIMITERS[settings.delimiter], lineterminator="\r\n")
    safe = guarded if settings.guard else str
    writer.writerow([safe(name) for name in columns])
    for row in zip(*(column.texts() for column in columns.values()), strict=True):
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig" if settings.excel else "utf-8")


def guarded(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet would run it."""
    return f"'{cell}" if is_formula(cell) else cell


def _notes(content: Content, settings: CsvSettings) -> list[Note]:
    columns = flat(content, meta=settings.meta)
    n = sum(is_formula(cell) for column in columns.values() for cell in column.texts())
    n += sum(map(is_formula, columns))
    if not n:
        return []
    if settings.guard:
        return [Note("Cells that look like formulas: {n}. Each got an apostrophe in front.", n=n)]
    return [Note("Cells that look like formulas: {n}. A spreadsheet would run them.", n=n)]


FORMAT = Format(
    name="csv",
    title="CSV",
    summary="One line a row, with who labelled it and when. For spreadsheets and most programs.",
    suffix=".csv",
    media_type="text/csv",
    settings=CsvSettings,
    write=_write,
    notes=_notes,
    order=10,
)
