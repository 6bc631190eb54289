"""Columns as Arrow arrays, with the types that they had in their file."""

from __future__ import annotations

import importlib
import re
from typing import Any

from fsl_core.base.column_types import JSON, TEXT, common
from fsl_core.data.exporting.flat import FLAG, MOMENT, NAMES, SHARE, Column, text_of

_WITH_ZONE = re.compile(r"timestamp\[(s|ms|us|ns), tz=([\w/+:-]{1,60})\]")
_DECIMAL = re.compile(r"decimal128\((\d{1,2}), (-?\d{1,2})\)")


def arrow_array(column: Column) -> Any:  # noqa: ANN401
    """The column as an array; one whose values do not have its type becomes texts."""
    pa: Any = importlib.import_module("pyarrow")
    cells = column.cells
    # The types are said, not found out: an empty column would otherwise have none.
    own = {MOMENT: pa.timestamp("us", tz="UTC"), NAMES: pa.list_(pa.string()), FLAG: pa.bool_(), SHARE: pa.float64()}
    if column.type == MOMENT:
        cells = [None if cell is None else int(cell * 1_000_000) for cell in cells]
    if column.type in own:
        return pa.array(cells, own[column.type])
    try:
        return _typed(cells, column.type, pa)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return pa.array([text_of(cell) for cell in cells], pa.string())


def _typed(cells: list[Any], type_: str, pa: Any) -> Any:  # noqa: ANN401
    if type_ == JSON:
        return _found_out(cells, pa)
    kind = pa.string() if type_ == TEXT else _type(type_, pa)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.array(cells, pa.string()).cast(kind)  # kept as text
    return pa.array([text_of(cell) for cell in cells] if type_ == TEXT else cells, kind)


def _found_out(cells: list[Any], pa: Any) -> Any:  # noqa: ANN401
    names = {bool: "bool", int: "int64", float: "double"}
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds in ({list}, {dict}):
        return pa.array(cells)
    found = common({names.get(kind, JSON) for kind in kinds})
    return _typed(cells, TEXT if found == JSON else found, pa)


def _type(name: str, pa: Any) -> Any:  # noqa: ANN401
    if zone := _WITH_ZONE.fullmatch(name):
        return pa.timestamp(zone[1], tz=zone[2])
    if decimal := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return pa.type_for_alias(name)
