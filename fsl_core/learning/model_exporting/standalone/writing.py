"""The same tables written again, with the answers as further columns, row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from .problem import ModelError
from .tables import ABSENT, BATCH, MARK, Row, Table, openpyxl, parquet, pyarrow

MOST_XLSX = 1_048_576
"""Rows of a sheet."""


def write(file: Path, kind: str, table: Table, names: Sequence[str], answers: Iterable[Row]) -> None:
    """The table with one more column for each name, filled by ``answers``, which come in the order of its rows."""
    writers = {"csv": _write_csv, "jsonl": _write_json, "xlsx": _write_xlsx, "parquet": _write_parquet}
    writers[kind](file, table, names, answers)


# -- text ------------------------------------------------------------------------------------------


def _write_csv(file: Path, table: Table, names: Sequence[str], answers: Iterable[Row]) -> None:
    same = table.kind == "csv"
    delimiter = "\t" if file.suffix.lower() in (".tsv", ".tab") else table.delimiter if same else ","
    width = len(table.columns)
    mark = MARK if not same or _has_mark(table.file) else ""  # by it Excel knows UTF-8
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(mark)
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow([*table.columns, *names])
        for row, answer in zip(table.rows(), answers, strict=True):
            writer.writerow([_text(cell) for cell in (*row[:width], *answer, *row[width:])])


def _has_mark(file: Path) -> bool:
    with file.open("rb") as opened_file:
        return opened_file.read(3) == b"\xef\xbb\xbf"


def _write_json(file: Path, table: Table, names: Sequence[str], answers: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for number, (row, answer) in enumerate(zip(table.rows(), answers, strict=True), start=1):
            cells = zip((*table.columns, *names), (*_fitting(table, row, number), *answer), strict=True)
            found = {name: cell for name, cell in cells if cell is not ABSENT}
            out.write(json.dumps(found, ensure_ascii=False, default=_text) + "\n")


def _fitting(table: Table, row: Row, number: int) -> Row:
    """The row, where it has a name for each cell."""
    if len(row) > len(table.columns):
        raise ModelError(
            "{file}: row {number} has {n} cells, and there are {columns} columns.",
            "Write to a .csv file, which keeps what stands beyond them, or mend the row.",
            file=table.file.name, number=number, n=len(row), columns=len(table.columns),
        )  # fmt: skip
    return row


def _text(value: Any) -> str:  # noqa: ANN401
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)


# -- XLSX ------------------------------------------------------------------------------------------


def _write_xlsx(file: Path, table: Table, names: Sequence[str], answers: Iterable[Row]) -> None:
    workbook = openpyxl().Workbook(write_only=True)
    sheet, width = workbook.create_sheet(), len(table.columns)
    sheet.append([_cell(sheet, name) for name in (*table.columns, *names)])
    for number, (row, answer) in enumerate(zip(table.rows(), answers, strict=True), start=2):
        if number > MOST_XLSX:
            raise ModelError("A sheet holds {n} rows at most.", "Write to a .csv or .parquet file.", n=f"{MOST_XLSX:,}")
        sheet.append([_cell(sheet, cell) for cell in (*row[:width], *answer, *row[width:])])
    workbook.save(file)


def _cell(sheet: Any, value: Any) -> Any:  # noqa: ANN401
    """Numbers and dates as they are; a text that begins with = stays a text."""
    if value is None or value is ABSENT:
        return None
    if isinstance(value, (bool, int, float, datetime, date, time)):
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", _text(value)))
    cell.data_type = "s"
    return cell


# -- Parquet ---------------------------------------------------------------------------------------


def _write_parquet(file: Path, table: Table, names: Sequence[str], answers: Iterable[Row]) -> None:
    arrow, said = pyarrow(), iter(answers)
    added = [(name, _type(arrow, name)) for name in names]
    if table.kind == "parquet":  # what was there keeps its types
        source = parquet(table.file)
        schema = source.schema_arrow
        batches: Iterator[Any] = source.iter_batches(batch_size=BATCH)
    else:
        schema = arrow.schema([(name, arrow.string()) for name in table.columns])
        batches = _as_text(arrow, schema, table)
    for name, kind in added:
        schema = schema.append(arrow.field(name, kind))
    with arrow.parquet.ParquetWriter(file, schema) as writer:
        for batch in batches:
            rows = [next(said) for _ in range(len(batch))]
            more = [arrow.array([_plain(row[i]) for row in rows], kind) for i, (_name, kind) in enumerate(added)]
            writer.write_batch(arrow.RecordBatch.from_arrays([*batch.columns, *more], schema=schema))


def _as_text(arrow: Any, schema: Any, table: Table) -> Iterator[Any]:  # noqa: ANN401
    held: list[Row] = []
    for number, row in enumerate(table.rows(), start=1):
        held.append([None if cell is None or cell is ABSENT else _text(cell) for cell in _fitting(table, row, number)])
        if len(held) == BATCH:
            yield _batch(arrow, schema, held)
            held = []
    if held:
        yield _batch(arrow, schema, held)


def _batch(arrow: Any, schema: Any, rows: Sequence[Row]) -> Any:  # noqa: ANN401
    columns = [arrow.array(column, arrow.string()) for column in zip(*rows, strict=True)]
    return arrow.RecordBatch.from_arrays(columns, schema=schema)


def _plain(value: Any) -> Any:  # noqa: ANN401
    return _text(value) if isinstance(value, list) else value


def _type(arrow: Any, name: str) -> Any:  # noqa: ANN401
    if name.startswith("probability"):
        return arrow.float64()
    return arrow.bool_() if name.startswith(("unsure", "none_of_these")) else arrow.string()
