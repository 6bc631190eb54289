"""Rows that are longer or shorter than the others: mend what is plain, refuse the rest by row."""

from __future__ import annotations

from collections import Counter

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.importing.profile import profiles
from fsl_core.data.importing.table import Records, Row


def even_out(found: Records, header: bool, delimiter: str, notes: list[Note]) -> None:
    """Bring all rows to one width, in place.

    Missing cells at the end become empty. A delimiter inside an unquoted text is put back when the
    other cells of that row are known class names; otherwise DataError names the first such row.
    """
    rows = found.rows
    if not rows:
        return
    widths = Counter(len(row) for row in rows)
    width = len(rows[0]) if header else widths.most_common(1)[0][0]
    if header and len(rows) > 1 and set(map(len, rows[1:])) == {width + 1}:
        # R writes row names without a name of their own.
        rows[0] = ("row", *rows[0])
        notes.append(Note("The first column has no name; it is called 'row' here."))
        return
    short = [i for i, row in enumerate(rows) if len(row) < width]
    if short:
        for i in short:
            rows[i] = rows[i] + (None,) * (width - len(rows[i]))
        notes.append(
            Note(
                "{count} rows end early, the first is row {row}; their missing cells are empty.",
                count=len(short),
                row=found.numbers[short[0]],
            )
        )
    long = []
    for i, row in enumerate(rows):
        if len(row) > width:
            if any(row[width:]):
                long.append(i)
            else:
                rows[i] = row[:width]
    if long:
        _mend(found, long, width, header, delimiter, notes)


def _mend(found: Records, long: list[int], width: int, header: bool, delimiter: str, notes: list[Note]) -> None:
    rows = found.rows
    skip = set(long)
    sound = [row for i, row in enumerate(rows) if i not in skip and (i or not header)]
    target, known = _text_and_classes(sound, width)
    mended: dict[int, Row] = {}
    for i in long:
        row = _joined(rows[i], width, target, known, delimiter) if target is not None else None
        if row is None:
            raise DataError(
                "Row {row} has {found} cells where {expected} are expected; its cell {column} is '{cell}'. "
                "{count} rows have too many.",
                "Put quotation marks around texts that contain '{delimiter}', or choose another delimiter.",
                row=found.numbers[i],
                found=len(rows[i]),
                expected=width,
                column=width + 1,
                cell=(rows[i][width] or "")[:40],
                count=len(long),
                delimiter={"\t": "tab"}.get(delimiter, delimiter),
            )
        mended[i] = row
    for i, row in mended.items():
        rows[i] = row
    notes.append(
        Note(
            "{count} rows had '{delimiter}' in a text without quotation marks, the first is row {row}; "
            "the text was put together again.",
            count=len(long),
            delimiter=delimiter,
            row=found.numbers[long[0]],
        )
    )


def _text_and_classes(sound: list[Row], width: int) -> tuple[int | None, dict[int, set[str]]]:
    """The column that may hold delimiters, and the values of every column that repeats itself."""
    if len(sound) < 4 or width < 2:
        return None, {}
    measured = profiles(sound)
    known = {
        i: {row[i] or "" for row in sound}
        for i, column in enumerate(measured)
        if column.n_filled >= 4 and column.distinct <= 0.5 and column.length <= 60
    }
    texts = [i for i in range(width) if i not in known and measured[i].letters > 0.5]
    if not known or not texts:
        return None, {}
    return max(texts, key=lambda i: measured[i].length), known


def _joined(row: Row, width: int, target: int, known: dict[int, set[str]], delimiter: str) -> Row | None:
    surplus = len(row) - width
    parts = row[target : target + surplus + 1]
    joined = (*row[:target], delimiter.join(part or "" for part in parts), *row[target + surplus + 1 :])
    fits = all((joined[i] or "") in values for i, values in known.items())
    return joined if fits else None
