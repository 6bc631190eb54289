"""How an import gets in: read and hash the rows first, then write them in one short transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress
from fsl_core.data.store import schema
from fsl_core.data.store.class_rows import created, insert_classes, live_classes
from fsl_core.data.store.file_records import FileRows
from fsl_core.data.store.import_rows import Taken, keep_rows, write_columns
from fsl_core.data.store.journal_write import Written, append, current_labels
from fsl_core.data.store.locks import touch
from fsl_core.data.store.many_rows import insert_many
from fsl_core.data.store.records import Added, NewItem, Source, clean_name, clean_text, digest_of
from fsl_core.data.store.values import normal_label, write_label

REPORT_EVERY = 2_000
_items = schema.items
Row = dict[str, Any]


@dataclass
class Batch:
    """The rows of an import, ready to be written: unique by digest, in their order."""

    rows: dict[str, Row] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Digest -> names of classes, () for none of these; of two labels for the same item the first one counts."""
    classes: dict[str, None] = field(default_factory=dict)
    """Names of classes in order of first appearance."""
    first_several: tuple[int, int] | None = None
    """The first row with several classes, and how many."""
    n_duplicates: int = 0
    n_empty: int = 0
    taken: Taken = field(default_factory=Taken)


def read_items(rows: Iterable[NewItem], report: Progress) -> Batch:
    """Clean, hash and sort out the rows; whatever reading them raises comes through."""
    batch = Batch()
    total = len(rows) if isinstance(rows, Sized) else None
    report(0.0, "Reading")
    for number, row in enumerate(rows, start=1):
        _take(batch, row, number)
        if number % REPORT_EVERY == 0:
            # Without a known end the bar approaches 0.8 ever more slowly.
            share = number / total if total else number / (number + 20_000)
            report(min(0.8 * share, 0.8), Note("Reading row {row}", row=f"{number:,}"))
    report(0.85, Note("Saving {n} items", n=f"{len(batch.rows):,}"))
    return batch


def import_rows(
    connection: Connection,
    project_id: int,
    batch: Batch,
    *,
    source: Source,
    author: str,
    filename: str,
    file: FileRows | None = None,
) -> Added:
    """Write the batch inside a transaction, its labels and new classes as one entry of the journal.

    ``file`` has the rows of the file that the items were made of.
    """
    multi = bool(touch(connection, project_id).get("multi_label"))
    if batch.first_several and not multi:
        row, n = batch.first_several
        raise DataError(
            "Row {row} has {n} labels, but this project has one label per item.",
            "Choose one label column, or make a project with several labels per item.",
            row=row,
            n=n,
        )
    known = _known_digests(connection, project_id)
    _settle_kind(connection, project_id, batch, empty=not known)
    fresh = [digest for digest in batch.rows if digest not in known]
    ids = _insert(connection, project_id, [batch.rows[digest] for digest in fresh])
    ids.update((digest, known[digest]) for digest in batch.rows if digest in known)
    class_ids, new_classes = _class_ids(connection, project_id, batch.classes)
    wanted = {
        ids[digest]: normal_label(tuple(class_ids[name] for name in names), multi=multi)
        for digest, names in batch.labels.items()
    }
    old = [ids[digest] for digest in batch.labels if digest in known]
    for item_id in current_labels(connection, project_id, old) if old else ():
        del wanted[item_id]
    added = Added(
        n_added=len(fresh),
        n_duplicates=batch.n_duplicates + len(batch.rows) - len(fresh),
        n_empty=batch.n_empty,
        n_labeled=len(wanted),
    )
    if wanted or new_classes:
        note = {"filename": filename} if filename else {}
        written = (Written(item_id, None, write_label(label)) for item_id, label in wanted.items())
        # The classes belong to the entry: whoever reverts the import is rid of them too.
        made = [created(class_id) for class_id in new_classes]
        append(connection, project_id, written, kind="do", author=author, source=source, note=note, classes=made)
    counts = {name: getattr(added, name) for name in Added.__slots__}
    past = insert(schema.imports).values(
        project_id=project_id,
        filename=clean_text(filename),
        counts=counts,
        created_at=time.time(),
        columns=write_columns(file.columns if file is not None else None),
    )
    key = connection.execute(past).inserted_primary_key
    if file is not None and key is not None:
        keep_rows(connection, key[0], file, batch.taken, ids, known)
    return added


def _take(batch: Batch, row: NewItem, number: int) -> None:
    text = clean_text(row.text) if row.text is not None else None
    pair = clean_text(row.text_pair) if row.text_pair is not None else None
    if row.blob is None and not (text and text.strip()) and not (pair and pair.strip()):
        batch.n_empty += 1
        batch.taken.add(None, row.meta)
        return
    digest = digest_of(text, pair, row.blob)
    batch.taken.add(digest, row.meta)
    if digest in batch.rows:
        batch.n_duplicates += 1
    else:
        batch.rows[digest] = {
            "kind": "image" if row.blob is not None else "text" if pair is None else "pair",
            "text": text,
            "text_pair": pair,
            "blob": row.blob,
            "digest": digest,
            "meta": dict(row.meta),
        }
    if row.label is None or digest in batch.labels:
        return
    names = row.label if isinstance(row.label, tuple) else (row.label,)
    kept = tuple(dict.fromkeys(_class_name(name, number) for name in names if name.strip()))
    if kept or not names:
        batch.labels[digest] = kept
        batch.classes.update(dict.fromkeys(kept))
        if len(kept) > 1 and batch.first_several is None:
            batch.first_several = (number, len(kept))


def _class_name(label: str, number: int) -> str:
    try:
        return clean_name(label, "class")
    except DataError as error:
        raise DataError(
            "Row {row}: " + error.template, error.hint_template, **{**error.values, "row": number}
        ) from error


def _settle_kind(connection: Connection, project_id: int, batch: Batch, *, empty: bool) -> None:
    """A project holds texts or images, as one encoder reads all of it; the first items decide which."""
    table = schema.projects
    kind = connection.execute(select(table.c.kind).where(table.c.id == project_id)).scalar_one()
    brought = {row["kind"] == "image" for row in batch.rows.values()}
    if len(brought) > 1 or (brought and not empty and brought != {kind == "image"}):
        raise DataError(
            "A project holds either texts or images, not both.", "Make one project for the texts, one for the images."
        )
    if brought and empty and brought != {kind == "image"}:
        new = "image" if brought == {True} else "text"
        connection.execute(update(table).where(table.c.id == project_id).values(kind=new))


def _known_digests(connection: Connection, project_id: int) -> dict[str, int]:
    query = select(_items.c.digest, _items.c.id).where(_items.c.project_id == project_id)
    return {digest: item_id for digest, item_id in connection.execute(query)}


def _insert(connection: Connection, project_id: int, rows: Sequence[Row]) -> dict[str, int]:
    last = connection.execute(select(func.max(_items.c.position)).where(_items.c.project_id == project_id)).scalar()
    start = 0 if last is None else last + 1
    shared = {"project_id": project_id, "created_at": time.time()}
    numbered = enumerate(rows, start=start)
    insert_many(connection, _items, ({**row, **shared, "position": position} for position, row in numbered))
    query = select(_items.c.digest, _items.c.id).where(_items.c.project_id == project_id, _items.c.position >= start)
    return {digest: item_id for digest, item_id in connection.execute(query)}


def _class_ids(connection: Connection, project_id: int, names: Iterable[str]) -> tuple[dict[str, int], list[int]]:
    ids = {info.name: info.id for info in live_classes(connection, project_id)}
    made = insert_classes(connection, project_id, [name for name in names if name not in ids])
    return ids | made, list(made.values())
