"""What the card gets from the workspace: the next items with suggestions, and the way back."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.ui import feedback, live, outbox, resources, state
from pages.ui.components import card
from pages.ui.text import _, tr

if TYPE_CHECKING:
    from fsl_core.workspace import QueueItem, Snapshot, Workspace

PREFETCH = 25
LAST_SHOWN = 10


def draw_card(workspace: Workspace, snapshot: Snapshot | None, strategy: str, desk: outbox.Desk) -> None:
    """The card with its next items, and what else the browser needs to go on by itself."""
    project_id = workspace.project.id
    store, author = resources.store(), state.author.get()
    remaining = len(workspace.ids) - len(workspace.labels)
    queue = workspace.queue(strategy, PREFETCH, skip=desk.skipped, snapshot=snapshot)
    if not queue and desk.skipped:
        desk.skipped.clear()  # everything else is done: what was skipped comes round again
        queue = workspace.queue(strategy, PREFETCH, snapshot=snapshot)
    tops = suggestions(workspace, snapshot, [workspace.position[one.item_id] for one in queue])
    if desk.wish is not None:
        item = _card_item(workspace, snapshot, desk.wish, _("You asked to see this item again"))
        desk.show, desk.wish = {"nonce": desk.count, "item": item}, None
    ids = [one.item_id for one in queue]
    on_screen = [item for item in desk.sent if item not in set(ids) and item in workspace.position][-2 * PREFETCH :]
    fresh = suggestions(workspace, snapshot, [workspace.position[item] for item in on_screen])
    desk.sent = on_screen + ids
    caps = card.key_caps(workspace.classes)
    card.card(
        project_id=project_id,
        classes=[
            {"id": one.id, "name": one.name, "description": one.description, "key": caps[i], "color": color}
            for i, one in enumerate(workspace.classes)
            for color in [live.color_of(workspace, i)]
        ],
        items=[_queued(workspace, one, top) for one, top in zip(queue, tops, strict=True)],
        recent=[
            {"entry": entry, "label": label, "item": {**_card_item(workspace, snapshot, item, ""), "label": None}}
            for item, entry, label in _recent(workspace, author)
        ],
        fresh={str(item): top for item, top in zip(on_screen, fresh, strict=True)},
        redo=outbox.top(store, project_id, author, "redo"),
        labeled=len(workspace.labels),
        remaining=remaining,
        strategy=strategy,
        acks=desk.acks,
        saved_at=desk.saved_at,
        show=desk.show,
        notices=desk.notices,
        on_batch=lambda message: outbox.receive(store, project_id, author, message, desk),
    )


def suggestions(workspace: Workspace, snapshot: Snapshot | None, rows: Sequence[int]) -> list[list[tuple[int, float]]]:
    """For each row (class id, probability), best first, at most as many as the card shows."""
    if snapshot is None or not rows:
        return [[] for _row in rows]
    ids = {one.name: one.id for one in workspace.classes}
    shown = len(snapshot.classes) if len(snapshot.classes) <= card.FEW_CLASSES else card.SHOWN_SUGGESTIONS
    found = []
    for row in snapshot.probabilities[np.asarray(rows)]:
        best = np.argsort(-row, kind="stable")[:shown]
        found.append([(ids[snapshot.classes[i]], round(float(row[i]), 4)) for i in best if snapshot.classes[i] in ids])
    return found


def _queued(workspace: Workspace, one: QueueItem, top: list[tuple[int, float]]) -> card.CardItem:
    row = workspace.position[one.item_id]
    return {
        "id": int(one.item_id),
        "text": card.fit_text(workspace.texts[row]),
        "pair": None,
        "why": tr(one.reason, one.values),
        "top": top,
        "label": None,
    }


def _card_item(workspace: Workspace, snapshot: Snapshot | None, item: int, why: str) -> card.CardItem:
    row = workspace.position[item]
    label = workspace.labels.get(item)
    return {
        "id": int(item),
        "text": card.fit_text(workspace.texts[row]),
        "pair": None,
        "why": why,
        "top": suggestions(workspace, snapshot, [row])[0],
        "label": label.label if label is not None else None,
    }


def _recent(workspace: Workspace, author: str) -> list[tuple[int, int, int | str]]:
    """(item, entry, label) of the author's last labels, newest first, one for each entry."""
    mine = (
        (one.entry_id, item, one.label)
        for item, one in workspace.labels.items()
        if one.source == "person" and one.author == author and item in workspace.position
    )
    found: dict[int, tuple[int, int, int | str]] = {}
    for act, item, label in heapq.nlargest(LAST_SHOWN * 3, mine, key=lambda one: one[0]):
        found.setdefault(act, (item, act, label))
    return list(found.values())[:LAST_SHOWN]


def last_labels(workspace: Workspace, desk: outbox.Desk) -> None:
    """The person's last labels, each with a button that takes it back."""
    author = state.author.get()
    recent = _recent(workspace, author)
    if not recent:
        return
    names = {one.id: one.name for one in workspace.classes}
    with st.expander(_("Your last labels"), icon=":material/history:"):
        for item, entry, label in recent:
            text = shorten(" ".join(workspace.texts[workspace.position[item]].split()))
            name = _("None of these") if label == "none" else names.get(int(label), "?")
            with st.container(horizontal=True, vertical_alignment="center", key=f"label-last-{entry}", gap="small"):
                st.markdown(f"**{feedback.plain(name)}** · {feedback.plain(text)}")
                st.button(
                    "",
                    key=f"label-undo-{entry}",
                    icon=":material/undo:",
                    help=_("Take this label back and show the item"),
                    type="tertiary",
                    on_click=outbox.take_back,
                    args=(resources.store(), workspace.project.id, author, entry, item, desk),
                )


def shorten(text: str, limit: int = 90) -> str:
    """The start of a text, with an ellipsis when there is more."""
    return text if len(text) <= limit else text[:limit] + "…"
