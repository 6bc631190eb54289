"""Which column holds the texts and which the labels, with the reasons in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.importing.profile import Profile, profiles
from fsl_core.data.importing.table import Table
from fsl_core.data.importing.words import (
    EXPORT_NAMES,
    EXPORT_STATES,
    LABEL_WORDS,
    MODEL_NAMES,
    OTHER_WORDS,
    TEXT_WORDS,
    WEAK_LABEL_WORDS,
    WEAK_TEXT_WORDS,
    name_match,
    plain_name,
)

_MAX_NUMERIC = 20
"""More different numbers than this are measurements, not classes."""

_SPLITS = frozenset("train training test testing dev valid validation val eval".split())
_LANGUAGES = frozenset("en de fr es it pt nl zh ja ko ru ar hi tr pl sv da fi cs english chinese french german".split())
_TRUTHS = frozenset("true false".split())


@dataclass(frozen=True, slots=True)
class Guess:
    """The columns by name; ``label`` is None when no column looks like labels."""

    text: str
    label: str | None
    reasons: list[Note]


def guess_columns(table: Table) -> Guess:
    """Judge each column by its name and by its values.

    Texts are long and differ; labels are short and repeat; ids, dates, numbers and links are
    neither. Raises DataError when no column holds words at all.
    """
    measured = profiles(table.rows)
    names = table.columns
    scores = [_text_score(names[i], each) for i, each in enumerate(measured)]
    best = max(scores)
    # Of two texts that are about as good, such as two questions, people put the main one first.
    text = next(i for i, score in enumerate(scores) if score >= 0.9 * best)
    if best <= 0:
        text = _any_words(measured, names)
    never = _never_labels(names, measured)
    label_scores = [
        _label_score(names[i], each, measured[text], (i + 1) / len(names)) if i != text and i not in never else 0.0
        for i, each in enumerate(measured)
    ]
    label = max(range(len(names)), key=lambda i: (label_scores[i], -i))
    reasons = [_text_reason(names[text], measured[text], len(names))]
    if label_scores[label] <= 1.0:
        reasons.append(_no_label_reason(names, measured, text))
        return Guess(names[text], None, reasons)
    reasons.append(_label_reason(names[label], measured[label]))
    return Guess(names[text], names[label], reasons)


def _never_labels(names: tuple[str, ...], measured: list[Profile]) -> set[int]:
    """What a model said, and what our own exports say beside a label."""
    plain = [plain_name(name) for name in names]
    states = [set(each.values) for name, each in zip(plain, measured, strict=True) if name == "state"]
    is_ours = any(values and values <= EXPORT_STATES for values in states)
    never = MODEL_NAMES | EXPORT_NAMES if is_ours else MODEL_NAMES
    return {place for place, name in enumerate(plain) if name in never}


def _any_words(measured: list[Profile], names: tuple[str, ...]) -> int:
    best = max(range(len(names)), key=lambda i: (measured[i].letters * measured[i].length, -i))
    if measured[best].letters * measured[best].length == 0:
        raise DataError(
            "No column holds words; the columns are: {columns}.",
            "Choose a file with a column of texts.",
            columns=", ".join(names[:30]),
        )
    return best


def _text_score(name: str, column: Profile) -> float:
    if not column.n_filled or column.number > 0.5 or column.other > 0.5 or column.letters < 0.3:
        return 0.0
    score = math.sqrt(min(column.length, 200.0)) * (0.3 + 0.7 * column.distinct)
    if column.token > 0.7:
        score *= 0.2
    if column.words < 2:
        score *= 0.5
    label_like = name_match(name, LABEL_WORDS | WEAK_LABEL_WORDS)
    strength = name_match(name, TEXT_WORDS)
    other = name_match(name, OTHER_WORDS)
    if strength and not label_like and not (other and strength < 1.0):
        score += 5 * strength * max(column.distinct, 0.3)
    elif name_match(name, WEAK_TEXT_WORDS):
        score += 1.0
    if other == 1.0 or (other and not strength):
        score *= 0.4
    if label_like == 1.0 and column.distinct < 0.9:
        score *= 0.4
    return score


def _label_score(name: str, column: Profile, text: Profile, place: float) -> float:
    """Above 1: a column of labels; between candidates the higher wins."""
    if not _may_be_label(column):
        return 0.0
    named = name_match(name, LABEL_WORDS)
    other = name_match(name, OTHER_WORDS)
    if column.distinct <= 0.5 and column.n_filled >= 4:
        score = 2.0 + 0.3 * (column.distinct <= 0.2) + 0.1 * place
    elif 4 <= column.n_filled <= 40 and column.distinct < 0.8 and column.words <= 3:
        score = 1.2
    elif not named or (column.n_filled > 20 and column.distinct > 0.9) or column.length > text.length:
        return 0.0
    else:
        score = 0.0
    score += 0.2 if _is_integer(column) else 1.0
    if named:
        return score + (4.0 if named == 1.0 else 3.5) - (0.5 if other else 0.0)
    weak = name_match(name, WEAK_LABEL_WORDS)
    return score + weak - 2.5 * other - _doubts(column, bool(weak))


def _may_be_label(column: Profile) -> bool:
    if not column.n_filled or column.longest > 200 or column.length > 80 or column.date > 0.5 or column.link > 0.5:
        return False
    return column.number <= 0.5 or (_is_integer(column) and column.n_distinct <= _MAX_NUMERIC)


def _is_integer(column: Profile) -> bool:
    return column.integer > 0.95


def _doubts(column: Profile, weak: bool) -> float:
    """What speaks against an unnamed column: one value only, splits, languages, counts."""
    values = {value.casefold() for value in column.values}
    doubt = 1.0 if column.n_distinct == 1 else 0.0
    if values <= _SPLITS or values <= _LANGUAGES:
        doubt += 2.5
    elif values <= _TRUTHS:
        doubt += 0.5
    if _is_integer(column) and not weak and (column.n_distinct > 0.2 * column.n_filled or column.n_distinct < 2):
        doubt += 1.5
    return doubt


def _text_reason(name: str, column: Profile, n_columns: int) -> Note:
    length, distinct = round(column.length), round(100 * column.distinct)
    if n_columns == 1:
        return Note("'{name}' is the only column.", name=name)
    if name_match(name, TEXT_WORDS):
        return Note(
            "'{name}' holds the texts: so it is named, and its values are long and differ "
            "(about {length} characters, {distinct} % different).",
            name=name,
            length=length,
            distinct=distinct,
        )
    return Note(
        "'{name}' holds the texts: its values are the longest and differ "
        "(about {length} characters, {distinct} % different).",
        name=name,
        length=length,
        distinct=distinct,
    )


def _label_reason(name: str, column: Profile) -> Note:
    values = ", ".join(column.values[:3])
    if name_match(name, LABEL_WORDS):
        return Note(
            "'{name}' holds the labels: so it is named, with {count} different values such as {values}.",
            name=name,
            count=column.n_distinct,
            values=values,
        )
    return Note(
        "'{name}' holds the labels: {count} short values repeat, such as {values}.",
        name=name,
        count=column.n_distinct,
        values=values,
    )


def _no_label_reason(names: tuple[str, ...], measured: list[Profile], text: int) -> Note:
    for i, name in enumerate(names):
        if i != text and name_match(name, LABEL_WORDS) and not measured[i].n_filled:
            return Note("The column '{name}' is empty, so the texts start without labels.", name=name)
    return Note("No column has short values that repeat, so the texts start without labels.")
