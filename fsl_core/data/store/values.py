"""The values of a label: how the journal writes them, and what becomes of one whose class is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fsl_core.base.errors import DataError

Label = int | tuple[int, ...] | Literal["none"] | None
"""A class id, several of them (sorted, in a multi-label project), "none of these", or no label."""

Redirects = Mapping[int, int | None]
"""Class that is gone -> the class its labels count for, None when they count no more."""


def write_label(label: Label) -> str | None:
    """The label as the journal stores it."""
    if isinstance(label, tuple):
        return "[" + ",".join(map(str, label)) + "]"
    return None if label is None else str(label)


def read_label(stored: str | None) -> Label:
    """The inverse of write_label."""
    if stored is None:
        return None
    if stored.startswith("["):
        return tuple(map(int, stored[1:-1].split(",")))
    return "none" if stored == "none" else int(stored)


def class_ids(label: Label) -> tuple[int, ...]:
    """The classes that a label names."""
    if isinstance(label, tuple):
        return label
    return (label,) if isinstance(label, int) else ()


def normal_label(label: Label, *, multi: bool) -> Label:
    """The one way to write a label in this kind of project. DataError for several classes where one is allowed.

    In a multi-label project every label is a sorted tuple; a tuple without a class is "none".
    """
    if isinstance(label, list):
        label = tuple(label)
    if multi and isinstance(label, int):
        return (label,)
    if not isinstance(label, tuple):
        return label
    if not label:
        return "none"
    ids = tuple(sorted(set(label)))
    if multi:
        return ids
    if len(ids) == 1:
        return ids[0]
    raise DataError(
        "{n} classes were given for one item, but this project has one label per item.",
        "Choose one class, or make a project with several labels per item.",
        n=len(ids),
    )


def follow(class_id: int, redirects: Redirects) -> int | None:
    """The class that ``class_id`` counts for now."""
    seen: set[int] = set()
    here: int | None = class_id
    while here is not None and here in redirects and here not in seen:
        seen.add(here)
        here = redirects[here]
    return None if here in seen else here


def resolve(stored: str | None, redirects: Redirects) -> str | None:
    """A stored label with every class that is gone replaced by the one it counts for."""
    label = read_label(stored)
    ids = class_ids(label)
    if not any(one in redirects for one in ids):
        return stored
    live = {found for one in ids if (found := follow(one, redirects)) is not None}
    if not live:
        return None
    return write_label(tuple(sorted(live)) if isinstance(label, tuple) else min(live))
