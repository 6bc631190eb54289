"""What the server knows of one person's labelling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from fsl_core.base.errors import FslError
from pages.ui.components.messages import Wish
from pages.ui.kit import feedback, resources, state

MOST_COLLISIONS = 20
LOOK_EVERY_S = 2.0
"""So often a page looks whether somebody else has labelled something."""


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

    def take(self, wish: Wish) -> None:
        """Keep a wish of the browser until the page is drawn."""
        if wish.search is not None:
            self.search = wish.search
        if wish.resume is not None:
            self.resume = wish.resume


desks: state.PerProject[Desk] = state.PerProject("handful.desks", Desk)
"""The desk of this session for each project."""


@st.fragment(run_every=LOOK_EVERY_S)
@feedback.guard
def watch(project_id: int, desks: state.PerProject[Any]) -> None:
    """Labels of others appear by themselves: one small query, and a run only when the journal has moved."""
    if 0 <= desks.of(project_id).seen < resources.store().journal.last_id(project_id):
        st.rerun()
