"""Workbooks, Parquet files and archives made in memory for the tests of importing."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from fsl_core.data.importing import Table, guess_columns, read_table, to_items


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet(columns: dict[str, list[Any]], metadata: dict[str, str] | None = None) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), target)
    return target.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def labels_in(table: Table) -> dict[str, tuple[str, ...] | None]:
    """Text -> labels, as an import would take them without any choice by hand."""
    guess = guess_columns(table)
    items, _report = to_items(table, guess.text, guess.label)
    return {
        str(item.text): None if item.label is None else tuple(sorted(item.label))
        if isinstance(item.label, tuple) else (item.label,)
        for item in items
    }  # fmt: skip


def table_of(data: bytes, name: str = "a.json") -> Table:
    return read_table(data, name)
