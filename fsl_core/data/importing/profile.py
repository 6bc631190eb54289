"""What the values of a column look like: the evidence for guessing its role."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fsl_core.data.importing.table import Row

SAMPLE = 4_000
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_NUMBER = re.compile(r"[+-]?[$€£¥]?\s?\d[\d.,' ]*(?:[eE][+-]?\d+)?\s?[%$€£¥]?|[+-]?\.\d+|nan|NaN|[+-]?inf")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"""(?:
    \d{{4}}[-/.年]\s?\d{{1,2}}(?:[-/.月]\s?\d{{1,2}}日?)? | \d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}
    | \d{{1,2}}月\d{{1,2}}日
    | \d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[ap]m)? | (?:\w{{3,9}},?\s)?\d{{1,2}}\s{_MONTH},?\s\d{{2,4}}
    | (?:\w{{3}},?\s)?{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:[\d:]+\s)?(?:[A-Z+]\S*\s)?\d{{4}}
    )(?:[T\s,]\s?\d{{1,2}}:\d{{2}}.{{0,20}})?""",
    re.VERBOSE | re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:[a-z]:\\|\.{0,2}/)?[\w./\\-]+\.(?:png|jpe?g|gif|webp|pdf|txt|csv|json|mp[34]|wav|docx?|html?)", re.IGNORECASE
)
_LINK = re.compile(r"(?:https?|ftp|file|s3)://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.-]+")
_TOKEN = re.compile(r"(?=\S*\d)[!-~]+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{4,}(?:-[0-9a-fA-F]{4,})+")


@dataclass(frozen=True, slots=True)
class Profile:
    """One column in numbers; shares are of the cells that hold something.

    ``length`` is the mean number of characters with East Asian ones counted twice, ``letters`` the
    share of cells with a word in them, ``token`` the share that are one word with digits, as ids are.
    """

    n: int
    n_filled: int
    n_distinct: int
    length: float
    longest: int
    short: float
    words: float
    letters: float
    integer: float
    number: float
    date: float
    link: float
    token: float
    values: tuple[str, ...]

    @property
    def distinct(self) -> float:
        """Share of different values."""
        return self.n_distinct / self.n_filled if self.n_filled else 0.0

    @property
    def other(self) -> float:
        """Share of values that are neither a text nor a class name: dates, links."""
        return self.date + self.link


def effective_length(text: str) -> int:
    """Characters, East Asian ones counted twice because they say as much as two letters."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def spread(rows: Sequence[Row], size: int = SAMPLE) -> Sequence[Row]:
    """Rows from all over the table: files are often sorted by label."""
    if len(rows) <= size:
        return rows
    return [rows[i * len(rows) // size] for i in range(size)]


def profile(cells: Sequence[str | None]) -> Profile:
    """Measure one column; give it a sample, not a million cells."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    n = len(filled)
    counts = Counter(filled)
    heads = [cell[:400] for cell in filled]
    lengths = sorted(effective_length(head) for head in heads)
    words = [_count_words(head) for head in heads]

    def share(pattern: re.Pattern[str]) -> float:
        return sum(1 for head in heads if pattern.fullmatch(head)) / n if n else 0.0

    return Profile(
        n=len(cells),
        n_filled=n,
        n_distinct=len(counts),
        length=sum(lengths) / n if n else 0.0,
        longest=max(map(len, filled), default=0),
        short=lengths[n // 10] if n else 0,
        words=sum(words) / n if n else 0.0,
        letters=sum(1 for count in words if count) / n if n else 0.0,
        integer=share(_INTEGER),
        number=share(_NUMBER),
        date=share(_DATE),
        link=max(share(_LINK), share(_FILE)),
        token=share(_TOKEN),
        values=tuple(value for value, _ in counts.most_common(1_000)),
    )


def profiles(rows: Sequence[Row]) -> list[Profile]:
    """One profile a column, from rows of equal width."""
    sample = spread(rows)
    return [profile(column) for column in zip(*sample, strict=True)]


def _count_words(text: str) -> float:
    if text.isascii():
        return len(_WORD.findall(text))
    wide = len(_WIDE.findall(text))
    return len(_WORD.findall(_WIDE.sub(" ", text))) + wide / 2
