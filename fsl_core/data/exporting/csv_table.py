"""CSV for spreadsheets and programs, safe to open with a double click."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, Literal

from fsl_core.base.config import setting
from fsl_core.base.notes import Note
from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import flat
from fsl_core.data.exporting.format import ExportSettings, Format

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
# Spreadsheets take a cell that starts so for a formula, the full-width forms too in some locales.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?%?")


class CsvSettings(ExportSettings):
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
    guarded = _guarded if settings.guard else str
    writer.writerow([guarded(name) for name in columns])
    for row in zip(*columns.values(), strict=True):
        writer.writerow([guarded(_cell(value)) for value in row])
    return out.getvalue().encode("utf-8-sig" if settings.excel else "utf-8")


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _guarded(cell: str) -> str:
    return f"'{cell}" if is_formula(cell) else cell


def _notes(content: Content, settings: CsvSettings) -> list[Note]:
    columns = flat(content, meta=settings.meta)
    n = sum(is_formula(_cell(value)) for cells in columns.values() for value in cells)
    n += sum(map(is_formula, columns))
    if not n:
        return []
    if settings.guard:
        return [Note("Cells that look like formulas: {n}. Each got an apostrophe in front.", n=n)]
    return [Note("Cells that look like formulas: {n}. A spreadsheet would run them.", n=n)]


FORMAT = Format(
    name="csv",
    title="CSV",
    summary="One row an item, with who labelled it and when. For spreadsheets and most programs.",
    suffix=".csv",
    media_type="text/csv",
    settings=CsvSettings,
    write=_write,
    notes=_notes,
    order=10,
)
