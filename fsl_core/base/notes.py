"""Sentences for people: a template and its values until somebody reads them, so that they can be translated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SIGN = '{"template": '
"""How a packed sentence begins; a plain one is kept as it is."""


class Note(str):
    """A sentence for the person, already filled in English; ``template`` and ``values`` let a page translate it.

    A value may be a Note itself.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Note:  # noqa: ANN401
        """The filled template as a plain text."""
        note = super().__new__(cls, fill(template, values))
        note.template = template
        note.values = values
        return note

    @classmethod
    def of(cls, sentence: str) -> Note:
        """The sentence as one that is translated wherever it is a value of another."""
        return sentence if isinstance(sentence, Note) else cls(sentence)


def fill(template: str, values: Mapping[str, object]) -> str:
    """Put the values into the template; a template without values may hold braces of its own."""
    return template.format(**values) if values else template


def N_(message: str) -> str:  # noqa: N802
    """Mark a string for the catalogue that is translated later, where it is shown."""
    return message


def packed(sentence: str) -> str:
    """The sentence as a text to keep, with its template and values where it has any."""
    if not isinstance(sentence, Note) or not sentence.values:
        return str(sentence)
    return json.dumps(_plain(sentence), ensure_ascii=False)


def unpacked(text: str) -> str:
    """What ``packed`` kept; any other text, and what was never packed, as it is."""
    if isinstance(text, Note) or not text.startswith(_SIGN):
        return text
    try:
        return _note(json.loads(text))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return text  # somebody else's text that happens to begin so


def _plain(note: Note) -> dict[str, Any]:
    values = {name: _plain(value) if isinstance(value, Note) else _simple(value) for name, value in note.values.items()}
    return {"template": note.template, "values": values}


def _simple(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _note(kept: dict[str, Any]) -> Note:
    values = {name: _note(value) if isinstance(value, dict) else value for name, value in kept["values"].items()}
    return Note(kept["template"], **values)
