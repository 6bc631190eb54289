"""The columns of all files that a project was imported from, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsl_core.base.column_types import common
from fsl_core.data.store import FileColumns


@dataclass(frozen=True, slots=True)
class Layout:
    """Name -> type of every column in the order of the files, file after file.

    ``text`` and ``label`` name those that hold the texts and the labels; None where the files disagree.
    """

    types: dict[str, str]
    text: str | None
    label: str | None


def layout_of(files: Sequence[FileColumns]) -> Layout | None:
    """The table that holds the rows of all these files; None without any."""
    if not files:
        return None
    others: dict[str, set[str]] = {}
    for file in files:
        for name, type_ in zip(file.names, file.types, strict=True):
            if name not in (file.text, file.label):
                others.setdefault(name, set()).add(type_)
    text = _shared({file.text for file in files}, others)
    label = _shared({file.label for file in files if file.label is not None}, others)
    if label == text:
        label = None
    names = dict.fromkeys(name for file in files for name in file.names)
    types = {name: common(others.get(name, set())) for name in names if name in others or name in (text, label)}
    return Layout(types, text, label)


def _shared(names: set[str], others: dict[str, set[str]]) -> str | None:
    """The one name that all files use for it and none for anything else."""
    name = next(iter(names), None)
    return name if len(names) == 1 and name not in others else None
