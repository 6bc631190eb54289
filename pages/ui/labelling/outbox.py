"""The server's end of the card's outbox: commits each event once, in order, whoever sends it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.base import paths
from fsl_core.base.errors import FslError, StoreError
from pages.ui.kit.text import say
from pages.ui.labelling.commit import Answers, Commit, Ledger
from pages.ui.labelling.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Store
    from pages.ui.components.messages import Batch


@st.cache_resource(show_spinner=False)
def _ledger(url: str) -> Ledger:
    return Ledger()


def receive(
    store: Store,
    project_id: int,
    author: str,
    batches: Sequence[Batch],
    desk: Desk,
    answers: Answers | None = None,
) -> None:
    """Commit what the browser sent. What cannot be kept is said in ``desk``; the rest is acknowledged.

    ``answers`` tells what the model says of items that are accepted in bulk though their answer is hidden.

    An event that can never succeed (its item or class is gone) is acknowledged and explained; when
    the store itself refuses, the rest stays in the browser, which sends it again.
    """
    desk.error = None
    ledger = _ledger(paths.database_url())
    try:
        with ledger.lock:
            for batch in batches:
                Commit(store, project_id, author, batch.client, desk, ledger, answers).all(batch.events)
    except FslError as error:
        desk.error = error


def next_entry(store: Store, project_id: int, author: str, what: str) -> int | None:
    """The entry that the author's next undo or redo is about."""
    return store.journal.next(project_id, author, "redo" if what == "redo" else "undo")


def take_back(store: Store, project_id: int, author: str, entry: int, item: int, desk: Desk) -> None:
    """Take back one labelling from the list, and open its item in the card."""
    try:
        store.journal.revert(project_id, entry, author)
    except StoreError as error:
        desk.say(say(error.message))
    desk.wish = item
    desk.count += 1
