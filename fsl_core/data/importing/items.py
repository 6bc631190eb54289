"""From a table to items: cleaned, without empties and duplicates, with an account of both."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.data.importing.limits import EXAMPLES, MAX_CLASSES, MAX_LABEL, STEP
from fsl_core.data.importing.table import Row, Table
from fsl_core.data.importing.typed import type_of, value_of

if TYPE_CHECKING:
    from fsl_core.data.store import FileRows, NewItem

Label = str | tuple[str, ...]
"""One class, or all classes of an item."""

_INVISIBLE = "\ufeff\u200b\u2060"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row that repeats the text of an earlier one."""

    row: int
    first_row: int
    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One text with different labels; ``kept`` is the most frequent one, the first of equals."""

    text: str
    row: int
    labels: dict[str, int]
    kept: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows: n_rows = n_items + n_empty + n_duplicates.

    ``classes`` counts the items of each label; ``several`` says that some items have more than one,
    written as JSON lists, so that only a multi-label project can take them. ``empties``,
    ``duplicates`` and ``conflicts`` are examples, at most EXAMPLES of each; the counts are of all.
    """

    n_rows: int
    n_items: int
    n_empty: int
    n_duplicates: int
    n_conflicts: int
    n_labeled: int
    classes: dict[str, int] = field(default_factory=dict)
    empties: tuple[int, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    several: bool = False
    file: FileRows | None = field(default=None, compare=False, repr=False)
    """Every row, for the store to keep beside the items."""

    @property
    def n_classes(self) -> int:
        """Number of different labels."""
        return len(self.classes)


@dataclass(slots=True)
class _Kept:
    text: str
    row: int
    place: int
    meta: dict[str, Any]
    label: Label | None
    # Only a text that comes twice needs a count of its labels.
    votes: Counter[Label] | None = None


def clean(text: str | None) -> str:
    """Normal form NFC, without white space or invisible marks around it."""
    if not text:
        return ""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).strip(_INVISIBLE + " \t\r\n\u3000\xa0").strip()
    return text


def to_items(
    table: Table,
    text_column: str,
    label_column: str | None = None,
    meta: bool = True,
    progress: Progress | None = None,
) -> tuple[list[NewItem], ImportReport]:
    """One item for each different text, in order of first appearance.

    A text that comes with different labels gets the most frequent one. With ``meta`` the other
    columns go along, with the types they had in the file. Where a label is a JSON list of several
    names, every label is a tuple of names. The empty list says "none of these". Raises DataError for an
    unknown column, a label that is too long, more than MAX_CLASSES labels, or when no text is left.
    """
    report = progress or silent
    text_at = table.position(text_column)
    label_at = table.position(label_column) if label_column is not None else None
    if label_at == text_at:
        raise DataError("'{column}' cannot be both text and label.", "Choose two columns.", column=text_column)
    several = label_at is not None and any(_is_list(row[label_at]) for row in table.rows)
    others = [(i, name) for i, name in enumerate(table.columns) if meta and i not in (text_at, label_at)]
    types = {name: table.types.get(name) or type_of(table.column(name)) for _, name in others}
    typed = any(types.values())
    kept: dict[str, _Kept] = {}
    empties: list[int] = []
    duplicates: list[Duplicate] = []
    n_empty = n_duplicates = 0
    places: list[int | None] = []
    metas: list[dict[str, Any] | None] = []
    for index, (row, number) in enumerate(zip(table.rows, table.row_numbers, strict=True)):
        if index % STEP == 0:
            report(0.9 * index / table.n_rows, Note("Checking row {row}", row=number))
        text = clean(row[text_at])
        meta_of = _meta(row, others, typed)
        if not text:
            n_empty += 1
            places.append(None)
            metas.append(meta_of)
            if len(empties) < EXAMPLES:
                empties.append(number)
            continue
        label = _labels(row[label_at], number, label_column, several) if label_at is not None else None
        if (earlier := kept.get(text)) is None:
            places.append(len(kept))
            metas.append(None)
            kept[text] = _Kept(text, number, len(kept), meta_of, label)
            continue
        n_duplicates += 1
        places.append(earlier.place)
        metas.append(meta_of)
        if len(duplicates) < EXAMPLES:
            duplicates.append(Duplicate(number, earlier.row, text))
        _vote(earlier, label)
    if not kept:
        raise DataError("Column '{column}' holds no text.", "Choose another column for the text.", column=text_column)
    conflicts, n_conflicts = _settle(kept)
    labeled = [item.label for item in kept.values() if item.label is not None]
    classes = Counter(name for label in labeled for name in (label if isinstance(label, tuple) else (label,)))
    if len(classes) > MAX_CLASSES:
        raise DataError(
            "Column '{column}' has {found} different labels; at most {limit} classes can be told apart.",
            "Choose the column with the classes, or import without labels.",
            column=label_column,
            found=len(classes),
            limit=MAX_CLASSES,
        )
    items = _items(kept)
    report(1.0, Note("{items} texts are ready", items=len(items)))
    return items, ImportReport(
        n_rows=table.n_rows,
        n_items=len(items),
        n_empty=n_empty,
        n_duplicates=n_duplicates,
        n_conflicts=n_conflicts,
        n_labeled=len(labeled),
        classes=dict(classes),
        empties=tuple(empties),
        duplicates=tuple(duplicates),
        conflicts=tuple(conflicts),
        several=several,
        file=_file(table, text_column, label_column, types, places, metas),
    )


