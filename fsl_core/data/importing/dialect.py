"""Which character separates the cells of a text table, judged by how even the rows become."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fsl_core.data.importing.words import LABEL_WORDS, TEXT_WORDS, is_known_name, name_match

DELIMITERS = ("\t", ",", ";", "|")
ONE_COLUMN = "\x1f"
"""Stands for "no delimiter"; no text holds this character in earnest."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BONUS = {"\t": 0.1, ",": 0.04, ";": 0.03, "|": 0.02}
_SUFFIX = {"tsv": "\t", "tab": "\t", "psv": "|", "csv": ","}


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a delimiter fits: width of most rows, share of rows of that width, and a score."""

    delimiter: str
    width: int
    first: int
    even: float
    score: float
    rows: list[list[str]]


def lines(text: str) -> Iterator[str]:
    """The lines with their ends, which may be mixed; other Unicode separators stay inside a line."""
    return (match.group() for match in _LINE.finditer(text))


def sample_rows(text: str, delimiter: str, limit: int = 1_000, size: int = 300_000) -> list[list[str]]:
    """The first rows that are not blank; a row that the sample cuts is left out."""
    head = text[:size]
    cut = len(head) < len(text)
    rows = []
    try:
        for row in islice(csv.reader(lines(head), delimiter=delimiter), limit + 1):
            if any(row):
                rows.append(row)
    except csv.Error:
        pass
    return rows[:-1] if cut and len(rows) > 1 else rows


def measure(text: str, suffix: str = "") -> list[Fit]:
    """The delimiters that cut the text into a table at all, best first."""
    fits = []
    for delimiter in DELIMITERS:
        if delimiter not in text[:300_000]:
            continue
        rows = sample_rows(text, delimiter)
        if not rows or len(rows[0]) < 2:
            continue
        fit = _fit(delimiter, rows, suffix)
        if fit.width >= 2 and fit.score > 0.75 and (fit.even >= 0.6 or fit.first == fit.width):
            fits.append(fit)
    return sorted(fits, key=lambda fit: -fit.score)


def _fit(delimiter: str, rows: list[list[str]], suffix: str) -> Fit:
    widths = Counter(len(row) for row in rows)
    first = len(rows[0])
    top = max(widths.values())
    width = first if widths[first] == top else max(w for w, count in widths.items() if count == top)
    even = widths[width] / len(rows)
    named = any(is_known_name(cell) for cell in rows[0])
    score = even + 0.3 * (first == width) + 0.5 * named - 0.6 * _prose(delimiter, rows)
    score += _BONUS[delimiter] + (0.2 if _SUFFIX.get(suffix) == delimiter else 0.0)
    return Fit(delimiter, width, first, even, score, rows)


def _prose(delimiter: str, rows: list[list[str]]) -> float:
    """Share of cells after a delimiter that go on like a sentence: a space, then a word, seldom repeated."""
    if delimiter == "\t":
        return 0.0
    later = [cell for row in rows for cell in row[1:]]
    spaced = [cell.strip() for cell in later if cell[:1] == " " and cell.strip()[:1].isalpha()]
    if len(spaced) >= 4 and len(set(spaced)) <= len(spaced) / 2:
        return 0.0
    return len(spaced) / max(1, len(later))


def spaced_out(text: str, delimiter: str) -> bool:
    """Whether the file puts a space after each delimiter, so that ``"`` after it opens a quoted cell."""
    head = text[:100_000]
    if f'{delimiter} "' not in head:
        return False
    return head.count(f"{delimiter} ") >= 0.8 * head.count(delimiter)


def is_clearly_table(text: str) -> str | None:
    """The delimiter when text that nobody called a table is one beyond doubt, else None.

    Prose is full of commas, so a table needs even rows and, for anything but tabs, a known header
    or a column of short values that repeat.
    """
    for fit in measure(text):
        if len(fit.rows) < 2 or fit.even < 1.0 or fit.first != fit.width:
            continue
        header = fit.rows[0]
        known = any(name_match(cell, TEXT_WORDS | LABEL_WORDS) == 1.0 for cell in header)
        if known and all(len(cell) <= 40 for cell in header):
            return fit.delimiter
        if fit.delimiter == "\t":
            return fit.delimiter
        spaced = sum(cell.startswith(" ") for row in fit.rows for cell in row[1:])
        if len(fit.rows) >= 4 and spaced < 0.1 * len(fit.rows) and _has_repeats(fit.rows):
            return fit.delimiter
    return None


def _has_repeats(rows: Sequence[Sequence[str]]) -> bool:
    for column in zip(*rows, strict=True):
        values = set(column)
        if len(values) <= len(column) / 2 and all(len(value) <= 40 for value in values) and any(values):
            return True
    return False
