"""Finds the formats: every module of this package that offers a ``FORMAT``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from fsl_core.base.errors import DataError
from fsl_core.data.importing.source import Format, Source


@cache
def formats() -> tuple[Format, ...]:
    """All formats, by name."""
    package = importlib.import_module("fsl_core.data.importing")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != __name__.rpartition(".")[2]:
            offered = getattr(importlib.import_module(f"fsl_core.data.importing.{module.name}"), "FORMAT", None)
            if isinstance(offered, Format):
                found.append(offered)
    return tuple(sorted(found, key=lambda each: each.name))


def suffixes() -> tuple[str, ...]:
    """The suffixes a file dialogue should offer, without dots."""
    return tuple(sorted({suffix for each in formats() for suffix in each.suffixes}))


def choose(source: Source, name: str | None = None) -> Format:
    """The format of a source by its content; ``name`` asks for one by hand.

    Raises DataError for content that no format reads, naming what it is.
    """
    if name is not None:
        for each in formats():
            if each.name == name:
                return each
        raise DataError(
            "There is no format '{name}'.",
            "The formats are: {known}.",
            name=name,
            known=", ".join(each.name for each in formats()),
        )
    candidates = [each for each in formats() if each.binary == (source.kind is not None)]
    scored = [(each.recognise(source), each) for each in candidates]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or score <= 0:
        raise DataError(
            "This is {kind}, which cannot be imported as a table.",
            _FIXES.get((source.kind or "").partition(" (")[0])
            or "Save it as CSV, XLSX, JSONL, Parquet or TXT and choose that file.",
            kind=source.kind or "no known format",
        )
    return best


_FIXES = {
    "a workbook protected by a password": "Remove the password in your spreadsheet program and save it again.",
    "an old Excel workbook": "Open it in a spreadsheet program and save it as .xlsx or CSV.",
    "a binary Excel workbook": "Open it in a spreadsheet program and save it as .xlsx or CSV.",
    "an OpenDocument file": "Open it in a spreadsheet program and save it as .xlsx or CSV.",
    "a ZIP archive": "Unpack it and choose the file inside.",
    "a gzip archive": "Unpack it and choose the file inside.",
    "a damaged ZIP archive or workbook": "Open it in a spreadsheet program and save it again.",
}
