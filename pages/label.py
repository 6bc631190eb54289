"""Label: one item after the other by key, while the model learns beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui.components.card import card
from pages.ui.kit import chrome, feedback, fitting, measures, method, project, resources, state
from pages.ui.kit.text import N_, _, ngettext, of_kind, tr
from pages.ui.labelling import desk_card, guidelines, live, llm_suggest, queue_bar
from pages.ui.labelling.desk import desks, watch
from pages.ui.pictures import capture

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace


def page() -> None:
    """The whole page."""
    corner = chrome.heading(
        _("Label"),
        of_kind(
            project.of_images(),
            N_("Read, press a key, go on. The model learns from every label."),
            N_("Look, press a key, go on. The model learns from every label."),
        ),
    )
    project_id = project.chosen()
    if project_id is None:
        return
    workspace = resources.workspace(project_id)
    workspace.sync()
    with corner:
        capture.offer(workspace.project)
    if not len(workspace.ids):
        feedback.empty_state(
            _("There is nothing to label yet"),
            of_kind(
                workspace.of_images,
                N_("Import a file or pictures, or paste some texts first."),
                N_("Import, draw or photograph some pictures first."),
            ),
            page="pages/projects.py",
            label=_("Add items"),
        )
    elif len(workspace.classes) < 2:
        _class_form(workspace)
    else:
        method.control(workspace, corner)
        project.read(workspace)
        _desk(project_id)
        watch(project_id, desks)
        card.listen()


def _class_form(workspace: Workspace) -> None:
    have = len(workspace.classes)
    words = _("Name at least two, one a line. A few words after a colon help the model before the first label.")
    example = _("Refund: money back, cancelled orders") + "\n" + _("Delivery: late or lost parcels")
    if workspace.of_images:
        words, example = _("Name at least two, one a line."), _("Cat") + "\n" + _("Dog")
    if have:
        words = tr("There is only “{name}”. Name at least one more, one a line.", name=workspace.class_names[0])
    with st.container(border=True):
        st.subheader(_("Which classes are there?"), anchor=False)
        st.markdown(words)
        with st.form("label-classes", border=False):
            typed = st.text_area(_("Classes"), placeholder=example, height=140, key="label-class-names")
            if st.form_submit_button(_("Start labelling"), type="primary", icon=":material/arrow_forward:"):
                _add_classes(workspace, typed or "")


def _add_classes(workspace: Workspace, typed: str) -> None:
    from fsl_core.data.store import NewClass

    wanted: dict[str, NewClass] = {}
    for line in typed.splitlines():
        name, _colon, description = line.replace("：", ":").partition(":")
        if name.strip():
            wanted.setdefault(name.strip(), NewClass(name.strip(), description.strip()))
    if len(wanted) + len(workspace.classes) < 2:
        st.warning(_("Two classes at least: a single one leaves nothing to tell apart."))
        return
    resources.store().classes.add_many(workspace.project.id, list(wanted.values()), author=state.author.get())
    st.rerun()


@st.fragment
@feedback.guard
def _desk(project_id: int) -> None:
    """Card and live strip: a label reruns only this."""
    desk = desks.of(project_id)
    workspace = resources.workspace(project_id)
    left, right = st.columns([2, 1], gap="large")
    with left:
        wish = queue_bar.wish(workspace, desk)
        slot = st.container()
        with st.container(key="label-ack-slot"):
            card.acknowledge(project_id, desk.acks, desk.saved_at)
    desk.seen = resources.store().journal.last_id(project_id)
    workspace.sync()
    model = fitting.model(workspace) if workspace.can_answer else None
    with slot:
        if desk.error is not None:
            feedback.error_box(desk.error)
        desk_card.draw_card(workspace, model.snapshot if model else None, wish, desk)
        if len(workspace.labels) >= len(workspace.ids):
            _onward()
    with right:
        guidelines.draw(workspace)
        _strip(workspace, model)
        desk_card.last_labels(workspace, desk)


def _onward() -> None:
    """Where to go when there is nothing left to label."""
    ways = (
        ("pages/results.py", _("See the results"), ":material/table_rows:"),
        ("pages/export.py", _("Take the file and the model"), ":material/download:"),
        ("pages/projects.py", _("Add more items"), ":material/add:"),
    )
    with st.container(horizontal=True, key="label-onward"):
        for page, label, icon in ways:
            st.page_link(page, label=label, icon=icon, query_params=state.query())


def _strip(workspace: Workspace, model: fitting.Model | None) -> None:
    st.subheader(_("How good is the model?"), anchor=False)
    if model is not None:
        fitting.draw(model)
    snapshot = model.snapshot if model else None
    learned = measures.learned_from(workspace)
    report = snapshot.report if snapshot else None
    live.scores(report, len(workspace.labels), waiting=not workspace.ready, learned=learned)
    if snapshot is not None:
        if snapshot.audit is not None:
            live.audit(snapshot.audit)
        if also := measures.generated(workspace, snapshot.name):
            st.caption(also)
        # What a label changed is known when the answer is one that has learned from it.
        if model is not None and model.current and (sentence := _changed(workspace, snapshot)):
            st.markdown(sentence)
    st.subheader(ngettext("{n} label", "{n} labels", len(workspace.labels)), anchor=False)
    if words := live.sources(workspace):
        st.caption(words)
    live.class_counts(workspace, snapshot)
    llm_suggest.draw(workspace)


def _changed(workspace: Workspace, snapshot: Snapshot) -> str:
    """What the last label changed; the same sentence until the next one."""
    kept: dict[str, Any] = st.session_state.setdefault("handful.belief", {})
    labels = frozenset((item, one.label) for item, one in workspace.labels.items())
    revision = (hash(labels), workspace.class_names)
    predicted = np.asarray(snapshot.predicted, dtype=np.int64)
    now = live.Belief(workspace.project.id, revision, tuple(snapshot.classes), workspace.ids, predicted, snapshot.sets)
    before: live.Belief | None = kept.get("belief")
    if before is None or before.project_id != now.project_id:
        kept.update(belief=now, sentence="")
    elif before.revision != now.revision:
        moved = live.moves(before, now, list(workspace.labels))
        kept.update(belief=now, sentence=feedback.plain(live.moved_sentence(moved)))
    return str(kept["sentence"])


page()
