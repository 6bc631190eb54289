"""Parquet files, as data tools and the Hugging Face hub write them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.importing.jsonl import cell
from fsl_core.data.importing.limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED_BYTES, STEP
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Records, Table, collect, make_table, too_many_rows
from fsl_core.data.importing.typed import typed


def _recognise(source: Source) -> float:
    return 1.0 if source.kind == "parquet" else 0.0


def _read(source: Source) -> Table:
    pa: Any = importlib.import_module("pyarrow")
    pq: Any = importlib.import_module("pyarrow.parquet")
    try:
        with pq.ParquetFile(pa.BufferReader(source.data)) as file:
            return _read_file(source, file, pa)
    except pa.ArrowException as error:
        raise _damaged() from error
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged() from error


def _read_file(source: Source, file: Any, pa: Any) -> Table:  # noqa: ANN401
    schema, size = file.schema_arrow, file.metadata
    unpacked = sum(size.row_group(i).total_byte_size for i in range(size.num_row_groups))
    if size.num_rows > MAX_ROWS:
        raise too_many_rows()
    if unpacked > MAX_UNPACKED_BYTES:
        raise DataError(
            "The file would unpack to {size} MB; at most {limit} MB can be read.",
            "Split it, or keep only the columns with the text and the label.",
            size=f"{unpacked / 2**20:,.0f}",
            limit=MAX_UNPACKED_BYTES // 2**20,
        )
    names = [field.name for field in schema if not _is_binary(field.type, pa)]
    if left := [field.name for field in schema if _is_binary(field.type, pa)]:
        source.notes.append(Note("Columns with binary data were left out: {names}.", names=", ".join(left[:10])))
    if not names or len(names) > MAX_COLUMNS:
        raise DataError(
            "The file has {found} columns that can be read; it must have between 1 and {limit}.",
            "Keep the columns with the text and the label.",
            found=len(names),
            limit=MAX_COLUMNS,
        )
    classes = _class_names(schema.metadata or {})
    if used := [name for name in names if name in classes]:
        source.notes.append(
            Note("The numbers in {names} were replaced by the class names kept in the file.", names=", ".join(used))
        )
    found = collect(_rows(file, names, classes, pa), source.progress, expected=size.num_rows)
    headed = Records([tuple(names), *found.rows], [0, *found.numbers], found.n_nul) if found.rows else found
    table = make_table(headed, header=True, format="parquet", notes=source.notes)
    return replace(table, types=_types(schema, [name for name in names if name not in classes], pa))


def _types(schema: Any, names: list[str], pa: Any) -> dict[str, str]:  # noqa: ANN401
    """The columns that hold values of one kind other than texts, by the name of their Arrow type."""
    kinds = {name: schema.field(name).type for name in names}
    one = {name: kind for name, kind in kinds.items() if pa.types.is_primitive(kind) or pa.types.is_decimal(kind)}
    return {name: str(kind) for name, kind in one.items()}


def _rows(file: Any, names: list[str], classes: dict[str, list[str]], pa: Any) -> Iterator[list[str | None]]:  # noqa: ANN401
    start = 1
    for batch in file.iter_batches(batch_size=STEP, columns=names):
        columns = []
        for name in names:
            column = batch.column(batch.schema.get_field_index(name))
            _check_cells(column, name, start, pa)
            labels = classes.get(name)
            columns.append([_cell(value, labels) for value in column.to_pylist()])
        yield from (list(row) for row in zip(*columns, strict=True))
        start += batch.num_rows


def _check_cells(column: Any, name: str, start: int, pa: Any) -> None:  # noqa: ANN401
    """Find an oversized cell before thousands of copies of it become Python strings."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        longest = importlib.import_module("pyarrow.compute").max(
            importlib.import_module("pyarrow.compute").utf8_length(column)
        )
        if (longest.as_py() or 0) > MAX_CELL:
            raise DataError(
                "Column '{name}' holds a text of {found} characters near row {row}; at most {limit} fit in one cell.",
                "Shorten or split this text.",
                name=name,
                found=longest.as_py(),
                row=start,
                limit=MAX_CELL,
            )


def _cell(value: Any, labels: list[str] | None) -> str | None:  # noqa: ANN401
    if labels is not None and isinstance(value, int):
        return labels[value] if 0 <= value < len(labels) else None
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, (str, bool, int, float, list, dict)):
        return cell(value)
    return typed(str(value), value)


def _is_binary(kind: Any, pa: Any) -> bool:  # noqa: ANN401
    types = pa.types
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return True
    if types.is_struct(kind):
        return any(_is_binary(field.type, pa) for field in kind)
    return bool(types.is_list(kind) and _is_binary(kind.value_type, pa))


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Class names that the Hugging Face ``datasets`` library keeps beside numeric labels."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(each) for each in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _damaged() -> DataError:
    return DataError("The Parquet file is damaged and cannot be read.", "Write it again, or save the table as CSV.")


FORMAT = Format("parquet", "Parquet", ("parquet", "pq"), binary=True, recognise=_recognise, read=_read)
