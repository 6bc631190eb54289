"""Markdown out of words of people, none of whose signs becomes markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def line(text: str) -> str:
    """Words of a person on one line, no character of which is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~" else c for c in " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are taken as plain text."""
    lines = [head, ["---"] * len(head), *([line(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def listed(lines: Iterable[str]) -> str:
    """A list; its lines are Markdown."""
    return "\n".join(f"- {each}" for each in lines)


def code(text: str, language: str = "python") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"
