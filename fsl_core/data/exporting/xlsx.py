"""Excel workbooks: one sheet, every text as a text, numbers and dates as they came."""

from __future__ import annotations

import importlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import Any

from fsl_core.base.column_types import JSON
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import SHARE, Column, flat
from fsl_core.data.exporting.format import Format, TableSettings

MAX_ROWS = 1_048_576
"""Of a sheet, its header included."""
MAX_COLUMNS = 16_384
MAX_CELL = 32_767
"""Characters in a cell."""
_DIGITS = 10**15
"""Excel rounds integers from here on, so they are written as texts."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NUMBERS = re.compile(r"u?int\d+|halffloat|float|double")


def _write(content: Content, settings: TableSettings) -> bytes:
    columns = flat(content, meta=settings.meta)
    if len(content.rows) >= MAX_ROWS or len(columns) > MAX_COLUMNS:
        raise DataError(
            "A sheet of Excel holds {rows} rows and {columns} columns, and this file has more.",
            "Export it as CSV or Parquet.",
            rows=f"{MAX_ROWS - 1:,}",
            columns=f"{MAX_COLUMNS:,}",
        )
    openpyxl: Any = importlib.import_module("openpyxl")
    # Rows go to a file on the disk one by one, so that a large table does not stand in memory as cells.
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Labels")
    make = _cells(sheet)
    sheet.append([make(_safe(name)) for name in columns])
    for row in zip(*(_values(column) for column in columns.values()), strict=True):
        sheet.append([make(value) for value in row])
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)  # or two exports would differ
    return _without_times(book)


def _without_times(book: Any) -> bytes:  # noqa: ANN401
    """The workbook with a fixed date on each part: the same content gives the same bytes."""
    first, out = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in read.infolist():
            data = read.read(part)
            if part.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", data)
            info = zipfile.ZipInfo(part.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _cells(sheet: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    cell_type: Any = importlib.import_module("openpyxl.cell").WriteOnlyCell

    def make(value: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, str):
            return value
        cell = cell_type(sheet, value)
        cell.data_type = "s"  # never a formula, whatever it begins with
        return cell

    return make


def _values(column: Column) -> Iterator[Any]:
    """The cells as Excel has them: numbers, truth values and dates, and texts for all else."""
    read = _read(column.type)
    for value, text in zip(column.cells, column.texts(), strict=True):
        found = read(value) if value is not None else None
        yield found if found is not None else _safe(text) or None


def _read(type_: str) -> Callable[[Any], Any]:
    if type_ in ("bool", JSON):
        return lambda value: value if isinstance(value, bool) else _number(value)
    if type_ == SHARE or _NUMBERS.fullmatch(type_):
        return _number
    if type_.startswith("date32"):
        return lambda value: _moment(date.fromisoformat, value)
    if type_.startswith("timestamp"):
        return lambda value: _moment(datetime.fromisoformat, value)
    return lambda value: None


def _number(value: Any) -> Any:  # noqa: ANN401
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and not (isinstance(value, int) and abs(value) >= _DIGITS) else None


def _moment(read: Callable[[str], date], text: Any) -> date | None:  # noqa: ANN401
    try:
        found = read(text)
    except (ValueError, TypeError):
        return None
    # Excel knows neither zones nor what was before 1900.
    return found if found.year >= 1900 and getattr(found, "tzinfo", None) is None else None


def _safe(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)[:MAX_CELL]


def _notes(content: Content, settings: TableSettings) -> list[Note]:
    columns = flat(content, meta=settings.meta)
    cells = list(chain(columns, *(column.texts() for column in columns.values())))
    notes = []
    if n := sum(len(cell) > MAX_CELL for cell in cells):
        notes.append(
            Note(
                "A cell of Excel holds {limit} characters; longer ones were cut: {n}. CSV and Parquet hold them whole.",
                limit=f"{MAX_CELL:,}",
                n=n,
            )
        )
    if n := sum(_FORBIDDEN.search(cell) is not None for cell in cells):
        notes.append(Note("Cells with control characters, which Excel refuses: {n}. They were replaced.", n=n))
    return notes


FORMAT = Format(
    name="xlsx",
    title="Excel",
    summary="A workbook with one sheet, every cell as it is. For Excel and other spreadsheets.",
    suffix=".xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    settings=TableSettings,
    write=_write,
    notes=_notes,
    order=12,
    text=False,
)
