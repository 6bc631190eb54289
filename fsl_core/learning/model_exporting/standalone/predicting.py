"""From a file of texts or pictures to the same file with answers, however large it is.

Answers go to OUT.part first, a batch at a time; a run that was ended starts again behind the last whole batch and
writes the same bytes as one that was not. OUT appears when all of it is there, and never in part.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import tables, writing
from .model import Answer, Model
from .problem import ModelError
from .tables import Row, Table

BATCH = 256
NAMES = ("prediction", "probability", "second", "unsure", "none_of_these")
PROBLEM = "problem"
USUAL = ("text", "content", "body", "message", "sentence", "question", "comment", "review", "description")
"""Names under which a text is usually found."""
USUAL_PICTURES = ("file", "picture", "image", "path", "filename", "file_name")
LOOKED_AT = 200
TELL_S = 1.0
Report = Callable[[int, int], None]
"""Rows done, rows in all."""


@dataclass(frozen=True)
class Options:
    """``column`` holds the texts or the names of the pictures; empty finds it. The others are for CSV."""

    column: str = ""
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Summary:
    """What was written: rows, and how many of them are unsure, like none of the classes, or could not be read."""

    n_rows: int
    n_unsure: int
    n_new: int
    n_problems: int
    column: str


def predict(
    model: Model, source: Path, out: Path, options: Options | None = None, report: Report | None = None
) -> Summary:
    """Write ``source`` with the columns of ``NAMES`` to ``out``, by whose end its kind is known.

    Raises ModelError for what cannot be read or written, and whatever ``report`` raises to stop the work; then the
    same call goes on from there.
    """
    options = options or Options()
    kind = tables.kind_of(out)
    if out.resolve() == source.resolve():
        raise ModelError("The answers would overwrite the file they are for.", "Give another name after -o.")
    table = tables.opened(source, encoding=options.encoding, delimiter=options.delimiter)
    column = column_of(table, options.column, pictures=model.of_pictures)
    total = sum(1 for _row in table.rows())
    part = out.with_name(f".{out.name}.part")
    header = {"model": model.facts["fingerprint"], "source": _fingerprint(table), "column": column, "batch": BATCH}
    try:
        _answered(model, table, column, part, header, total, report)
        counts = _assembled(table, kind, out, part, model.of_pictures)
    except OSError as error:
        raise ModelError(
            "{file} cannot be written: {problem}",
            "Make room or choose another place, and give the same command again: it goes on from there.",
            file=error.filename or out,
            problem=error.strerror or error,
        ) from error
    part.unlink(missing_ok=True)
    return Summary(total, *counts, table.columns[column])


def column_of(table: Table, wanted: str, *, pictures: bool) -> int:
    """The place of the column to read: as named, by a usual name, the only one, or the one with the longest texts."""
    names = list(table.columns)
    if wanted:
        if wanted not in names:
            raise ModelError(
                "There is no column '{wanted}' in {file}.", "The columns are: {names}.",
                wanted=wanted, file=table.file.name, names=", ".join(names),
            )  # fmt: skip
        return names.index(wanted)
    if not names:
        raise ModelError("{file} has no columns.", "It needs a row with their names.", file=table.file.name)
    lower = [name.strip().lower() for name in names]
    for usual in USUAL_PICTURES if pictures else USUAL:
        if usual in lower:
            return lower.index(usual)
    longest = [0] * len(names)
    for row in itertools.islice(table.rows(), LOOKED_AT):
        for place in range(len(names)):
            longest[place] += len(row[place]) if isinstance(row[place], str) else 0
    return longest.index(max(longest))


# -- answering -------------------------------------------------------------------------------------


def _answered(
    model: Model, table: Table, column: int, part: Path, header: dict[str, Any], total: int, report: Report | None
) -> None:
    done = _resumed(part, header)
    rows = itertools.islice(table.rows(), done, None)
    with part.open("ab") as out:
        while batch := list(itertools.islice(rows, BATCH)):
            if report is not None:
                report(done, total)
            said = _batch(model, [row[column] for row in batch], _base(table))
            out.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in said).encode())
            out.flush()
            os.fsync(out.fileno())
            done += len(batch)
    if report is not None:
        report(total, total)


def _resumed(part: Path, header: dict[str, Any]) -> int:
    """Rows that are answered already, a whole number of batches; the file ends behind them."""
    first, done, end = json.dumps(header, sort_keys=True).encode() + b"\n", 0, 0
    if part.is_file():
        with part.open("rb") as held:
            if held.readline() == first:
                place = len(first)
                for number, line in enumerate(held, start=1):
                    place += len(line)
                    if number % BATCH == 0 and line.endswith(b"\n"):
                        done, end = number, place
    if done:
        os.truncate(part, end)
    else:
        part.write_bytes(first)
    return done


def _batch(model: Model, cells: Sequence[Any], base: Path) -> list[Row]:
    """One row of answers for each cell; an empty one has none."""
    given: list[tuple[int, Any]] = []
    said: list[Row] = [[None] * (len(NAMES) + model.of_pictures) for _ in cells]
    for place, cell in enumerate(cells):
        if cell is None or cell is tables.ABSENT or not str(cell).strip():
            continue
        given.append((place, base / str(cell) if model.of_pictures else str(cell)))
    if not model.of_pictures:
        for (place, _item), answer in zip(given, model.answers([item for _place, item in given]), strict=True):
            said[place] = _row(model, answer)
        return said
    for place, item in given:  # one at a time: a picture that cannot be read costs no other
        try:
            (answer,) = model.answers([item])
        except ModelError as error:
            said[place][-1] = str(error)
        else:
            said[place] = [*_row(model, answer), None]
    return said


def _row(model: Model, answer: Answer) -> Row:
    label: Any = list(answer.classes) if model.several else answer.classes[0]
    return [label, round(answer.probability, 6), answer.second, answer.unsure, answer.none_of_these]


def _base(table: Table) -> Path:
    """Where the names of pictures begin."""
    return table.file if table.kind == "folder" else table.file.parent


def _fingerprint(table: Table) -> str:
    digest = hashlib.sha256(json.dumps([table.kind, table.columns, table.encoding, table.delimiter]).encode())
    if table.kind == "folder":
        for (name,) in table.rows():
            digest.update(f"{name}\0{(table.file / name).stat().st_size}\n".encode())
    else:
        with table.file.open("rb") as source:
            digest.update(hashlib.file_digest(source, "sha256").digest())
    return digest.hexdigest()


# -- the file --------------------------------------------------------------------------------------


def _assembled(table: Table, kind: str, out: Path, part: Path, of_pictures: bool) -> tuple[int, int, int]:
    """Put table and answers together; how many are unsure, new, and could not be read."""
    wanted = (*NAMES, PROBLEM) if of_pictures else NAMES
    making, counts = out.with_name(f".{out.name}.making"), [0, 0, 0]
    try:
        with part.open("rb") as held:
            writing.write(making, kind, table, tables.free(wanted, table.columns), _counted(held, counts))
        making.replace(out)
    finally:
        making.unlink(missing_ok=True)
    return counts[0], counts[1], counts[2]


def _counted(held: IO[bytes], counts: list[int]) -> Iterator[Row]:
    held.readline()
    for line in held:
        row: Row = json.loads(line)
        counts[0] += bool(row[3])
        counts[1] += bool(row[4])
        counts[2] += len(row) > len(NAMES) and row[-1] is not None
        yield row


# -- the command -----------------------------------------------------------------------------------


def arguments(command: argparse.ArgumentParser) -> None:
    """What ``predict`` takes, beside the model."""
    command.add_argument("file", type=Path, help="CSV, TSV, JSONL, XLSX, Parquet, or a folder of pictures")
    command.add_argument("-o", "--out", type=Path, required=True, help="the file to write, by its end in any of these")
    command.add_argument("--column", "--text", default="", help="the column of the texts, or of the pictures' names")
    command.add_argument("--encoding", default="", help="of a CSV that is not UTF-8, such as cp1252 or gb18030")
    command.add_argument("--delimiter", default="", help="of a CSV, where it is not found by itself")


def run(model: Model, asked: argparse.Namespace) -> int:
    """Predict with progress on stderr; 0 when all went well, 1 with the error, 130 when stopped."""
    try:
        options = Options(asked.column, asked.encoding, asked.delimiter)
        summary = predict(model, asked.file, asked.out, options, _told(time.monotonic()))
    except ModelError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command goes on from there.\n")
        return 130
    sys.stderr.write(
        f"\n{asked.out}: {summary.n_rows:,} rows of '{summary.column}', {summary.n_unsure:,} unsure, "
        f"{summary.n_new:,} like none of the classes"
        + (f", {summary.n_problems:,} could not be read" if summary.n_problems else "")
        + "\n"
    )
    return 0


def main(folder: Path, given: Sequence[str] | None = None) -> int:
    """``predict.py``: the model is the one it lies beside."""
    command = argparse.ArgumentParser(prog="predict.py", description="Answers for a file, by the model in this folder.")
    arguments(command)
    asked = command.parse_args(given)
    try:
        model = Model.load(folder)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return run(model, asked)


def _told(began: float) -> Report:
    """One line on stderr, renewed each second."""
    last, first = [-TELL_S], [-1]

    def report(done: int, total: int) -> None:
        now = time.monotonic() - began
        if first[0] < 0:
            first[0] = done
            if done:
                sys.stderr.write(f"Going on behind row {done:,}\n")
        if now - last[0] < TELL_S and done < total:
            return
        last[0] = now
        rate = (done - first[0]) / max(now, 1e-9)
        left = f", {(total - done) / rate:,.0f} s left" if rate and done < total else ""
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\r{done:,} of {total:,} rows{left}    ")
            sys.stderr.flush()

    return report