def _meta(row: Row, others: list[tuple[int, str]], typed: bool) -> dict[str, Any]:
    """The other columns that hold something, with their values where any cell of the table has one."""
    if not typed:
        return {name: cell for i, name in others if (cell := row[i])}
    return {name: value_of(cell) for i, name in others if (cell := row[i])}


def _is_list(cell: str | None) -> bool:
    """Whether a cell holds several names: a JSON list of two texts or more."""
    found = _names(cell)
    return found is not None and len(found) > 1


def _names(cell: str | None) -> list[str] | None:
    if not cell or not (cell.startswith("[") and cell.endswith("]")):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(name, str) for name in found) else None


def _labels(cell: str | None, number: int, column: str | None, several: bool) -> Label | None:
    if cell is not None and cell.strip() == "[]":
        return ()
    if not several:
        return _label(cell, number, column)
    names = _names(cell)
    if names is None:
        one = _label(cell, number, column)
        return None if one is None else (one,)
    # In the order of the names: two rows that say the same must be equal.
    return tuple(sorted({name for each in names if (name := _label(each, number, column))}))


def _label(cell: str | None, number: int, column: str | None) -> str | None:
    label = " ".join(clean(cell).split())
    if len(label) > MAX_LABEL:
        raise DataError(
            "Row {row}, column '{column}': the label has {found} characters; at most {limit} can name a class.",
            "Choose the column with the classes, or shorten this label.",
            row=number,
            column=column,
            found=len(label),
            limit=MAX_LABEL,
        )
    return label or None


def _vote(item: _Kept, label: Label | None) -> None:
    if item.votes is None:
        item.votes = Counter([item.label] if item.label is not None else [])
    if label is not None:
        item.votes[label] += 1


def _settle(kept: dict[str, _Kept]) -> tuple[list[Conflict], int]:
    conflicts: list[Conflict] = []
    count = 0
    for item in kept.values():
        if not item.votes:
            continue
        # most_common keeps the order of appearance among equals.
        item.label = item.votes.most_common(1)[0][0]
        if len(item.votes) > 1:
            count += 1
            if len(conflicts) < EXAMPLES:
                votes = {_shown(label): count for label, count in item.votes.items()}
                conflicts.append(Conflict(item.text, item.row, votes, _shown(item.label)))
    return conflicts, count


def _shown(label: Label) -> str:
    return label if isinstance(label, str) else ", ".join(label)


def _items(kept: dict[str, _Kept]) -> list[NewItem]:
    # The store brings SQLAlchemy along, which looking at a file does not need.
    from fsl_core.data.store import NewItem

    return [NewItem(text=item.text, meta=item.meta, label=item.label) for item in kept.values()]


def _file(
    table: Table, text: str, label: str | None, types: dict[str, str], places: list[int | None], metas: list[Any]
) -> FileRows:
    from fsl_core.data.store import FileColumns, FileRows

    names = tuple(name for name in table.columns if name in {text, label, *types})
    columns = FileColumns(names, tuple(types.get(name, "") for name in names), text, label)
    return FileRows(columns, table.row_numbers, places, metas)
