"""What single values of a project file must be; the first that is not ends the import."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from fsl_core.base.errors import DataError
from fsl_core.data.store.records import clean_name, clean_text

_HINT = "The file was changed after its export, or made by another program. Nothing was imported."


def known(number: int, n: int, what: str, where: str) -> int:
    """A number that refers to one of n."""
    if not 1 <= number <= n:
        refuse("{where} refers to {what} {number}, but there are {n}", where=where, what=what, number=number, n=n)
    return number


def numbered(number: int, expected: int, where: str) -> None:
    """Numbers count from 1 without a gap."""
    if number != expected:
        refuse("{where} has the number {number}", where=where, number=number)


def sound_name(name: str, what: str, where: str) -> None:
    """A name as the store would write it."""
    try:
        clean = clean_name(name, what)
    except DataError:
        clean = None
    if clean != name:
        refuse("{where}: '{name}' cannot be a name", where=where, name=name[:100])


def sound_texts(where: str, *texts: str) -> None:
    """Texts that every database can keep."""
    for text in texts:
        if clean_text(text) != text:
            refuse("{where} holds characters that no database can keep", where=where)


def sound_times(where: str, *numbers: float | None) -> None:
    """Times that are numbers."""
    if not all(number is None or math.isfinite(number) for number in numbers):
        refuse("{where} has a time that is no number", where=where)


def sound_json(where: str, *values: object) -> None:
    """Values that JSON has."""
    try:
        json.dumps(values, allow_nan=False)
    except (ValueError, RecursionError):
        refuse("{where} holds a number that JSON has not", where=where)


def refuse(problem: str, **values: object) -> NoReturn:
    """The one sentence that every refusal begins with."""
    raise DataError("The project file contradicts itself. " + problem + ".", _HINT, **values)
