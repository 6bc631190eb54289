"""What the card gets from the workspace: the next items with suggestions, and the way back."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.base.texts import one_line, shorten
from fsl_core.plotting.palette import class_color
from fsl_core.workspace import llm_suggestions
from pages.ui.components.card import card
from pages.ui.kit import colours, columns, feedback, resources, state, thumbnails
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import N_, _, tr
from pages.ui.labelling import llm_suggest, outbox, queueing, suggesting
from pages.ui.labelling.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Label
    from fsl_core.workspace import Snapshot, Workspace

PREFETCH = 25
LAST_SHOWN = 10
QUOTED = 90
"""Signs of an item among the last labels."""
SWATCHES = 16
AUDIT_WORDS = N_("Check item: shown at random to keep scores honest. No suggestions until you have labelled it.")
Recent = tuple[int, int, "Label"]


def draw_card(workspace: Workspace, snapshot: Snapshot | None, wish: queueing.Wish, desk: Desk) -> None:
    """The card with its next items, and what else the browser needs to go on by itself."""
    project_id = workspace.project_id
    store, author = resources.store(), state.author.get()
    card.card(
        project_id=project_id,
        data=payload(workspace, snapshot, wish, desk, author),
        on_batch=lambda batches: outbox.receive(store, project_id, author, batches, desk),
        on_wish=desk.take,
    )


def payload(
    workspace: Workspace, snapshot: Snapshot | None, wish: queueing.Wish, desk: Desk, author: str
) -> dict[str, Any]:
    """Everything the card is drawn from.

    ``acks`` holds, for each browser client, the number of its last event that is committed and that
    ``items`` reflects. ``fresh`` has news of items of earlier lists, one of which may be on screen.
    ``recent`` and ``redo`` let undo and redo reach back before this visit.
    """
    queue = queueing.next_items(workspace, snapshot, wish, author, PREFETCH, desk.skipped)
    if not queue and desk.skipped:
        desk.skipped.clear()  # everything else is done: what was skipped comes round again
        queue = queueing.next_items(workspace, snapshot, wish, author, PREFETCH)
    maker = _Items(workspace, snapshot)
    if desk.wish is not None:
        item = maker.make([desk.wish], [_("You asked to see this item again")])[0]
        desk.show, desk.wish = {"nonce": desk.count, "item": item}, None
    elif desk.resume is not None:
        _resume(workspace, maker, desk)
    ids = [one.item_id for one in queue]
    on_screen = [item for item in desk.sent if item not in set(ids) and item in workspace.position][-2 * PREFETCH :]
    desk.sent = on_screen + ids
    recent = last_acts(workspace, author)
    caps = card.key_caps(workspace.classes)
    before = maker.make([item for item, _entry, _label in recent], [""] * len(recent))
    return {
        "multi": workspace.multi_label,
        "classes": [
            {"id": one.id, "name": one.name, "description": one.description, "key": caps[i], "color": color}
            for i, one in enumerate(workspace.classes)
            for color in [colours.color_of(workspace, i)]
        ],
        "palette": [class_color(i) for i in range(SWATCHES)],
        "items": maker.make(ids, [tr(one.reason, one.values) for one in queue]),
        "recent": [
            {"entry": entry, "label": label, "item": {**item, "label": None}}
            for item, (_id, entry, label) in zip(before, recent, strict=True)
        ],
        "fresh": _fresh(workspace, maker, on_screen, author),
        "redo": outbox.next_entry(resources.store(), workspace.project_id, author, "redo"),
        "labeled": len(workspace.labels),
        "remaining": len(workspace.ids) - len(workspace.labels),
        "view": wish.signature,
        "narrowed": wish.narrowed,
        "search": desk.search,
        "acks": dict(desk.acks),
        "saved_at": desk.saved_at,
        "show": desk.show,
        "notices": list(desk.notices),
        "collisions": list(desk.collisions),
    }


def _resume(workspace: Workspace, maker: _Items, desk: Desk) -> None:
    """The item that was on screen when the person left, unless it has been labelled since."""
    desk.count += 1
    item, desk.resume = desk.resume, None
    there = item in workspace.position and item not in workspace.labels
    shown = maker.make([item], [_("You stopped here")])[0] if there and item is not None else None
    desk.show = {"nonce": desk.count, "item": shown, "quiet": True}


def _fresh(workspace: Workspace, maker: _Items, on_screen: list[int], author: str) -> dict[str, Any]:
    """For items that may be on screen: new suggestions, and who labelled them meanwhile."""
    fresh: dict[str, Any] = {}
    for made in maker.make(on_screen, [""] * len(on_screen)):
        news: dict[str, Any] = {"top": made["top"], "pulls": made["pulls"]}
        label = workspace.labels.get(made["id"])
        if label is not None and not made["audit"]:
            who = label.author if label.source == "person" else ""
            news["theirs"] = {"label": label.label, "who": who, "own": label.author == author, "at": label.at}
        fresh[str(made["id"])] = news
    return fresh


class _Items:
    """Makes items as the card takes them."""

    def __init__(self, workspace: Workspace, snapshot: Snapshot | None) -> None:
        self.workspace, self.snapshot = workspace, snapshot
        self.audit = queueing.audit_rows(workspace)
        self.columns = columns.chosen(workspace)
        self.suggested = llm_suggestions.latest(workspace.store, workspace.project_id)

    def make(self, ids: Sequence[int], reasons: Sequence[str]) -> list[card.CardItem]:
        workspace = self.workspace
        rows = [workspace.position[item] for item in ids]
        tops = suggesting.suggestions(workspace, self.snapshot, rows, self.audit)
        pulls = suggesting.pulls(workspace, self.snapshot, rows, self.audit)
        asked = llm_suggest.words(workspace, self.suggested, ids)
        return [
            {
                "id": int(item),
                "text": shorten(workspace.texts[row], card.LONGEST_TEXT),
                "image": thumbnails.address(workspace, row, thumbnails.LARGE),
                "pair": None,
                "why": _(AUDIT_WORDS) if row in self.audit else reason,
                "said": "" if row in self.audit else asked.get(int(item), ""),
                "top": top,
                "pulls": pull,
                "label": workspace.labels[item].label if item in workspace.labels else None,
                "flag": item in workspace.flags,
                "audit": row in self.audit,
                "meta": columns.of_row(workspace, row, self.columns),
            }
            for item, row, reason, top, pull in zip(ids, rows, reasons, tops, pulls, strict=True)
        ]


def last_acts(workspace: Workspace, author: str) -> list[Recent]:
    """(item, entry, label) of the author's last labels, newest first, one for each entry."""
    mine = (
        (one.entry_id, item, one.label)
        for item, one in workspace.labels.items()
        if one.source == "person" and one.author == author and item in workspace.position
    )
    found: dict[int, Recent] = {}
    for act, item, label in heapq.nlargest(LAST_SHOWN * 3, mine, key=lambda one: one[0]):
        found.setdefault(act, (item, act, label))
    return list(found.values())[:LAST_SHOWN]


def last_labels(workspace: Workspace, desk: Desk) -> None:
    """The person's last labels, each with a button that takes it back."""
    author = state.author.get()
    recent = last_acts(workspace, author)
    if not recent:
        return
    names = {one.id: one.name for one in workspace.classes}
    with st.expander(_("Your last labels"), icon=":material/history:"):
        for item, entry, label in recent:
            text = one_line(workspace.texts[workspace.position[item]], QUOTED)
            with st.container(horizontal=True, vertical_alignment="center", key=f"label-last-{entry}", gap="small"):
                if picture := thumbnails.html(thumbnails.address(workspace, workspace.position[item]), height=40):
                    st.html(picture, width="content")
                st.markdown(f"**{feedback.plain(label_words(label, names))}** · {feedback.plain(text)}")
                st.button(
                    "",
                    key=f"label-undo-{entry}",
                    icon=":material/undo:",
                    help=_("Take this label back and show the item"),
                    type="tertiary",
                    on_click=outbox.take_back,
                    args=(resources.store(), workspace.project.id, author, entry, item, desk),
                )
