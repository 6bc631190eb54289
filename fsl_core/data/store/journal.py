"""The journal of labels: who said what about which item. It only grows; the present is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from fsl_core.data.store import schema
from fsl_core.data.store.current import last_changes
from fsl_core.data.store.database import Database
from fsl_core.data.store.history import switch
from fsl_core.data.store.history_rows import first_entry, labels_by_author, read_entries, rows_of
from fsl_core.data.store.journal_write import (
    Written,
    append,
    check_items,
    check_labels,
    current_labels,
    current_values,
)
from fsl_core.data.store.liveness import NothingChanged, Switch, back_to, check_revertible, judge, read_switches, top
from fsl_core.data.store.locks import touch
from fsl_core.data.store.records import ActKind, Entry, HistoryRow, LabelState, Source
from fsl_core.data.store.values import Label, normal_label, read_label, write_label

_entries, _changes = schema.entries, schema.changes


class Journal:
    """The journals of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- labelling -------------------------------------------------------------------------------

    def label(
        self,
        project_id: int,
        item_ids: Sequence[int],
        label: Label,
        *,
        author: str = "",
        source: Source = "person",
        note: Mapping[str, Any] | None = None,
        expect: Mapping[int, Label] | None = None,
    ) -> Entry:
        """Give the items one label (None takes it away): one entry, one undo, on the disk on return.

        An item whose present label is not the one in ``expect`` is left alone and listed in
        ``entry.note["conflicts"]``. Raises DataError for an unknown item or class.
        """
        labels = dict.fromkeys(map(int, item_ids), label)
        return self.label_many(project_id, labels, author=author, source=source, note=note, expect=expect)

    def label_many(
        self,
        project_id: int,
        labels: Mapping[int, Label],
        *,
        author: str = "",
        source: Source = "person",
        note: Mapping[str, Any] | None = None,
        expect: Mapping[int, Label] | None = None,
    ) -> Entry:
        """Give each item its own label; for the rest like ``label``."""
        wanted = {int(item_id): label for item_id, label in labels.items()}
        with self._database.write() as connection:
            multi = bool(touch(connection, project_id).get("multi_label"))
            wanted = {item_id: normal_label(label, multi=multi) for item_id, label in wanted.items()}
            check_items(connection, project_id, list(wanted))
            check_labels(connection, project_id, wanted.values())
            current = current_labels(connection, project_id, list(wanted))
            expected = {item_id: normal_label(label, multi=multi) for item_id, label in (expect or {}).items()}
            conflicts = [item for item in wanted if item in expected and expected[item] != current.get(item)]
            for item_id in conflicts:
                del wanted[item_id]
            return append(
                connection,
                project_id,
                (
                    Written(item_id, write_label(current.get(item_id)), write_label(label))
                    for item_id, label in wanted.items()
                ),
                kind="do",
                author=author,
                source=source,
                note={**(note or {}), "conflicts": conflicts} if conflicts else note,
            )

    def flag(
        self,
        project_id: int,
        item_ids: Sequence[int],
        on: bool = True,
        *,
        author: str = "",
        note: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Flag the items, or take their flags away: one entry, one undo. Raises DataError for an unknown item."""
        wanted = list(dict.fromkeys(map(int, item_ids)))
        after = "1" if on else None
        with self._database.write() as connection:
            touch(connection, project_id)
            check_items(connection, project_id, wanted)
            current = current_values(connection, project_id, wanted, "flag")
            written = [Written(item_id, current.get(item_id), after, field="flag") for item_id in wanted]
            return append(connection, project_id, written, kind="do", author=author, source="person", note=note)

    # -- taking back -----------------------------------------------------------------------------

    def undo(self, project_id: int, author: str | None = None) -> Entry | None:
        """Take back the last act of this author (None: of anybody); None when there is none left.

        Imports and samples are not taken back. An item that a later act of somebody else holds is
        left alone and listed in ``entry.note["conflicts"]``.
        """
        return self._switch(project_id, author, "undo")

    def redo(self, project_id: int, author: str | None = None) -> Entry | None:
        """Bring back what the last undo took; None when there is none, or a new act came after it."""
        return self._switch(project_id, author, "redo")

    def can_undo(self, project_id: int, author: str | None = None) -> bool:
        """Whether undo would find something."""
        return self.next(project_id, author, "undo") is not None

    def can_redo(self, project_id: int, author: str | None = None) -> bool:
        """Whether redo would find something."""
        return self.next(project_id, author, "redo") is not None

    def next(self, project_id: int, author: str | None, what: Literal["undo", "redo"]) -> int | None:
        """The entry that undo (or redo) would be about."""
        with self._database.read() as connection:
            return top(connection, project_id, author, what)

    def is_live(self, project_id: int, entry_id: int) -> bool:
        """Whether an act counts, or has been taken back."""
        with self._database.read() as connection:
            return entry_id not in judge(read_switches(connection, project_id)).dead

    def revert(self, project_id: int, entry_id: int, author: str = "") -> Entry:
        """Take back one entry from anywhere in the journal, an import too; undo takes the revert back.

        Raises StoreError when the entry is not there or has been taken back already.
        """
        with self._database.write() as connection:
            touch(connection, project_id)
            switches = read_switches(connection, project_id)
            check_revertible(connection, project_id, entry_id, switches)
            new = Switch(_next_id(connection, project_id), "revert", (entry_id,))
            return switch(connection, project_id, "revert", new, switches, author=author)

    def revert_since(self, project_id: int, at: float, author: str = "") -> Entry:
        """Make labels, flags and classes what they were before a moment: one entry, one undo.

        ``at`` is the id of the first entry to take back when it is an int, else a time in epoch
        seconds. Imports and the acts of everybody go as well; what was undone or redone since
        returns to what it was. Raises StoreError when nothing has changed since.
        """
        with self._database.write() as connection:
            touch(connection, project_id)
            return self._revert_since(connection, project_id, at, author)

    def preview_since(self, project_id: int, at: float) -> Entry | None:
        """The entry that ``revert_since`` would write now, None when it would refuse; nothing is kept of it."""
        with self._database.write() as connection, connection.begin_nested() as step:
            try:
                return self._revert_since(connection, project_id, at, "")
            except NothingChanged:
                return None
            finally:
                step.rollback()

    def _revert_since(self, connection: Connection, project_id: int, at: float, author: str) -> Entry:
        first = first_entry(connection, project_id, at)
        switches = read_switches(connection, project_id)
        new = back_to(connection, project_id, first, switches)
        return switch(connection, project_id, "revert", new, switches, author=author, since=first)

    def _switch(self, project_id: int, author: str | None, kind: Literal["undo", "redo"]) -> Entry | None:
        with self._database.write() as connection:
            touch(connection, project_id)
            target = top(connection, project_id, author, kind)
            if target is None:
                return None
            new = Switch(_next_id(connection, project_id), kind, (target,))
            switches = read_switches(connection, project_id)
            return switch(connection, project_id, kind, new, switches, author=author or "")

    # -- reading ---------------------------------------------------------------------------------

    def labels(self, project_id: int) -> dict[int, LabelState]:
        """Item id -> present label, for the items that have one."""
        last = last_changes(project_id)
        query = (
            select(_changes.c.item_id, _changes.c.after, _changes.c.origin_id)
            .join(last, _changes.c.id == last.c.id)
            .where(_changes.c.after.is_not(None))
        )
        acts = select(_entries.c.id, _entries.c.source, _entries.c.author, _entries.c.created_at).where(
            _entries.c.project_id == project_id, _entries.c.kind == "do"
        )
        with self._database.read() as connection:
            # Labels first: every act they stem from is then among the acts read after them.
            rows = connection.execute(query).all()
            act = {row[0]: row[1:] for row in connection.execute(acts)}
        labels: dict[int, LabelState] = {}
        for item_id, after, origin in rows:
            label = read_label(after)
            assert label is not None
            source, author, at = act[origin]
            labels[item_id] = LabelState(label, source, author, at, origin)
        return labels

    def since(self, project_id: int, entry_id: int) -> tuple[int, list[tuple[int, Label]]]:
        """The id of the last entry, and the present label of each item that changed after ``entry_id``.

        The label is None where it was taken away. Costs what has changed, not what there is.
        """
        with self._database.read() as connection:
            last = _last_id(connection, project_id)
            query = select(_changes.c.item_id, _changes.c.after).where(
                _changes.c.entry_id > entry_id,
                _changes.c.entry_id <= last,
                _changes.c.project_id == project_id,
                _changes.c.field == "label",
            )
            rows = connection.execute(query.order_by(_changes.c.id))
            latest = {item_id: read_label(after) for item_id, after in rows}
        return last, list(latest.items())

    def flags(self, project_id: int) -> set[int]:
        """The items that are flagged."""
        last = last_changes(project_id, "flag")
        query = select(_changes.c.item_id).join(last, _changes.c.id == last.c.id).where(_changes.c.after.is_not(None))
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def by_author(self, project_id: int) -> dict[int, dict[str, Label]]:
        """Item -> author -> the label this person gave it last, whatever others said later.

        Only what people said item by item and did not take back: no imports, no model, no splits.
        """
        with self._database.read() as connection:
            return labels_by_author(connection, project_id)

    def entries(self, project_id: int, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The latest entries (older than entry ``before``), newest first."""
        with self._database.read() as connection:
            return read_entries(connection, project_id, limit=limit, before=before)

    def history(
        self,
        project_id: int,
        *,
        author: str | None = None,
        item_id: int | None = None,
        what: ActKind | None = None,
        since: float | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[HistoryRow]:
        """The latest entries with what they meant: of one author, about one item, of one kind, since a moment.

        ``since`` is read like ``at`` of ``revert_since``. Each row shows up to five of its items.
        """
        with self._database.read() as connection:
            first = None if since is None else first_entry(connection, project_id, since)
            found = read_entries(
                connection,
                project_id,
                limit=limit,
                before=before,
                author=author,
                item_id=item_id,
                first=first,
                what=what,
            )
            return rows_of(connection, project_id, found, item_id)

    def authors(self, project_id: int) -> list[str]:
        """Everybody with an entry in the journal, by name."""
        query = select(_entries.c.author).where(_entries.c.project_id == project_id).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars())

    def count_since(self, project_id: int, entry_id: int) -> int:
        """How many entries of this project came after ``entry_id``; ids run through all projects."""
        query = select(func.count()).where(_entries.c.project_id == project_id, _entries.c.id > entry_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def last_id(self, project_id: int) -> int:
        """The id of the last entry; 0 when there is none."""
        with self._database.read() as connection:
            return _last_id(connection, project_id)


def _next_id(connection: Connection, project_id: int) -> int:
    # Only for comparing: newer than all there is.
    return _last_id(connection, project_id) + 1


def _last_id(connection: Connection, project_id: int) -> int:
    query = select(func.max(_entries.c.id)).where(_entries.c.project_id == project_id)
    return connection.execute(query).scalar() or 0
