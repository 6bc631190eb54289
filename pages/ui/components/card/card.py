"""The labelling card: one item, its classes with keys, and a queue that loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, TypedDict

import streamlit as st

from pages.ui.components import keys, messages, scripts
from pages.ui.components.card import card_words
from pages.ui.components.messages import Batch, Wish
from pages.ui.kit import state

if TYPE_CHECKING:
    from fsl_core.data.store import ClassInfo

HERE = Path(__file__).parent
KEYS = "1234567890" + "".join(one for one in ascii_lowercase if one not in keys.PLAIN.values())
"""Digits, then letters, without those that mean something else."""
LONGEST_TEXT = 20_000
FEW_CLASSES = 12
"""Up to so many classes every button carries its own bar."""
SHOWN_SUGGESTIONS = 10
"""With more classes; the first few of them have a key."""


class CardItem(TypedDict):
    """One item as the card takes it; ``top`` holds (class id, probability), best first.

    ``why`` says why it is its turn while it has no label from elsewhere; ``said`` what a language model suggests;
    ``meta`` what the file says of it, as far as the person wants to see that.
    """

    id: int
    text: str
    image: str | None
    pair: str | None
    why: str
    said: str
    top: list[tuple[int, float]]
    pulls: list[dict[str, Any]]
    label: int | tuple[int, ...] | str | None
    flag: bool
    audit: bool
    meta: list[tuple[str, str]]


_CARD = st.components.v2.component(
    "handful_card",
    html='<div class="mount"></div>',
    css=scripts.style("card/card.css"),
    js=scripts.script("card"),
)
# Tells the card of a commit before the model has been fitted again: the page sends it first.
_ACK = st.components.v2.component("handful_ack", js=scripts.script("ack"))

# Lives outside the fragment of the card. A trigger from a fragment that the server does not know,
# because it was started anew under an open page, is dropped; one from here runs the whole page.
_WAKE = st.components.v2.component("handful_wake", js=scripts.script("wake"))


def key_caps(classes: Sequence[ClassInfo]) -> list[str]:
    """One key a class: what the person chose, else its place among digits and letters, else a free one, or ''."""
    caps = [one.key if one.key and one.key in KEYS else "" for one in classes]
    for i, key in enumerate(KEYS[: len(caps)]):
        if not caps[i] and key not in caps:
            caps[i] = key
    free = iter([key for key in KEYS if key not in caps])
    return [key or next(free, "") for key in caps]


def card(
    *,
    project_id: int,
    data: Mapping[str, Any],
    on_batch: Callable[[list[Batch]], None],
    on_wish: Callable[[Wish], None],
) -> None:
    """Draw the card with what ``desk_card.payload`` puts together.

    ``on_batch`` receives what the browser did, ``on_wish`` what it wants to see; both before the page runs.
    """
    key = card_key(project_id)

    def asked() -> None:
        if (wish := messages.read(Wish, state.sent(key, "ask"))) is not None:
            on_wish(wish)

    _CARD(
        key=key,
        data={
            **data,
            "project": project_id,
            "keys": KEYS,
            "acts": keys.ACTS,
            "few": FEW_CLASSES,
            "suggestions": SHOWN_SUGGESTIONS,
            "shifted": card_words.WITH_KEY,
            "strings": card_words.strings(),
            "help": card_words.help_rows(bool(data["multi"])),
        },
        on_batch_change=lambda: on_batch(messages.read_batches(state.sent(key, "batch"), project_id)),
        on_ask_change=asked,
    )


def card_key(project_id: int) -> str:
    """The widget key of the card of a project."""
    return f"label-card-{project_id}"


def acknowledge(project_id: int, acks: Mapping[str, int], saved_at: float | None) -> None:
    """Tell the card what is committed, at once; call it before the slow part of the run."""
    _ACK(key=f"label-ack-{project_id}", data={"project": project_id, "acks": dict(acks), "saved_at": saved_at})


def listen() -> None:
    """Let the card ask for a run of the whole page; call it outside of any fragment."""
    _WAKE(key="label-wake", data={}, on_wake_change=lambda: None)
