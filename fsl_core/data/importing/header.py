"""Whether the first row names the columns or is data already."""

from __future__ import annotations

from collections.abc import Sequence

from fsl_core.data.importing.profile import Profile, effective_length, profile, spread
from fsl_core.data.importing.table import Row
from fsl_core.data.importing.words import (
    LABEL_WORDS,
    OTHER_WORDS,
    TEXT_WORDS,
    WEAK_LABEL_WORDS,
    WEAK_TEXT_WORDS,
    is_known_name,
    name_match,
)

_ALL_WORDS = LABEL_WORDS | TEXT_WORDS | OTHER_WORDS | WEAK_LABEL_WORDS | WEAK_TEXT_WORDS
_ENDINGS = (".", "!", "?", "。", "！", "？", "…", ",", "，")


def has_header(rows: Sequence[Row]) -> bool:
    """Weigh the first row against the rows below it, column by column.

    A known name speaks for a header; a value that occurs again below, a sentence, or a number
    above numbers speaks against it.
    """
    if not rows:
        return False
    first, below = rows[0], rows[1:]
    cells = [(cell or "").strip() for cell in first]
    if not below:
        return any(is_known_name(cell) for cell in cells) and all(len(cell) <= 40 for cell in cells)
    sample = spread(below)
    known = below[:50_000]
    evidence = 0.0
    for position, cell in enumerate(cells):
        if not cell:
            continue
        values = [row[position] if position < len(row) else None for row in sample]
        repeats = sum(1 for row in known if position < len(row) and (row[position] or "").strip() == cell)
        evidence += _weigh(cell, profile(values), repeats)
    return evidence > 0


def _weigh(cell: str, below: Profile, repeats: int) -> float:
    if repeats:
        return -3.0
    own = profile([cell])
    evidence = 0.0
    match = name_match(cell, _ALL_WORDS) if len(cell) <= 40 and own.words <= 4 else 0.0
    evidence += 3.0 if match == 1.0 else 1.5 if match else 0.0
    for kind in ("number", "date", "link"):
        if getattr(below, kind) >= 0.8:
            return evidence + (-3.0 if getattr(own, kind) else 2.0)
    if own.number or own.date or own.link:
        return evidence - 2.0
    if below.n_filled >= 6 and below.distinct <= 0.5 and below.length <= 60:
        return evidence + 1.0
    if own.words > 6 or len(cell) > 60 or cell.endswith(_ENDINGS):
        return evidence - 3.0
    if below.n_filled and effective_length(cell) <= 0.5 * below.short:
        return evidence + 1.0
    return evidence - 0.5
