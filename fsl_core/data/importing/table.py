"""The table every format is read into, and the checks that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.data.importing.limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, STEP

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of cells, before anyone said which column is which.

    ``rows`` all have ``len(columns)`` cells; a cell is None where the file has none.
    ``row_numbers`` gives, for each row, the number a person sees beside it in the file, counted
    from 1 with the header. ``notes`` say what was found odd and how it was read.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    row_numbers: Sequence[int]
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    notes: list[Note] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    """Column -> the type that the file itself gives it (see ``typed``)."""

    @property
    def n_rows(self) -> int:
        """Rows without the header and without blank lines."""
        return len(self.rows)

    def position(self, column: str) -> int:
        """Where a column is; DataError lists the columns when it is not there."""
        if column not in self.columns:
            raise DataError(
                "There is no column '{column}'.",
                "The columns are: {columns}.",
                column=column,
                columns=", ".join(self.columns[:30]),
            )
        return self.columns.index(column)

    def column(self, name: str) -> list[str | None]:
        """All cells of one column."""
        position = self.position(name)
        return [row[position] for row in self.rows]


@dataclass(slots=True)
class Records:
    """Rows as read, still of unequal length, with their numbers in the file."""

    rows: list[Row] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    n_nul: int = 0

    @property
    def width(self) -> int:
        """Cells in the longest row."""
        return max(map(len, self.rows), default=0)


def collect(
    rows: Iterable[Sequence[str | None]], progress: Progress | None = None, *, expected: int = 0, start: int = 1
) -> Records:
    """Take rows in, leave blank ones out and refuse what is over a limit.

    ``expected`` is the number of rows for the progress bar (0 when unknown), ``start`` the number
    of the first row.
    """
    report = progress or silent
    found = Records()
    for number, row in enumerate(rows, start=start):
        if (number - start) % STEP == 0:
            share = min(1.0, (number - start) / expected) if expected else 0.0
            report(share, Note("Reading row {row}", row=number))
        if not any(row):
            continue
        if len(found.rows) > MAX_ROWS:
            raise too_many_rows()
        found.rows.append(tuple(_checked(row, number, found)))
        found.numbers.append(number)
    report(1.0, Note("Read {rows} rows", rows=len(found.rows)))
    return found


def _checked(row: Sequence[str | None], number: int, found: Records) -> Iterator[str | None]:
    if len(row) > MAX_COLUMNS:
        row = row[: max(i for i, cell in enumerate(row) if cell) + 1]
        if len(row) > MAX_COLUMNS:
            raise DataError(
                "Row {row} has {found} columns; at most {limit} can be read.",
                "Keep the columns with the text and the label and remove the others.",
                row=number,
                found=len(row),
                limit=MAX_COLUMNS,
            )
    for position, cell in enumerate(row, start=1):
        if cell and len(cell) > MAX_CELL:
            raise DataError(
                "Row {row}, column {column} holds {found} characters; at most {limit} fit in one cell.",
                "Shorten or split this text; if it should be several rows, look for a missing quotation mark.",
                row=number,
                column=position,
                found=len(cell),
                limit=MAX_CELL,
            )
        if cell and "\0" in cell:
            # PostgreSQL cannot store NUL, and no text needs it.
            found.n_nul += 1
            cell = cell.replace("\0", "")
        yield cell


def too_many_rows() -> DataError:
    """The error for a file with more than MAX_ROWS rows."""
    return DataError(
        "The file has more than {limit} rows.", "Split it, or import a random part of it.", limit=f"{MAX_ROWS:,}"
    )


def clean_names(names: Sequence[str | None], notes: list[Note]) -> tuple[str, ...]:
    """Column names that are all there and all different; a note says which were changed."""
    plain = [" ".join((name or "").replace("\0", "").split()) for name in names]
    taken = set(plain)
    used: set[str] = set()
    result = []
    for position, name in enumerate(plain, start=1):
        if not name:
            name = _free(f"column {position}", taken | used)
            notes.append(Note("Column {column} has no name; it is called '{name}' here.", column=position, name=name))
        elif name in used:
            other = _free(name, taken | used)
            notes.append(
                Note("Two columns are named '{name}'; the later one is called '{other}' here.", name=name, other=other)
            )
            name = other
        used.add(name)
        result.append(name)
    return tuple(result)


def _free(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    number = 2
    while f"{name} ({number})" in used:
        number += 1
    return f"{name} ({number})"


def make_table(
    found: Records,
    *,
    header: bool,
    format: str,
    notes: list[Note],
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    sheets: tuple[str, ...] = (),
) -> Table:
    """Square the rows, name the columns and drop columns without a name and without a value.

    Raises DataError when nothing is left to import.
    """
    rows, numbers = found.rows, found.numbers
    if not rows:
        raise DataError("There is no text in it.", "Choose a file that has at least one row.")
    if header and len(rows) == 1:
        raise DataError(
            "There is only a header ({columns}) and no row below it.",
            "Add rows, or say that the first row is not a header.",
            columns=", ".join(cell for cell in rows[0] if cell),
        )
    width = found.width
    names: Row = _padded(rows[0], width) if header else tuple(f"column {i + 1}" for i in range(width))
    body = rows[1:] if header else rows
    body_numbers = numbers[1:] if header else numbers
    if any(len(row) != width for row in body):
        body = [_padded(row, width) for row in body]
    keep = [i for i in range(width) if (header and names[i]) or any(row[i] for row in body)]
    if len(keep) < width:
        names = tuple(names[i] for i in keep)
        body = [tuple(row[i] for i in keep) for row in body]
    if found.n_nul:
        notes.append(Note("{count} cells held NUL characters, which were removed.", count=found.n_nul))
    first = body_numbers[0]
    compact: Sequence[int] = body_numbers
    if body_numbers[-1] - first == len(body_numbers) - 1:
        compact = range(first, first + len(body_numbers))
    columns = clean_names(names, notes)
    return Table(columns, body, compact, format, encoding, delimiter, header, sheet, sheets, notes)


def _padded(row: Row, width: int) -> Row:
    return row + (None,) * (width - len(row)) if len(row) < width else row
