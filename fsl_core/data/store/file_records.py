"""What an import keeps of its file beside the items: the columns, and every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns of an imported file in its order, and which of them held the texts and the labels.

    ``types`` are as many as ``names``: "" of texts, the name of an Arrow type ("int64", "date32[day]") where all
    values have it, "json" of anything else.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    text: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of a file in its order, beside the items that were made of them; the lists are of equal length."""

    columns: FileColumns
    numbers: Sequence[int]
    """What a person sees beside each row in the file."""
    places: Sequence[int | None]
    """Which of the items has the text of the row; None for a row without a text."""
    metas: Sequence[Mapping[str, Any] | None]
    """The other columns of the row; None where the item was made from it, and has them."""


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row of a past import; ``item_id`` is None for a row without a text, ``meta`` where the item has the same."""

    import_id: int
    number: int
    item_id: int | None
    meta: dict[str, Any] | None
