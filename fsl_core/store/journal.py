"""The journal of labels: who said what about which item. It only grows; the present is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import func, select

from fsl_core.store import schema
from fsl_core.store.current import last_changes
from fsl_core.store.database import Database
from fsl_core.store.history import check_revertible, effect_of, top
from fsl_core.store.journal_write import append, check_items, check_labels, current_labels
from fsl_core.store.locks import touch
from fsl_core.store.records import Entry, Label, LabelState, Source, read_label, write_label

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
            touch(connection, project_id)
            check_items(connection, project_id, list(wanted))
            check_labels(connection, project_id, wanted.values())
            current = current_labels(connection, project_id, list(wanted))
            expected = expect or {}
            conflicts = [item for item in wanted if item in expected and expected[item] != current.get(item)]
            for item_id in conflicts:
                del wanted[item_id]
            return append(
                connection,
                project_id,
                (
                    (item_id, write_label(current.get(item_id)), write_label(label), None)
                    for item_id, label in wanted.items()
                ),
                kind="do",
                author=author,
                source=source,
                note={**(note or {}), "conflicts": conflicts} if conflicts else note,
            )

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
        return self._can(project_id, author, "undo")

    def can_redo(self, project_id: int, author: str | None = None) -> bool:
        """Whether redo would find something."""
        return self._can(project_id, author, "redo")

    def revert(self, project_id: int, entry_id: int, author: str = "") -> Entry:
        """Take back one entry from anywhere in the journal, an import too; undo takes the revert back.

        Raises StoreError when the entry is not there or has been taken back already.
        """
        with self._database.write() as connection:
            touch(connection, project_id)
            check_revertible(connection, project_id, entry_id)
            effect = effect_of(connection, project_id, "revert", entry_id)
            return append(
                connection,
                project_id,
                effect.written,
                kind="revert",
                author=author,
                source="person",
                note={"conflicts": effect.untouched} if effect.untouched else None,
                target_id=entry_id,
            )

    def _switch(self, project_id: int, author: str | None, kind: Literal["undo", "redo"]) -> Entry | None:
        with self._database.write() as connection:
            touch(connection, project_id)
            target = top(connection, project_id, author, kind)
            if target is None:
                return None
            effect = effect_of(connection, project_id, kind, target)
            return append(
                connection,
                project_id,
                effect.written,
                kind=kind,
                author=author or "",
                source="person",
                note={"conflicts": effect.untouched} if effect.untouched else None,
                target_id=target,
            )

    def _can(self, project_id: int, author: str | None, kind: Literal["undo", "redo"]) -> bool:
        with self._database.read() as connection:
            return top(connection, project_id, author, kind) is not None

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

    def entries(self, project_id: int, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The latest entries (older than entry ``before``), newest first."""
        n_changes = (
            select(func.count())
            .where(_changes.c.entry_id == _entries.c.id)
            .correlate(_entries)
            .scalar_subquery()
            .label("n_changes")
        )
        query = select(_entries, n_changes).where(_entries.c.project_id == project_id)
        if before is not None:
            query = query.where(_entries.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_entries.c.id.desc()).limit(limit)).mappings()
            return [Entry(**row) for row in rows]

    def last_id(self, project_id: int) -> int:
        """The id of the last entry; 0 when there is none."""
        with self._database.read() as connection:
            return _last_id(connection, project_id)


def _last_id(connection: Any, project_id: int) -> int:  # noqa: ANN401
    query = select(func.max(_entries.c.id)).where(_entries.c.project_id == project_id)
    return connection.execute(query).scalar() or 0
