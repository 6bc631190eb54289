"""Cells that were no texts in their file: they read as texts, and remember the value they stood for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from fsl_core.base.column_types import JSON, common


class Typed(str):
    """The text of a cell, with its value as JSON has it and the name of its Arrow type.

    A text in every other way: what looks at texts alone need not know of it.
    """

    __slots__ = ("type", "value")
    value: Any
    type: str


def typed(text: str, value: object) -> str:
    """The text, remembering the value where JSON or Arrow has a type for it."""
    type_ = _type(value)
    if not type_:
        return text
    cell = Typed(text)
    cell.type = type_
    # Arrow reads dates and times from the text; JSON has none.
    cell.value = _plain(value) if isinstance(value, bool | int | float | list | dict) else text
    return cell


def value_of(cell: str) -> Any:  # noqa: ANN401
    """What a cell stands for: a value, or the text itself."""
    return cell.value if type(cell) is Typed else cell


def type_of(cells: Iterable[str | None]) -> str:
    """The one type of all cells that hold something; "" of texts."""
    return common({cell.type if type(cell) is Typed else "" for cell in cells if cell})


def _type(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int64" if -(2**63) <= value < 2**63 else JSON
        case float():
            return "double" if math.isfinite(value) else ""
        case datetime():
            if value.tzinfo is not None:
                return "timestamp[us, tz=UTC]"
            return "timestamp[us]" if value.time() != time() else "date32[day]"
        case date():
            return "date32[day]"
        case time():
            return "time64[us]"
        case list() | dict():
            return JSON
    return ""


def _plain(value: Any) -> Any:  # noqa: ANN401
    """The value without what a database cannot hold: NUL, halves of characters, numbers that JSON has not."""
    match value:
        case str():
            return value.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case float() if not math.isfinite(value):
            return str(value)
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {_plain(str(key)): _plain(one) for key, one in value.items()}
        case bool() | int() | float() | None:
            return value
    return str(value)
