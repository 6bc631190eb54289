"""Types of the columns of files: "" of texts, the name of an Arrow type ("int64"), "json" of anything else."""

from __future__ import annotations

from collections.abc import Set

TEXT = ""
JSON = "json"
_TOGETHER = (({"int64", "double"}, "double"), ({"date32[day]", "timestamp[us]"}, "timestamp[us]"))


def common(types: Set[str]) -> str:
    """The type of values that have these types: one for all of them, or "json"."""
    for some, together in _TOGETHER:
        if types == some:
            return together
    return next(iter(types)) if len(types) == 1 else JSON if types else TEXT
