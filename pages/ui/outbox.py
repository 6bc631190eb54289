"""The server's end of the card's outbox: commits each event once, in order, whoever sends it twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import paths
from fsl_core.errors import DataError, FslError, StoreError
from pages.ui.text import N_, _, tr

if TYPE_CHECKING:
    from fsl_core.store import Entry, Label, Store

PAGE = 200
LOOK_BACK = 2_000
"""Entries to search for the last event of a browser that this server has not met."""
CONFLICT = N_("Somebody else labelled this item first; their label stays.")


@dataclass
class Desk:
    """What the server knows of one person's labelling in one project, for as long as the session lives."""

    acks: dict[str, int] = field(default_factory=dict)
    """Browser client -> its last event that is committed."""
    saved_at: float | None = None
    skipped: set[int] = field(default_factory=set)
    sent: list[int] = field(default_factory=list)
    """The items that the browser may have on screen: those of the last lists, newest last."""
    notices: list[dict[str, Any]] = field(default_factory=list)
    show: dict[str, Any] | None = None
    """An item that the card must open, with a number that changes with every wish."""
    wish: int | None = None
    error: FslError | None = None
    count: int = 0

    def say(self, text: str) -> None:
        """A sentence for the card."""
        self.count += 1
        self.notices = [{"nonce": self.count, "text": text}]


@dataclass
class _Ledger:
    """Shared by all sessions of this server: a reload may send what the old session just commits."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last: dict[tuple[int, str], int] = field(default_factory=dict)
    entries: dict[tuple[int, str, int], int] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def _ledger(url: str) -> _Ledger:
    return _Ledger()


def receive(store: Store, project_id: int, author: str, message: object, desk: Desk) -> None:
    """Commit what the browser sent. What cannot be kept is said in ``desk``; the rest is acknowledged.

    An event that can never succeed (its item or class is gone) is acknowledged and explained; when
    the store itself refuses, the rest stays in the browser, which sends it again.
    """
    desk.error = None
    ledger = _ledger(paths.database_url())
    try:
        with ledger.lock:
            for client, events in _batches(message, project_id):
                _Commit(store, project_id, author, client, desk, ledger).all(events)
    except FslError as error:
        desk.error = error


def _batches(message: object, project_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if not isinstance(message, Mapping) or message.get("project") != project_id:
        return
    for batch in message.get("batches") or ():
        client, events = batch.get("client"), batch.get("events")
        if isinstance(client, str) and 0 < len(client) <= 64 and isinstance(events, list):
            good = [event for event in events if isinstance(event, dict) and isinstance(event.get("seq"), int)]
            yield client, sorted(good, key=lambda event: event["seq"])


@dataclass
class _Commit:
    store: Store
    project_id: int
    author: str
    client: str
    desk: Desk
    ledger: _Ledger

    def all(self, events: list[dict[str, Any]]) -> None:
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
        op, of, item = event.get("op"), event.get("of"), event.get("id")
        if "skip" in (op, of):
            keep = op != "undo"
            if isinstance(item, int):
                (self.desk.skipped.add if keep else self.desk.skipped.discard)(item)
        elif op == "label" and isinstance(item, int):
            self._label(event, item)
        elif op == "undo":
            self._undo(event)
        elif op == "redo":
            self._redo(event)

    def _label(self, event: dict[str, Any], item: int, **note: object) -> None:
        label, was = _as_label(event.get("label")), _as_label(event.get("was"))
        entry = self.store.journal.label(
            self.project_id,
            [item],
            label,
            author=self.author,
            note={"client": self.client, "seq": event["seq"], **note},
            expect={item: was},
        )
        self.ledger.entries[(self.project_id, self.client, event["seq"])] = entry.id
        if entry.note.get("conflicts"):
            self.desk.say(_(CONFLICT))

    def _undo(self, event: dict[str, Any]) -> None:
        entry = self._entry_of(event)
        if entry is None or not self._live(entry):
            return
        if self._top("undo") == entry:
            done = self.store.journal.undo(self.project_id, self.author)
            if done is None or done.target_id == entry:
                return
            # Another tab of the same person came in between: put its act back, take ours.
            self.store.journal.redo(self.project_id, self.author)
        self.store.journal.revert(self.project_id, entry, self.author)

    def _redo(self, event: dict[str, Any]) -> None:
        entry = self._entry_of(event)
        if entry is None or self._live(entry):
            return
        if self._top("redo") == entry:
            self.store.journal.redo(self.project_id, self.author)
        elif isinstance(event.get("id"), int) and event.get("label") is not None:
            self._label(event, event["id"], again=event.get("target"))

    # -- the journal, read backwards -------------------------------------------------------------

    def _entry_of(self, event: dict[str, Any]) -> int | None:
        if isinstance(event.get("entry"), int):
            return int(event["entry"])
        target = event.get("target")
        known = self.ledger.entries.get((self.project_id, self.client, target)) if isinstance(target, int) else None
        if known is not None and self._live(known):
            return known
        for entry in backwards(self.store, self.project_id):
            note = entry.note
            if note.get("client") == self.client and target in (note.get("seq"), note.get("again")):
                return entry.id
        return None

    def _last_committed(self) -> int:
        seen = (e.note["seq"] for e in backwards(self.store, self.project_id) if e.note.get("client") == self.client)
        return next(seen, 0)

    def _live(self, wanted: int) -> bool:
        """Whether an act counts: the newest word on it decides."""
        dead_reverts: set[int] = set()
        for entry in backwards(self.store, self.project_id):
            if entry.id <= wanted:
                return entry.id == wanted
            if entry.kind == "undo" and entry.target_id is not None and entry.target_id != wanted:
                dead_reverts.add(entry.target_id)
            if entry.target_id == wanted and entry.id not in dead_reverts:
                return entry.kind == "redo"
        return False

    def _top(self, what: str) -> int | None:
        return top(self.store, self.project_id, self.author, what)


def top(store: Store, project_id: int, author: str, what: str) -> int | None:
    """The entry that the author's next undo or redo is about."""
    seen: set[int] = set()
    for entry in backwards(store, project_id):
        switch = entry.kind in ("undo", "redo")
        key = entry.target_id if switch and entry.target_id is not None else entry.id
        if entry.author != author or key in seen or entry.source in ("import", "sample"):
            continue
        if entry.kind == "do" and not entry.n_changes:
            continue
        if what == "undo" and entry.kind != "undo":
            return key
        if what == "redo":
            if entry.kind == "undo":
                return key
            if not switch:
                return None
        seen.add(key)
    return None


def backwards(store: Store, project_id: int) -> Iterator[Entry]:
    """The journal, newest entry first, read in pages and only as far as wanted."""
    before: int | None = None
    for _page in range(LOOK_BACK // PAGE):
        entries = store.journal.entries(project_id, limit=PAGE, before=before)
        yield from entries
        if len(entries) < PAGE:
            return
        before = entries[-1].id


def take_back(store: Store, project_id: int, author: str, entry: int, item: int, desk: Desk) -> None:
    """Take back one labelling from the list, and open its item in the card."""
    try:
        store.journal.revert(project_id, entry, author)
    except StoreError as error:
        desk.say(tr(error.template, error.values))
    desk.wish = item
    desk.count += 1


def _as_label(value: object) -> Label:
    if value == "none":
        return "none"
    return value if isinstance(value, int) and not isinstance(value, bool) else None
