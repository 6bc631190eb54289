"""Excel workbooks, read without running or computing anything."""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.importing.header import has_header
from fsl_core.data.importing.limits import MAX_UNPACKED_BYTES
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Table, collect, make_table
from fsl_core.data.importing.typed import typed

_MAX_PARTS = 10_000
_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"))


def _recognise(source: Source) -> float:
    return 1.0 if source.kind == "xlsx" else 0.0


def _read(source: Source) -> Table:
    check_archive(source.data)
    openpyxl: Any = importlib.import_module("openpyxl")
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets many kinds of error through for a damaged file
        raise _damaged() from error
    try:
        return _read_sheet(source, workbook)
    finally:
        workbook.close()


def _read_sheet(source: Source, workbook: Any) -> Table:  # noqa: ANN401
    sheets = tuple(sheet.title for sheet in workbook.worksheets)
    if not sheets:
        raise DataError("The workbook has no sheet with cells.", "Put the table into a sheet and save it again.")
    if source.sheet is not None and source.sheet not in sheets:
        raise DataError(
            "There is no sheet '{sheet}'.", "The sheets are: {sheets}.", sheet=source.sheet, sheets=", ".join(sheets)
        )
    errors: list[int] = []
    heights = {sheet.title: sheet.max_row or 0 for sheet in workbook.worksheets}
    if source.sheet is not None:
        chosen = workbook[source.sheet]
    else:
        visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"] or workbook.worksheets
        chosen = next((sheet for sheet in visible if any(map(any, _rows(sheet, [])))), visible[0])
        if len(sheets) > 1:
            source.notes.append(
                Note("The workbook has {count} sheets; '{sheet}' was read.", count=len(sheets), sheet=chosen.title)
            )
    found = collect(_rows(chosen, errors), source.progress, expected=heights[chosen.title])
    if errors:
        source.notes.append(
            Note(
                "{count} cells hold an Excel error such as #N/A, the first in row {row}; they count as empty.",
                count=len(errors),
                row=errors[0],
            )
        )
    header = has_header(found.rows) if source.header is None else source.header
    return make_table(found, header=header, format="xlsx", notes=source.notes, sheet=chosen.title, sheets=sheets)


def _rows(sheet: Any, errors: list[int]) -> Iterator[list[str | None]]:  # noqa: ANN401
    # The size a file states about itself may be false or cover the whole grid.
    sheet.reset_dimensions()
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in row]
            if not _ERRORS.isdisjoint(cells):
                errors.extend(number for each in cells if each in _ERRORS)
                cells = [None if each in _ERRORS else each for each in cells]
            while cells and not cells[-1]:
                cells.pop()
            yield cells
    except DataError:
        raise
    except Exception as error:
        raise _damaged() from error


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return typed("TRUE" if value else "FALSE", value)
    if isinstance(value, float):
        # Excel writes every number with a point or none as it likes.
        whole = value.is_integer() and abs(value) < 1e15
        return typed(str(int(value)), int(value)) if whole else typed(repr(value), value)
    if isinstance(value, datetime):
        return typed(value.date().isoformat() if value.time() == time() else value.isoformat(sep=" "), value)
    if isinstance(value, (date, time)):
        return typed(value.isoformat(), value)
    return typed(str(value), value)


def check_archive(data: bytes) -> None:
    """Refuse what would grow beyond the limit; zipfile reads no more than the size stated here."""
    if not data.startswith(b"PK"):
        raise _damaged()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED_BYTES or len(parts) > _MAX_PARTS:
            raise DataError(
                "The workbook would unpack to {size} MB in {parts} parts; at most {limit} MB can be read.",
                "Save the sheet as CSV, or split it.",
                size=f"{unpacked / 2**20:,.0f}",
                parts=len(parts),
                limit=MAX_UNPACKED_BYTES // 2**20,
            )
        if any(part.flag_bits & 1 for part in parts):
            raise DataError(
                "The workbook is protected by a password.",
                "Remove the password in your spreadsheet program and save it again.",
            )
        for part in parts:
            # A workbook never declares entities; a document type is how a small XML grows without end.
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in _head(archive, part):
                raise _damaged()


def _head(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(part) as stream:
            return stream.read(4_096).replace(b"\0", b"").upper()
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise _damaged() from error
    except Exception as error:
        raise _damaged() from error


def _damaged() -> DataError:
    return DataError(
        "The workbook is damaged and cannot be read.", "Open it in a spreadsheet program and save it again, or as CSV."
    )


FORMAT = Format("xlsx", "Excel workbook", ("xlsx", "xlsm"), binary=True, recognise=_recognise, read=_read)
