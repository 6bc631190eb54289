"""The labelling card: one item, its classes with keys, and a queue that loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import streamlit as st

from pages.ui.text import N_, _

if TYPE_CHECKING:
    from fsl_core.store import ClassInfo

HERE = Path(__file__).parent
KEYS = "1234567890abcdeghijklmopqrstvwxyz"
"""Digits, then letters, without those that mean something else: u undo, n none of these, f flag."""
LONGEST_TEXT = 20_000
FEW_CLASSES = 12
"""Up to so many classes every button carries its own bar; card.js has the same number."""
SHOWN_SUGGESTIONS = 10


class CardItem(TypedDict):
    """One item as the card takes it; ``top`` holds (class id, probability), best first."""

    id: int
    text: str
    pair: str | None
    why: str
    top: list[tuple[int, float]]
    label: int | str | None


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


# A v2 component takes one script; the parts are joined in the order in which they need each other.
_CARD = st.components.v2.component(
    "handful_card",
    html='<div class="mount"></div>',
    css=_read("card.css"),
    js="\n".join(_read(name) for name in ("outbox.js", "card.js", "drawing.js")),
)

# Tells the card of a commit before the model has been fitted again: the page sends it first.
_ACK = st.components.v2.component(
    "handful_ack",
    js='export default ({ data }) => window.dispatchEvent(new CustomEvent("handful-ack", { detail: data }));',
)

# Lives outside the fragment of the card. A trigger from a fragment that the server does not know,
# because it was started anew under an open page, is dropped; one from here runs the whole page.
_WAKE = st.components.v2.component(
    "handful_wake",
    js="""export default ({ setTriggerValue }) => {
      const wake = () => setTriggerValue("wake", Date.now());
      window.removeEventListener("handful-wake", window.handfulWake);
      window.addEventListener("handful-wake", (window.handfulWake = wake));
    };""",
)

_STRINGS = {
    "card": N_("Labelling card"),
    "item": N_("Item to label"),
    "classes": N_("Classes"),
    "suggestions": N_("Suggestions"),
    "filter": N_("Find a class (press / to type)"),
    "no_match": N_("No class is called that."),
    "rest": N_("More suggestions: the other {n} classes share {share}"),
    "skip": N_("Skip"),
    "space": N_("space"),
    "none": N_("None of these"),
    "undo": N_("Undo"),
    "redo": N_("Redo"),
    "help": N_("Keys"),
    "progress": N_("{done} labelled, {left} to go"),
    "saved": N_("Saved {time}"),
    "saving_one": N_("Saving…"),
    "saving_many": N_("Saving…"),
    "slow_one": N_("No answer yet: 1 label waiting, sending again"),
    "slow_many": N_("No answer yet: {n} labels waiting, sending again"),
    "offline_one": N_("Offline: 1 label waiting"),
    "offline_many": N_("Offline: {n} labels waiting"),
    "labeled_as": N_("Labelled {name}"),
    "labeled_now": N_("Now labelled {name}"),
    "skipped": N_("Skipped"),
    "undone": N_("Undone"),
    "redone": N_("Redone"),
    "nothing_to_undo": N_("Nothing to undo"),
    "nothing_to_redo": N_("Nothing to redo"),
    "loading": N_("Fetching the next items…"),
    "all_done": N_("Everything here is labelled."),
}

_HELP = (
    ("1 2 … a b", N_("label and go on")),
    ("⇧1 – ⇧5", N_("take a suggestion, with many classes")),
    ("/", N_("find a class by name, Enter takes the first")),
    ("space", N_("skip for now")),
    ("n", N_("none of these classes")),
    ("u", N_("undo, go back to the item")),
    ("⇧u", N_("redo")),
    ("?", N_("show or hide this list")),
)


def key_caps(classes: Sequence[ClassInfo]) -> list[str]:
    """One key a class: what the person chose, else the next free digit or letter, else ''."""
    chosen = [one.key if one.key and one.key in KEYS else "" for one in classes]
    free = iter([key for key in KEYS if key not in chosen])
    return [key or next(free, "") for key in chosen]


def card(
    *,
    project_id: int,
    classes: Sequence[Mapping[str, Any]],
    items: Sequence[CardItem],
    recent: Sequence[Mapping[str, Any]],
    fresh: Mapping[str, Any],
    redo: int | None,
    labeled: int,
    remaining: int,
    strategy: str,
    acks: Mapping[str, int],
    saved_at: float | None,
    show: Mapping[str, Any] | None = None,
    notices: Sequence[Mapping[str, Any]] = (),
    on_batch: Callable[[Any], None],
) -> None:
    """Draw the card.

    ``acks`` holds, for each browser client, the number of its last event that is committed and
    that ``items`` reflects. ``fresh`` has new suggestions for items of earlier lists, one of which
    may be on screen. ``recent`` and ``redo`` let undo and redo reach back before this visit.
    ``on_batch`` receives what the browser sent, before the page runs.
    """
    key = card_key(project_id)
    strings: dict[str, Any] = {name: _(text) for name, text in _STRINGS.items()}
    strings["help_rows"] = [(_("space") if cap == "space" else cap, _(text)) for cap, text in _HELP]
    _CARD(
        key=key,
        data={
            "project": project_id,
            "classes": list(classes),
            "items": list(items),
            "recent": list(recent),
            "fresh": dict(fresh),
            "redo": redo,
            "labeled": labeled,
            "remaining": remaining,
            "strategy": strategy,
            "acks": dict(acks),
            "saved_at": saved_at,
            "show": show,
            "notices": list(notices),
            "strings": strings,
        },
        on_batch_change=lambda: on_batch(st.session_state[key].batch),
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


def fit_text(text: str) -> str:
    """The text as the card shows it: very long ones end in an ellipsis."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " …"
