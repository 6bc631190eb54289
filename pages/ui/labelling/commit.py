"""One browser's events, committed to the journal in order: labels, flags, undo, redo, keys of classes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from fsl_core.base.errors import DataError, StoreError
from fsl_core.evaluation import streams
from pages.ui.kit.text import ngettext, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Entry, Label, LabelState, Store
    from pages.ui.labelling.desk import Desk

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

    def all(self, events: list[dict[str, Any]]) -> None:
        """Commit the events that are new, one after the other, and acknowledge them."""
        key = (self.project_id, self.client)
        if key not in self.ledger.last:
            # A client's first numbers are 1, 2, ...: only a longer story can have been told before.
            self.ledger.last[key] = self._last_committed()
        for event in events:
            if event["seq"] > self.ledger.last[key]:
                try:
                    self._one(event)
                except DataError as error:
                    self.desk.say(tr(error.template, error.values))
                self.ledger.last[key] = event["seq"]
        self.desk.acks[self.client] = self.ledger.last[key]
        self.desk.saved_at = time.time()

    def _one(self, event: dict[str, Any]) -> None:
        op, item = event.get("op"), event.get("id")
        if "skip" in (op, event.get("of")):
            if isinstance(item, int):
                (self.desk.skipped.discard if op == "undo" else self.desk.skipped.add)(item)
        elif op == "undo":
            self._undo(event)
        elif op == "redo":
            self._redo(event)
        elif op == "class" and isinstance(event.get("class"), int):
            self._class(event)
        elif op == "keep" and isinstance(item, int):
            self.desk.settle(item)
        else:
            self._act(event)

    def _act(self, event: dict[str, Any], **note: object) -> None:
        op = event.get("of") if event.get("op") == "redo" else event.get("op")
        item, marks = event.get("id"), {"client": self.client, "seq": event["seq"], **note}
        if op == "label" and isinstance(event.get("ids"), list):
            entry = self._label_together(event, marks)
        elif op == "label" and isinstance(item, int):
            entry = self._label(event, item, marks)
        elif op == "flag" and isinstance(item, int):
            on = bool(event.get("on"))
            entry = self.store.journal.flag(self.project_id, [item], on, author=self.author, note=marks)
        else:
            return
        self.ledger.entries[(self.project_id, self.client, event["seq"])] = entry.id

    def _label(self, event: dict[str, Any], item: int, note: dict[str, Any]) -> Entry:
        label, was = as_label(event.get("label")), as_label(event.get("was"))
        if self._is_audit(item):
            note["stream"] = "audit"
        self.desk.settle(item)
        entry = self._write(item, label, was, note)
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

    def _label_together(self, event: dict[str, Any], note: dict[str, Any]) -> Entry:
        """Labels for many items: one entry, one undo. Items that somebody else changed keep theirs."""
        ids = [item for item in event["ids"] if isinstance(item, int)]
        was = event.get("was")
        known = isinstance(was, list) and len(was) == len(ids)
        each = event.get("to")
        if not isinstance(each, list) or len(each) != len(ids):
            each = [event.get("label")] * len(ids)
        entry = self.store.journal.label_many(
            self.project_id,
            {item: as_label(one) for item, one in zip(ids, each, strict=True)},
            author=self.author,
            note=note,
            expect={item: as_label(one) for item, one in zip(ids, was, strict=True)} if known else None,
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

    def _class(self, event: dict[str, Any]) -> None:
        """Another key or colour. A key that another class was given goes over to this one."""
        classes = self.store.classes
        if isinstance(key := event.get("key"), str):
            holder = next((one for one in classes.list(self.project_id) if key and one.key == key), None)
            if holder is not None and holder.id != event["class"]:
                classes.set_key(holder.id, "", author=self.author)
            classes.set_key(event["class"], key, author=self.author)
        if isinstance(color := event.get("color"), str):
            classes.set_color(event["class"], color, author=self.author)

    def _undo(self, event: dict[str, Any]) -> None:
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

    def _redo(self, event: dict[str, Any]) -> None:
        entry, journal = self._entry_of(event), self.store.journal
        if entry is None or journal.is_live(self.project_id, entry):
            return
        if journal.next(self.project_id, self.author, "redo") == entry:
            journal.redo(self.project_id, self.author)
        else:
            self._act(event, again=event.get("target"))

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

    def _entry_of(self, event: dict[str, Any]) -> int | None:
        if isinstance(event.get("entry"), int):
            return int(event["entry"])
        target = event.get("target")
        known = self.ledger.entries.get((self.project_id, self.client, target)) if isinstance(target, int) else None
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


def batches(message: object, project_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Client and events, in order, of each well-formed part of what a browser sent."""
    if not isinstance(message, Mapping) or message.get("project") != project_id:
        return
    for batch in message.get("batches") or ():
        client, events = batch.get("client"), batch.get("events")
        if isinstance(client, str) and 0 < len(client) <= 64 and isinstance(events, list):
            good = [event for event in events if isinstance(event, dict) and isinstance(event.get("seq"), int)]
            yield client, sorted(good, key=lambda event: event["seq"])


def as_label(value: object) -> Label:
    """A label as a browser writes it: a class id, a list of them, "none" or nothing."""
    if value == "none":
        return "none"
    if isinstance(value, list):
        return tuple(sorted({one for one in value if isinstance(one, int)}))
    return value if isinstance(value, int) and not isinstance(value, bool) else None
