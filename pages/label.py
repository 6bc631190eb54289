"""Label: one item after the other by key, while the model learns beside it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui import chrome, entry, feedback, live, outbox, resources, state
from pages.ui.components import card
from pages.ui.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.workspace import QueueItem, Snapshot, Workspace

PREFETCH = 25
LAST_SHOWN = 10
INLINE_TEXTS = 400
"""Up to so many texts are read at once, inside the page; more go to the worker."""


def page() -> None:
    """The whole page."""
    entry.through_app()
    chrome.heading(_("Label"), _("Read, press a key, go on. The model learns from every label."))
    project_id = state.project_id()
    if project_id is None:
        feedback.empty_state(
            _("No project is open"),
            _("Open a project, or start with one of the samples."),
            page="pages/projects.py",
            label=_("Go to Projects"),
        )
        return
    workspace = resources.workspace(project_id)
    workspace.sync()
    if not len(workspace.ids):
        feedback.empty_state(
            _("There is nothing to label yet"),
            _("Import a file or paste some texts first."),
            page="pages/projects.py",
            label=_("Add items"),
        )
    elif len(workspace.classes) < 2:
        _class_form(workspace)
    else:
        _read_texts(workspace)
        _desk(project_id)


def _class_form(workspace: Workspace) -> None:
    have = len(workspace.classes)
    with st.container(border=True):
        st.subheader(_("Which classes are there?"), anchor=False)
        st.markdown(
            _("Name at least two, one a line. A few words after a colon help the model before the first label.")
            if not have
            else tr("There is only “{name}”. Name at least one more, one a line.", name=workspace.class_names[0])
        )
        with st.form("label-classes", border=False):
            example = _("Refund: money back, cancelled orders") + "\n" + _("Delivery: late or lost parcels")
            typed = st.text_area(_("Classes"), placeholder=example, height=140, key="label-class-names")
            if st.form_submit_button(_("Start labelling"), type="primary", icon=":material/arrow_forward:"):
                _add_classes(workspace, typed or "")


def _add_classes(workspace: Workspace, typed: str) -> None:
    from fsl_core.store import NewClass

    wanted: dict[str, NewClass] = {}
    for line in typed.splitlines():
        name, _colon, description = line.replace("：", ":").partition(":")
        if name.strip():
            wanted.setdefault(name.strip(), NewClass(name.strip(), description.strip()))
    if len(wanted) + len(workspace.classes) < 2:
        st.warning(_("Two classes at least: a single one leaves nothing to tell apart."))
        return
    resources.store().classes.add_many(workspace.project.id, list(wanted.values()))
    st.rerun()


def _read_texts(workspace: Workspace) -> None:
    """Make sure the vectors come: small projects at once, large ones through the worker."""
    if workspace.vectors is not None:
        return
    project_id = workspace.project.id
    if workspace.missing <= INLINE_TEXTS:
        with feedback.inline_progress(_("Reading the texts")) as report:
            workspace.encode(report)
        return
    from fsl_core import jobs

    jobs.start(resources.store(), "encode", {}, project_id)
    feedback.job_progress(project_id=project_id, kind="encode")
    st.caption(_("You can label meanwhile; suggestions and scores follow."))


@st.fragment
@feedback.guard
def _desk(project_id: int) -> None:
    """Card and live strip: a label reruns only this."""
    desk = _desk_of(project_id)
    left, right = st.columns([2, 1], gap="large")
    with left:
        strategy = _strategy_picker()
        slot = st.container()
        with st.container(key="label-ack-slot"):
            card.acknowledge(project_id, desk.acks, desk.saved_at)
    workspace = resources.workspace(project_id)
    workspace.sync()
    snapshot = workspace.snapshot() if workspace.vectors is not None else None
    with slot:
        if desk.error is not None:
            feedback.error_box(desk.error)
        _draw_card(workspace, snapshot, strategy, desk)
    with right:
        _strip(workspace, snapshot)
        _last_labels(workspace, desk)


def _desk_of(project_id: int) -> outbox.Desk:
    desks: dict[int, outbox.Desk] = st.session_state.setdefault("handful.desks", {})
    return desks.setdefault(project_id, outbox.Desk())


def _strategy_picker() -> str:
    from fsl_core import registry

    kinds = {name: kind.info for name, kind in registry.strategies().items()}
    first = next(iter(kinds))
    chosen = st.segmented_control(
        _("What comes next"),
        list(kinds),
        default=first,
        required=True,
        format_func=lambda name: _(kinds[name].title),
        key="label-strategy",
        help="\n\n".join(f"**{_(info.title)}**: {_(info.summary)}" for info in kinds.values()),
        persist_state="session",
    )
    return str(chosen or first)


def _draw_card(workspace: Workspace, snapshot: Snapshot | None, strategy: str, desk: outbox.Desk) -> None:
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
    for entry, item, label in heapq.nlargest(LAST_SHOWN * 3, mine, key=lambda one: one[0]):
        found.setdefault(entry, (item, entry, label))
    return list(found.values())[:LAST_SHOWN]


def _strip(workspace: Workspace, snapshot: Snapshot | None) -> None:
    st.subheader(_("How good is the model?"), anchor=False)
    live.scores(snapshot.report if snapshot else None, len(workspace.labels), waiting=snapshot is None)
    if snapshot is not None and (sentence := _changed(workspace, snapshot)):
        st.markdown(sentence)
    st.subheader(ngettext("{n} label", "{n} labels", len(workspace.labels)), anchor=False)
    if words := live.sources(workspace):
        st.caption(words)
    live.class_counts(workspace, snapshot)


def _changed(workspace: Workspace, snapshot: Snapshot) -> str:
    """What the last label changed; the same sentence until the next one."""
    kept: dict[str, Any] = st.session_state.setdefault("handful.belief", {})
    revision = (resources.store().journal.last_id(workspace.project.id), workspace.class_names)
    predicted = np.asarray(snapshot.predicted, dtype=np.int64)
    now = live.Belief(workspace.project.id, revision, tuple(snapshot.classes), workspace.ids, predicted)
    before: live.Belief | None = kept.get("belief")
    if before is None or before.project_id != now.project_id:
        kept.update(belief=now, sentence="")
    elif before.revision != now.revision:
        moved = live.moves(before, now, list(workspace.labels))
        kept.update(belief=now, sentence=feedback.plain(live.moved_sentence(moved)))
    return str(kept["sentence"])


def _last_labels(workspace: Workspace, desk: outbox.Desk) -> None:
    author = state.author.get()
    recent = _recent(workspace, author)
    if not recent:
        return
    names = {one.id: one.name for one in workspace.classes}
    with st.expander(_("Your last labels"), icon=":material/history:"):
        for item, entry, label in recent:
            text = " ".join(workspace.texts[workspace.position[item]].split())
            name = _("None of these") if label == "none" else names.get(label, "?")  # type: ignore[call-overload]
            with st.container(horizontal=True, vertical_alignment="center", key=f"label-last-{entry}", gap="small"):
                st.markdown(f"**{feedback.plain(name)}** · {feedback.plain(text[:90] + ('…' if len(text) > 90 else ''))}")
                st.button(
                    "",
                    key=f"label-undo-{entry}",
                    icon=":material/undo:",
                    help=_("Take this label back and show the item"),
                    type="tertiary",
                    on_click=outbox.take_back,
                    args=(resources.store(), workspace.project.id, author, entry, item, desk),
                )


page()
