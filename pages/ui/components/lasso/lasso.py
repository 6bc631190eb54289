"""The canvas map: thousands of points, a lasso and class keys that label what it caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui.components import messages, scripts
from pages.ui.components.keys import ACTS
from pages.ui.components.messages import Batch, FindSimilar, LookUp
from pages.ui.kit import state
from pages.ui.kit.text import N_, _

_MAP = st.components.v2.component(
    "handful_map",
    html='<div class="mount"></div>',
    css=scripts.style("lasso/lasso.css"),
    js=scripts.script("lasso"),
)

# Ids, places and texts are large and rarely change: a component of their own, which labels leave alone.
_POINTS = st.components.v2.component("handful_map_points", js=scripts.script("lasso_points"))
_ACK = st.components.v2.component("handful_map_ack", js=scripts.script("ack"))

_STRINGS = {
    "map": N_("Map of the items"),
    "stage": N_(
        "Map. The arrow keys move it, plus and minus zoom, zero shows everything. "
        "The list below holds the same items with checkboxes."
    ),
    "tool": N_("Tool"),
    "lasso": N_("Lasso"),
    "box": N_("Box"),
    "move": N_("Move"),
    "color_by": N_("Colour by"),
    "label": N_("Label"),
    "prediction": N_("Prediction"),
    "confidence": N_("Confidence"),
    "search": N_("Find by meaning (press {key})"),
    "find": N_("Find"),
    "how_many": N_("How many of the closest to select"),
    "zoom_in": N_("Zoom in"),
    "zoom_out": N_("Zoom out"),
    "zoom_fit": N_("Show everything"),
    "help": N_("Keys"),
    "loading": N_("Fetching the points…"),
    "clear": N_("Clear"),
    "undo": N_("Undo"),
    "redo": N_("Redo"),
    "filter": N_("Find a class"),
    "classes": N_("Classes"),
    "marks": N_("★ prototype of a class   ✕ a text you tried"),
    "marks_pictures": N_("★ prototype of a class"),
    "none": N_("None of these"),
    "unlabeled": N_("Not labelled"),
    "without": N_("not labelled"),
    "others": N_("of other classes"),
    "check_all": N_("Select all that are listed"),
    "text": N_("Item"),
    "label_of": N_("Label"),
    "prediction_of": N_("Prediction"),
    "more": N_("Show more"),
    "list_selected": N_("{picked} of {n} selected"),
    "list_view": N_("{n} items in sight"),
    "idle": N_("Draw around some points, or find items by meaning. Then one class key labels them together."),
    "searching": N_("Looking for similar items…"),
    "nothing_found": N_("Nothing was found."),
    "items_one": N_("1 item"),
    "items_many": N_("{n} items"),
    "part": N_("{n} {name}"),
    "get": N_("{n} get it"),
    "change": N_("{n} change from {name}"),
    "same": N_("{n} have it already"),
    "change_others": N_("{n} from other classes"),
    "lose": N_("taken from {n}"),
    "label_as": N_("Label as {name}"),
    "full": N_("{n} of {of} lie among each other in the full space as well."),
    "looking": N_("Looking up their neighbours in the full space…"),
    "labeled_many": N_("{n} labelled {name}"),
    "taken_many": N_("{name} taken from {n}"),
    "unlabeled_many": N_("{n} without a label now"),
    "no_change": N_("They have that label already."),
    "undone": N_("{n} labels taken back"),
    "undone_last": N_("Your last labels were taken back"),
    "redone": N_("{n} labels given again"),
    "redone_last": N_("Your last labels are back"),
    "nothing_to_undo": N_("Nothing to undo"),
    "nothing_to_redo": N_("Nothing to redo"),
    "saved": N_("Saved {time}"),
    "saving": N_("Saving…"),
    "slow": N_("No answer yet, sending again"),
    "offline": N_("Offline: labels are waiting"),
}

_HELP = (
    ("1 2 … a b", N_("label the selection")),
    ("↵", N_("label it as the model expects")),
    (f"{ACTS['none']} · del", N_("none of these · take labels away")),
    ("esc", N_("clear the selection")),
    (f"{ACTS['undo']} · ⇧{ACTS['undo']}", N_("undo · redo")),
    ("⇧ drag", N_("box instead of lasso, or the other way round")),
    ("ctrl drag", N_("add to the selection")),
    ("alt drag", N_("take out of the selection")),
    ("right drag", N_("move the map, whatever the tool")),
    ("+ − 0 ← ↑ → ↓", N_("zoom and move")),
    (ACTS["search"], N_("find items by meaning")),
    ("⇧↵", N_("on a class of the legend: select all of it")),
)


def queue(project_id: int) -> str:
    """The name of the queue of labels on their way from the map, apart from that of the card."""
    return f"map:{project_id}"


def points(project_id: int, payload: Mapping[str, Any]) -> None:
    """Hand over the points of a version: ids, places, texts. An unchanged payload is not sent again."""
    _POINTS(key=f"map-points-{project_id}", data=dict(payload))


def acknowledge(project_id: int, acks: Mapping[str, int], saved_at: float | None) -> None:
    """Tell the map what is committed, at once; call it before the slow part of the run."""
    _ACK(key=f"map-ack-{project_id}", data={"map": project_id, "acks": dict(acks), "saved_at": saved_at})


def board(
    project_id: int,
    payload: Mapping[str, Any],
    notices: Sequence[Mapping[str, Any]],
    on_batch: Callable[[list[Batch]], None],
    on_question: Callable[[FindSimilar | LookUp], None],
) -> None:
    """Draw the map. ``on_batch`` receives labels and their undoing, ``on_question`` questions about the items."""
    key = f"map-board-{project_id}"

    def asked() -> None:
        if (question := messages.read_question(state.sent(key, "ask"))) is not None:
            on_question(question)

    strings = {name: _(text) for name, text in _STRINGS.items()}
    pictures = strings.pop("marks_pictures")
    if payload["pictures"]:
        strings["marks"] = pictures  # only texts that were tried have a place among the points
    _MAP(
        key=key,
        data={
            "project": project_id,
            "queue": queue(project_id),
            **payload,
            "notices": list(notices),
            "acts": ACTS,
            "strings": strings,
            "help": [(cap, _(text)) for cap, text in _HELP],
        },
        on_act_change=lambda: on_batch(messages.read_batches(state.sent(key, "act"), queue(project_id))),
        on_ask_change=asked,
    )
