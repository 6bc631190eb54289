"""The sheet: a table of all items that is scrolled, sorted and filtered in the browser, and labels by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui.components import messages, scripts
from pages.ui.components.keys import ACTS
from pages.ui.components.messages import AskWhy, Batch, FetchPictures, FindSimilar
from pages.ui.components.sheet import sheet_words
from pages.ui.kit import state

Question = FindSimilar | AskWhy | FetchPictures

_SHEET = st.components.v2.component(
    "handful_sheet",
    html='<div class="mount"></div>',
    css=scripts.style("sheet/sheet.css"),
    js=scripts.script("sheet"),
)

# Ids, texts and columns are large and rarely change: a component of their own, which labels leave alone.
_ROWS = st.components.v2.component("handful_sheet_rows", js=scripts.script("sheet_rows"))
# Answers to questions are small: they leave the arrays of the sheet alone.
_SAID = st.components.v2.component("handful_sheet_said", js=scripts.script("sheet_said"))
_ACK = st.components.v2.component("handful_sheet_ack", js=scripts.script("ack"))


def queue(project_id: int) -> str:
    """The name of the queue of labels on their way from the sheet, apart from those of the card and the map."""
    return f"sheet:{project_id}"


def rows(project_id: int, payload: Mapping[str, Any]) -> None:
    """Hand over the rows of a version: ids, texts, columns. An unchanged payload is not sent again."""
    _ROWS(key=f"sheet-rows-{project_id}", data=dict(payload))


def acknowledge(project_id: int, acks: Mapping[str, int], saved_at: float | None) -> None:
    """Tell the sheet what is committed, at once; call it before the slow part of the run."""
    _ACK(key=f"sheet-ack-{project_id}", data={"sheet": project_id, "acks": dict(acks), "saved_at": saved_at})


def tell(project_id: int, said: Mapping[str, Any]) -> None:
    """Answers to the questions of the sheet; an answer stays until the next question of its kind."""
    _SAID(key=f"sheet-said-{project_id}", data={"sheet": project_id, **said})


def board(
    project_id: int,
    payload: Mapping[str, Any],
    notices: Sequence[Mapping[str, Any]],
    on_batch: Callable[[list[Batch]], None],
    on_question: Callable[[Question], None],
) -> None:
    """Draw the sheet. ``on_batch`` receives labels and their undoing, ``on_question`` questions about the items."""
    key = f"sheet-board-{project_id}"

    def asked() -> None:
        if (question := messages.read_sheet_question(state.sent(key, "ask"))) is not None:
            on_question(question)

    _SHEET(
        key=key,
        data={
            "project": project_id,
            "queue": queue(project_id),
            **payload,
            "notices": list(notices),
            "acts": ACTS,
            "strings": sheet_words.strings(),
            "help": sheet_words.help_rows(),
        },
        on_act_change=lambda: on_batch(messages.read_batches(state.sent(key, "act"), queue(project_id))),
        on_ask_change=asked,
    )
