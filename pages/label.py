"""Label: one item after the other by key, while the model learns beside it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui import chrome, desk_card, feedback, live, outbox, resources, state
from pages.ui.components import card
from pages.ui.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace

INLINE_TEXTS = 400
"""Up to so many texts are read at once, inside the page; more go to the worker."""

JUST_NOW_S = 30.0


def page() -> None:
    """The whole page."""
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
        card.listen()


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
    from fsl_core import jobs

    store, project_id = resources.store(), workspace.project.id
    last = next(iter(store.jobs.recent(project_id, "encode", 1)), None)
    just_done = last is not None and last.state == "done" and time.time() - (last.finished_at or 0) < JUST_NOW_S
    if workspace.missing <= INLINE_TEXTS or just_done:
        with feedback.inline_progress(_("Reading the texts")) as report:
            workspace.encode(report)
        return
    if last is not None and last.state in ("failed", "cancelled"):
        # Started again by hand only: a stop must hold, a failure must not come back by itself.
        feedback.show_job(last)
        st.button(
            _("Read the texts"),
            key="label-encode",
            icon=":material/play_arrow:",
            on_click=jobs.start,
            args=(store, "encode", {}, project_id),
        )
        st.caption(_("Without it you can label, but there are no suggestions and no scores."))
        return
    jobs.start(store, "encode", {}, project_id)
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
        desk_card.draw_card(workspace, snapshot, strategy, desk)
    with right:
        _strip(workspace, snapshot)
        desk_card.last_labels(workspace, desk)


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


page()
