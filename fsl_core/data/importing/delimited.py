"""CSV, TSV and their relatives: cells separated by , ; tab or |."""

from __future__ import annotations

import csv
from itertools import islice

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.importing.dialect import ONE_COLUMN, is_clearly_table, lines, measure, spaced_out
from fsl_core.data.importing.header import has_header
from fsl_core.data.importing.ragged import even_out
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Records, Table, collect, make_table
from fsl_core.data.importing.words import is_known_name

_TITLE_LINES = 5
_NAMES = {"\t": "tsv"}


def _recognise(source: Source) -> float:
    if source.suffix in FORMAT.suffixes:
        return 0.8
    if source.delimiter or source.text.startswith("sep="):
        return 0.8
    return 0.6 if is_clearly_table(source.text) else 0.0


def _read(source: Source) -> Table:
    text, start = source.text, 1
    delimiter = source.delimiter
    first_line = text[:20].partition("\n")[0].rstrip("\r")
    if first_line.startswith("sep=") and len(first_line) == 5:
        # A line Excel writes and reads itself.
        delimiter, text, start = delimiter or first_line[4], text.partition("\n")[2], 2
    if delimiter is None:
        fits = measure(text, source.suffix)
        if not fits and (found_below := _below_title(text)):
            delimiter, text, start = found_below
            source.notes.append(Note("The table starts in row {row}; the lines above it were left out.", row=start))
        else:
            delimiter = fits[0].delimiter if fits else ONE_COLUMN
    elif len(delimiter) != 1 or delimiter in '"\r\n':
        raise DataError(
            "'{delimiter}' cannot separate cells.",
            "Use one character: comma, semicolon, tab or |.",
            delimiter=delimiter,
        )
    found, quoting_note = _records(source, text, delimiter, start)
    notes = source.notes
    if quoting_note:
        notes.append(quoting_note)
    header = has_header(found.rows) if source.header is None else source.header
    even_out(found, header, delimiter, notes)
    return make_table(
        found,
        header=header,
        format=_NAMES.get(delimiter, "csv"),
        notes=notes,
        encoding=source.used_encoding,
        delimiter=None if delimiter == ONE_COLUMN else delimiter,
    )


def _below_title(text: str) -> tuple[str, str, int] | None:
    """Delimiter, rest and first row of a table under a few lines of title, as reports have them."""
    position = 0
    for number, line in enumerate(islice(lines(text), _TITLE_LINES), start=2):
        position += len(line)
        rest = text[position:]
        if not rest[:1].strip():
            continue
        for fit in measure(rest):
            if fit.even == 1.0 and len(fit.rows) >= 2 and all(fit.rows[0]) and any(map(is_known_name, fit.rows[0])):
                return fit.delimiter, rest, number
    return None


def _records(source: Source, text: str, delimiter: str, start: int) -> tuple[Records, Note | None]:
    """Read with quotes; where they do not pair up, as backslash escapes or as plain characters."""
    expected = text.count("\n") + 1
    skip = spaced_out(text, delimiter)
    try:
        reader = csv.reader(lines(text), delimiter=delimiter, strict=True, skipinitialspace=skip)
        return collect(reader, source.progress, expected=expected, start=start), None
    except csv.Error as error:
        problem = str(error)
    if '\\"' in text:
        try:
            reader = csv.reader(
                lines(text), delimiter=delimiter, strict=True, skipinitialspace=skip, escapechar="\\", doublequote=True
            )
            return collect(reader, source.progress, expected=expected, start=start), None
        except csv.Error:
            pass
    plain = csv.reader(lines(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    try:
        found = collect(plain, source.progress, expected=expected, start=start)
    except csv.Error:
        raise _quote_error(text, delimiter, skip, problem, start) from None
    if found.rows and all(len(row) == len(found.rows[0]) for row in found.rows):
        return found, Note("Quotation marks do not pair up in this file, so they were read as plain characters.")
    raise _quote_error(text, delimiter, skip, problem, start)


def _quote_error(text: str, delimiter: str, skip: bool, problem: str, start: int) -> DataError:
    strict = csv.reader(lines(text), delimiter=delimiter, strict=True, skipinitialspace=skip)
    n_rows, line = 0, 1
    try:
        for _ in strict:
            n_rows, line = n_rows + 1, strict.line_num + 1
    except csv.Error:
        pass
    rest = "".join(islice(lines(text), line - 1, line + 2_000))[:1_000_000]
    column, closed = bad_quote(rest, delimiter, skip)
    where = {"row": n_rows + start, "line": line + start - 1, "column": column}
    if "field larger" in problem or not closed:
        return DataError(
            "Row {row} (line {line}), column {column}: a quotation mark opens here and is not closed.",
            'Close it, remove it, or write it twice ("") inside a quoted cell.',
            **where,
        )
    return DataError(
        "Row {row} (line {line}), column {column}: text follows the closing quotation mark.",
        'Write quotation marks inside a quoted cell twice (""), or remove the outer ones.',
        **where,
    )


def bad_quote(text: str, delimiter: str, skip: bool) -> tuple[int, bool]:
    """The column (from 1) of the first quoted cell that goes wrong, and whether it was closed at all."""
    column, at_start, position = 1, True, 0
    while position < len(text):
        char = text[position]
        if at_start and char == '"':
            position += 1
            while position < len(text):
                end = text.find('"', position)
                if end < 0:
                    return column, False
                position = end + 1
                if text[position : position + 1] != '"':
                    break
                position += 1
            if position < len(text) and text[position] not in (delimiter, "\r", "\n"):
                return column, True
            at_start = False
            continue
        if char == delimiter:
            column, at_start = column + 1, True
        elif char in "\r\n":
            column, at_start = 1, True
        elif not (skip and at_start and char == " "):
            at_start = False
        position += 1
    return column, False


FORMAT = Format(
    "csv", "Table as text (CSV, TSV)", ("csv", "tsv", "tab", "psv"), binary=False, recognise=_recognise, read=_read
)
