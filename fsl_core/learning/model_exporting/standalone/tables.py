"""Tables of any size read row by row: CSV, TSV, JSONL, XLSX, Parquet, or a folder of pictures.

The first two need the standard library alone; XLSX needs openpyxl, Parquet pyarrow.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .problem import ModelError, missing

Row = list[Any]
DELIMITERS = ",;\t|"
KINDS = {".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
         ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}  # fmt: skip
PICTURES = frozenset((".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"))
MARK = "\ufeff"
BATCH = 512


class _Absent:
    """A key that a JSON object does not have."""


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Table:
    """A file that can be read again and again: ``columns`` and, by ``rows``, its rows in the same order.

    A row may be longer than the columns: what stands beyond them is kept behind all others.
    """

    file: Path
    kind: str
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","

    def rows(self) -> Iterator[Row]:
        """Every row, one at a time. Raises ModelError, with the line, for one that cannot be read."""
        return {"csv": _csv_rows, "jsonl": _json_rows, "xlsx": _xlsx_rows, "parquet": _parquet_rows,
                "folder": _pictures}[self.kind](self)  # fmt: skip


def opened(file: Path, *, encoding: str = "", delimiter: str = "") -> Table:
    """The table in a file, or the pictures in a folder. Raises ModelError that names the way out."""
    if file.is_dir():
        return Table(file, "folder", ("file",))
    if not file.is_file():
        raise ModelError("There is no file {file}.", "Check its name.", file=file)
    kind = kind_of(file)
    if kind == "csv":
        return _csv_table(file, encoding, delimiter)
    if kind == "jsonl":
        names: dict[str, None] = {}
        for _line, found in _objects(file, encoding or "utf-8"):
            names.update(dict.fromkeys(found))
        return Table(file, kind, tuple(names), encoding or "utf-8")
    head = next(_sheet(file)) if kind == "xlsx" else parquet(file).schema_arrow.names
    return Table(file, kind, tuple("" if name is None else str(name) for name in head))


def kind_of(file: Path) -> str:
    """What the end of its name says. Raises ModelError for another end."""
    if (kind := KINDS.get(file.suffix.lower())) is None:
        raise ModelError(
            "{file} is of no kind that can be read or written here.",
            "It must end in one of {ends}.",
            file=file.name,
            ends=", ".join(KINDS),
        )
    return kind


def free(names: Sequence[str], taken: Iterable[str]) -> list[str]:
    """The names, with a number behind those that are taken."""
    used, found = set(taken), []
    for name in names:
        new, number = name, 2
        while new in used:
            new, number = f"{name}_{number}", number + 1
        used.add(new)
        found.append(new)
    return found


# -- CSV -------------------------------------------------------------------------------------------


def _csv_table(file: Path, encoding: str, delimiter: str) -> Table:
    with file.open("rb") as opened_file:
        start = opened_file.read(4)
    if not encoding:
        encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    found = Table(file, "csv", (), encoding, delimiter or ",")
    if not delimiter:
        if file.suffix.lower() in (".tsv", ".tab"):
            delimiter = "\t"
        else:
            first = next(iter(_lines(found)), "")
            delimiter = max(DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), [])))
    found = Table(file, "csv", (), encoding, delimiter)
    head = next(_csv_cells(found), None)
    if head is None:
        raise ModelError("{file} is empty.", "It needs a line with the names of its columns.", file=file.name)
    return Table(file, "csv", tuple(head), encoding, delimiter)


def _lines(table: Table) -> Iterator[str]:
    try:
        with table.file.open(encoding=table.encoding, newline="") as lines:
            yield from lines
    except (UnicodeError, LookupError) as error:
        raise ModelError(
            "{file} is not written in {encoding}: {problem}",
            "Save it as UTF-8, or name its encoding, as in --encoding cp1252.",
            file=table.file.name,
            encoding=table.encoding,
            problem=str(error)[:200],
        ) from error


def _csv_cells(table: Table) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    for cells in csv.reader(_lines(table), delimiter=table.delimiter):
        if cells:  # an empty line is no row
            yield list(cells)


def _csv_rows(table: Table) -> Iterator[Row]:
    rows = _csv_cells(table)
    next(rows, None)
    for cells in rows:
        yield cells + [""] * (len(table.columns) - len(cells))


# -- JSONL -----------------------------------------------------------------------------------------


def _objects(file: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_lines(Table(file, "jsonl", (), encoding)), start=1):
        if not line.strip(MARK).strip():
            continue
        try:
            found = json.loads(line.lstrip(MARK))
        except ValueError as error:
            raise ModelError(
                "{file}, line {line}: {problem}", "Each line must be one JSON object.",
                file=file.name, line=number, problem=error,
            ) from error  # fmt: skip
        if not isinstance(found, dict):
            raise ModelError(
                "{file}, line {line} is no JSON object.", "Each line must be one, as in {example}.",
                file=file.name, line=number, example='{"text": "..."}',
            )  # fmt: skip
        yield number, found


def _json_rows(table: Table) -> Iterator[Row]:
    for _number, found in _objects(table.file, table.encoding):
        yield [found.get(name, ABSENT) for name in table.columns]


# -- XLSX ------------------------------------------------------------------------------------------


def openpyxl() -> Any:  # noqa: ANN401
    """The library. Raises ModelError where it is not installed."""
    try:
        import openpyxl as library
    except ImportError as error:
        raise missing("openpyxl", "An Excel workbook") from error
    return library


def _sheet(file: Path) -> Iterator[Row]:
    """The rows of the first sheet, the head among them, each as long as the head."""
    try:
        workbook = openpyxl().load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # the size a file states about itself may be false
            width = None
            for cells in sheet.iter_rows(values_only=True):
                row = list(cells)
                while row and row[-1] is None:
                    row.pop()
                if width is None:
                    width = len(row)
                yield row + [None] * (width - len(row))
        finally:
            workbook.close()
    except ModelError:
        raise
    except Exception as error:  # openpyxl lets many kinds of error through for a damaged file
        raise ModelError(
            "{file} cannot be read as a workbook: {problem}", "Save it again, or as CSV.",
            file=file.name, problem=str(error)[:200],
        ) from error  # fmt: skip


def _xlsx_rows(table: Table) -> Iterator[Row]:
    rows = _sheet(table.file)
    next(rows, None)
    return (row for row in rows if any(cell is not None for cell in row))


# -- Parquet ---------------------------------------------------------------------------------------


def pyarrow() -> Any:  # noqa: ANN401
    """The library. Raises ModelError where it is not installed."""
    try:
        import pyarrow as library
        import pyarrow.parquet
    except ImportError as error:
        raise missing("pyarrow", "A Parquet file") from error
    return library


def parquet(file: Path) -> Any:  # noqa: ANN401
    """The opened file. Raises ModelError for one that is none."""
    arrow = pyarrow()
    try:
        return arrow.parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError) as error:
        raise ModelError(
            "{file} cannot be read as Parquet: {problem}", "Write it again.",
            file=file.name, problem=str(error)[:200],
        ) from error  # fmt: skip


def _parquet_rows(table: Table) -> Iterator[Row]:
    for batch in parquet(table.file).iter_batches(batch_size=BATCH):
        columns = [column.to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


# -- a folder of pictures --------------------------------------------------------------------------


def _pictures(table: Table) -> Iterator[Row]:
    for file in sorted(table.file.rglob("*")):
        if file.is_file() and file.suffix.lower() in PICTURES:
            yield [file.relative_to(table.file).as_posix()]
