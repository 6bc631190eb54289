"""The import formats by id: every module of this package that offers a ``FORMAT``; and which of them reads a file."""

from __future__ import annotations

from functools import cache

from fsl_core.base.discovery import Plugins, discover
from fsl_core.base.errors import DataError
from fsl_core.data.importing.source import Format, Source


@cache
def formats() -> Plugins[Format]:
    """All formats, by name."""
    return discover("import format", "fsl_core.data.importing", "FORMAT")


def suffixes() -> tuple[str, ...]:
    """The suffixes a file dialogue should offer, without dots."""
    return tuple(sorted({suffix for each in formats().values() for suffix in each.suffixes}))


def choose(source: Source, name: str | None = None) -> Format:
    """The format of a source by its content; ``name`` asks for one by hand.

    Raises DataError for content that no format reads, naming what it is, and ConfigError for a name that no format has.
    """
    if name is not None:
        return formats().find(name)
    candidates = [each for each in formats().values() if each.binary == (source.kind is not None)]
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
