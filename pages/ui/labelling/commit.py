"""One browser's events, committed to the journal in order: labels, flags, undo, redo, keys of classes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from fsl_core.base.errors import DataError, StoreError
from fsl_core.evaluation import streams
from pages.ui.components.messages import EditClass, Flag, Keep, LabelMany, LabelOne, Redo, Skip, Undo
from pages.ui.kit.text import ngettext, say

if TYPE_CHECKING:
    from fsl_core.data.store import Entry, Label, LabelState, Store
    from fsl_core.data.store.records import Source
    from pages.ui.components.messages import Numbered, Unreadable
    from pages.ui.labelling.desk import Desk

Answers = Callable[[Sequence[int]], "dict[int, Label]"]
PAGE = 200
LOOK_BACK = 2_000
"""Entries to search for the last event of a browser that this server has not met."""


@dataclass
class Ledger:
    """Shared by all sessions of this server: a reload may send what the old session just commits."""

    lock: Lock = field(default_factory=Lock)
    last: dict[tuple[int, str], int] = field(default_factory=dict)
    entries: dict[tuple[int, str, int], int] = field(default_factory=dict)


@dataclass
class Commit:
    """What a batch of one browser client is committed with."""

    store: Store
    project_id: int
    author: str
    client: str
    desk: Desk
    ledger: Ledger
    answers: Answers | None = None
    """What the model says of items, for those that are accepted without their answer being shown."""

    def all(self, events: Sequence[Numbered | Unreadable]) -> None:
        """Commit the events that are new, one after the other, and acknowledge them."""
        key = (self.project_id, self.client)
        if key not in self.ledger.last:
            # A client's first numbers are 1, 2, ...: only a longer story can have been told before.
            self.ledger.last[key] = self._last_committed()
        for event in events:
            if event.seq > self.ledger.last[key]:
                try:
                    self._one(event)
                except DataError as error:
                    self.desk.say(say(error.message))
                self.ledger.last[key] = event.seq
        self.desk.acks[self.client] = self.ledger.last[key]
        self.desk.saved_at = time.time()

    def _one(self, event: Numbered | Unreadable) -> None:
        if isinstance(event, Skip):
            self.desk.skipped.add(event.id)
        elif isinstance(event, Undo | Redo) and event.of == "skip":
            if event.id is not None:
                (self.desk.skipped.discard if isinstance(event, Undo) else self.desk.skipped.add)(event.id)
        elif isinstance(event, Undo):
            self._undo(event)
        elif isinstance(event, Redo):
            self._redo(event)
        elif isinstance(event, EditClass):
            self._edit_class(event)
        elif isinstance(event, Keep):
            self.desk.settle(event.id)
        elif isinstance(event, LabelOne | LabelMany | Flag):
            self._write_act(event)

    def _write_act(self, event: LabelOne | LabelMany | Flag, **note: object) -> None:
        marks = {"client": self.client, "seq": event.seq, **note}
        if isinstance(event, LabelMany):
            entry = self._label_together(event, marks)
        elif isinstance(event, LabelOne):
            entry = self._label(event, marks)
        else:
            entry = self.store.journal.flag(self.project_id, [event.id], event.on, author=self.author, note=marks)
        self.ledger.entries[(self.project_id, self.client, event.seq)] = entry.id

    def _label(self, event: LabelOne, note: dict[str, Any]) -> Entry:
        item, label = event.id, event.label
        if self._is_audit(item):
            note["stream"] = "audit"
        self.desk.settle(item)
        entry = self._write(item, label, event.was, note)
        if not entry.note.get("conflicts"):
            return entry
        theirs = self.store.journal.labels(self.project_id).get(item)
        if theirs is None:
            # What the person saw was taken back meanwhile: nobody's label is lost by going on.
            return self._write(item, label, None, note)
        if theirs.label != label:
            self._collide(item, label, theirs)
        return entry

    def _write(self, item: int, label: Label, was: Label, note: dict[str, Any]) -> Entry:
        return self.store.journal.label(
            self.project_id, [item], label, author=self.author, note=note, expect={item: was}
        )

    def _collide(self, item: int, mine: Label, theirs: LabelState) -> None:
        self.desk.collide(
            {
                "item": item,
                "text": self.store.items.get(item).text or "",
                "mine": mine,
                "theirs": theirs.label,
                "who": theirs.author if theirs.source == "person" else "",
                "own": theirs.author == self.author,
                "at": theirs.at,
            }
        )

    def _label_together(self, event: LabelMany, note: dict[str, Any]) -> Entry:
        """Labels for many items: one entry, one undo. Items that somebody else changed keep theirs.

        Answers that were accepted in bulk are labels of the model: nobody looked at them one by one.
        """
        labels, expected = event.labels, event.expected
        if event.bulk and event.answered and self.answers is not None:
            found = self.answers(event.answered)
            labels = {**labels, **found}
            expected = {**(expected or {}), **dict.fromkeys(found)}
        source: Source = "model" if event.bulk else "person"
        entry = self.store.journal.label_many(
            self.project_id, labels, author=self.author, source=source, note=note, expect=expected
        )
        if conflicts := entry.note.get("conflicts"):
            self.desk.say(
                ngettext(
                    "{n} item was labelled by somebody else meanwhile; that label stays.",
                    "{n} items were labelled by somebody else meanwhile; those labels stay.",
                    len(conflicts),
                )
            )
        return entry

    def _edit_class(self, event: EditClass) -> None:
        """Another key or colour. A key that another class was given goes over to this one."""
        classes = self.store.classes
        present = classes.list(self.project_id)
        if event.class_id not in {one.id for one in present}:
            # Said here: the store would call it a fault of its own, and the browser would send it again for ever.
            raise DataError("That class is no longer there.", "Somebody may have deleted it.")
        if event.key is not None:
            holder = next((one for one in present if event.key and one.key == event.key), None)
            if holder is not None and holder.id != event.class_id:
                classes.set_key(holder.id, "", author=self.author)
            classes.set_key(event.class_id, event.key, author=self.author)
        if event.color is not None:
            classes.set_color(event.class_id, event.color, author=self.author)

    def _undo(self, event: Undo) -> None:
        entry, journal = self._entry_of(event), self.store.journal
        if entry is None or not journal.is_live(self.project_id, entry):
            return
        if journal.next(self.project_id, self.author, "undo") == entry:
            done = journal.undo(self.project_id, self.author)
            if done is None or done.target_id == entry:
                return
            # Another tab of the same person came in between: put its act back, take ours.
            journal.redo(self.project_id, self.author)
        journal.revert(self.project_id, entry, self.author)

    def _redo(self, event: Redo) -> None:
        entry, journal = self._entry_of(event), self.store.journal
        if entry is None or journal.is_live(self.project_id, entry):
            return
        if journal.next(self.project_id, self.author, "redo") == entry:
            journal.redo(self.project_id, self.author)
        elif event.act is not None:
            self._write_act(event.act, again=event.target)

    @cached_property
    def _stream(self) -> streams.AuditStream:
        return streams.stream_of(self.store.projects.get(self.project_id).settings)

    def _is_audit(self, item: int) -> bool:
        try:
            digest = self.store.items.get(item).digest
        except StoreError:
            return False  # the journal will say that there is no such item
        return bool(self._stream.members([digest])[0])

    # -- the journal, read backwards -------------------------------------------------------------

    def _entry_of(self, event: Undo | Redo) -> int | None:
        if event.entry is not None:
            return event.entry
        if (target := event.target) is None:
            return None
        known = self.ledger.entries.get((self.project_id, self.client, target))
        if known is not None and self.store.journal.is_live(self.project_id, known):
            return known
        for entry in backwards(self.store, self.project_id):
            note = entry.note
            if note.get("client") == self.client and target in (note.get("seq"), note.get("again")):
                return entry.id
        return None

    def _last_committed(self) -> int:
        seen = (e.note["seq"] for e in backwards(self.store, self.project_id) if e.note.get("client") == self.client)
        return next(seen, 0)


def backwards(store: Store, project_id: int) -> Iterator[Entry]:
    """The journal, newest entry first, read in pages and only as far as wanted."""
    before: int | None = None
    for _page in range(LOOK_BACK // PAGE):
        entries = store.journal.entries(project_id, limit=PAGE, before=before)
        yield from entries
        if len(entries) < PAGE:
            return
        before = entries[-1].id
