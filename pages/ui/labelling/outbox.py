"""The server's end of the card's outbox: commits each event once, in order, whoever sends it twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.base import paths
from fsl_core.base.errors import FslError, StoreError
from pages.ui.kit.text import tr
from pages.ui.labelling.commit import Commit, Ledger, batches

if TYPE_CHECKING:
    from fsl_core.data.store import Store

MOST_COLLISIONS = 20


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
    collisions: list[dict[str, Any]] = field(default_factory=list)
    """Labels that were not written because somebody else's is there, until the person decides."""
    show: dict[str, Any] | None = None
    """An item that the card must open, with a number that changes with every wish."""
    wish: int | None = None
    resume: int | None = None
    """The item that an earlier visit left on screen."""
    search: str = ""
    """What the queue has to look like."""
    seen: int = -1
    """The last journal entry that the card has been drawn with."""
    error: FslError | None = None
    count: int = 0

    def say(self, text: str) -> None:
        """A sentence for the card."""
        self.count += 1
        self.notices = [{"nonce": self.count, "text": text}]

    def collide(self, collision: dict[str, Any]) -> None:
        """Ask the person which of two labels holds."""
        self.count += 1
        self.collisions = [*self.collisions, {**collision, "nonce": self.count}][-MOST_COLLISIONS:]

    def settle(self, item: int) -> None:
        """The person has decided about an item."""
        self.collisions = [one for one in self.collisions if one["item"] != item]

    def ask(self, message: object) -> None:
        """A wish of the browser that changes no label: what to look for, which item to go on with."""
        if not isinstance(message, dict):
            return
        if isinstance(message.get("search"), str):
            self.search = message["search"].strip()[:500]
        if isinstance(message.get("resume"), int):
            self.resume = message["resume"]


@st.cache_resource(show_spinner=False)
def _ledger(url: str) -> Ledger:
    return Ledger()


def receive(store: Store, project_id: int, author: str, message: object, desk: Desk) -> None:
    """Commit what the browser sent. What cannot be kept is said in ``desk``; the rest is acknowledged.

    An event that can never succeed (its item or class is gone) is acknowledged and explained; when
    the store itself refuses, the rest stays in the browser, which sends it again.
    """
    desk.error = None
    ledger = _ledger(paths.database_url())
    try:
        with ledger.lock:
            for client, events in batches(message, project_id):
                Commit(store, project_id, author, client, desk, ledger).all(events)
    except FslError as error:
        desk.error = error


def top(store: Store, project_id: int, author: str, what: str) -> int | None:
    """The entry that the author's next undo or redo is about."""
    return store.journal.next(project_id, author, "redo" if what == "redo" else "undo")


def take_back(store: Store, project_id: int, author: str, entry: int, item: int, desk: Desk) -> None:
    """Take back one labelling from the list, and open its item in the card."""
    try:
        store.journal.revert(project_id, entry, author)
    except StoreError as error:
        desk.say(tr(error.template, error.values))
    desk.wish = item
    desk.count += 1
