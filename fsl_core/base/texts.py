"""A text cut to what there is room for."""

from __future__ import annotations


def shorten(text: str, limit: int) -> str:
    """The text in at most ``limit`` signs; a cut one ends in an ellipsis."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def one_line(text: str, limit: int) -> str:
    """The same in one line, with single spaces."""
    return shorten(" ".join(text.split()), limit)
