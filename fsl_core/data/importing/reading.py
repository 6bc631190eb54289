"""From a path or bytes to a table: size, content, format, rows."""

from __future__ import annotations

from pathlib import Path

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress
from fsl_core.data.importing.limits import MAX_BYTES
from fsl_core.data.importing.registry import choose
from fsl_core.data.importing.sniff import markup_kind
from fsl_core.data.importing.source import Source
from fsl_core.data.importing.table import Table


def read_table(
    path_or_bytes: str | Path | bytes,
    filename: str = "",
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header: bool | None = None,
    format: str | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read a file of any known format; what is None is found out from the content.

    ``filename`` only hints at the format of text; binary content speaks for itself. Raises
    DataError, with row, column and fix where there are some, and lets Cancelled through.
    """
    if isinstance(path_or_bytes, bytes):
        data = path_or_bytes
        _check_size(len(data))
    else:
        path = Path(path_or_bytes)
        filename = filename or path.name
        data = _load(path)
    if not data.strip():
        raise DataError("The file is empty.", "Choose a file that has at least one row.")
    source = Source(data, filename, encoding, delimiter, sheet, header, progress)
    return read_source(source, format)


def read_source(source: Source, format: str | None = None) -> Table:
    """Choose the format of a source and read it."""
    if source.kind is None:
        _check_size(len(source.text))
        if kind := markup_kind(source.text):
            raise DataError(
                "This is {kind}, not a table.", "Open it, copy the table into a spreadsheet and save that.", kind=kind
            )
        if not source.text.strip():
            raise DataError("There is no text in it.", "Give at least one line.")
    chosen = choose(source, format)
    if source.suffix and source.suffix not in chosen.suffixes and (chosen.binary or chosen.name != "txt"):
        source.notes.append(
            Note("The file is named .{suffix}, but it is: {title}.", suffix=source.suffix, title=chosen.title)
        )
    return chosen.read(source)


def _load(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            "The file '{name}' cannot be read: {problem}.",
            "Check that it is there and that you may open it.",
            name=path.name,
            problem=error.strerror or "unknown problem",
        ) from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise DataError(
            "The file has {size} MB; at most {limit} MB can be imported.",
            "Split it, or import a random part of it.",
            size=f"{size / 2**20:,.0f}",
            limit=MAX_BYTES // 2**20,
        )
