"""Results: every item with its label and what the model says of it; its score, and how far to trust it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from pages.ui.components.card import card
from pages.ui.components.sheet import sheet
from pages.ui.kit import chrome, columns, feedback, fitting, measures, method, project, resources
from pages.ui.kit.text import _, tr
from pages.ui.labelling.desk import watch
from pages.ui.results import board, rows, trust
from pages.ui.results.desk import desks

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace

STYLE = """<style>
/* The table goes on by itself while the server computes: it must not fade meanwhile. */
.st-key-results-board [data-stale="true"] { opacity: 1 !important; transition: none !important; }
.st-key-results-trust-acts { gap: 0.5rem; }
/* A table wants the width, and its rows want to be in sight without scrolling. */
@media (min-width: 641px) { .stMainBlockContainer { padding-left: 2.5rem; padding-right: 2.5rem; } }
[data-testid="stLayoutWrapper"]:has(> .st-key-results-said-slot) { display: none; }
.st-key-results-top [data-testid="stVerticalBlock"] { gap: 0.4rem; }
.st-key-results-sentence p { font-size: 1.15rem; }
.st-key-results-top .hf-head { padding: 0; margin: 0; font-family: inherit; font-size: 1rem; font-weight: 600; }
.st-key-results-top [data-testid="stSlider"] { padding-right: 1rem; }
.st-key-results-top .hf-score { font-size: 1.6rem; font-weight: 650; line-height: 1.2; margin: 0; }
.st-key-results-top .hf-score span { font-size: 0.95rem; font-weight: 400; opacity: 0.8; white-space: nowrap; }
</style>"""


def page() -> None:
    """The whole page."""
    st.html(STYLE)
    corner = chrome.heading(_("Results"), _("Every item, its label, and what the model makes of it."))
    workspace = project.with_model()
    if workspace is None:
        return
    with corner:
        columns.choose(workspace)
    method.control(workspace, corner)
    model = fitting.model(workspace)
    doubt = workspace.standing(model.snapshot).doubt if model.snapshot is not None else None
    found = rows.rows(workspace, doubt)
    _board(workspace.project_id)
    # Outside of the fragment: a label does not send the rows again.
    with st.container(key="results-rows-slot"):
        sheet.rows(workspace.project_id, rows.payload(found))
        card.listen()
    watch(workspace.project_id, desks)


@st.fragment
@feedback.guard
def _board(project_id: int) -> None:
    """Score, slider and table: a label reruns only this."""
    desk = desks.of(project_id)
    top = st.container(key="results-top")
    slot = st.container(key="results-board")
    with st.container(key="results-ack-slot"):
        sheet.acknowledge(project_id, desk.acks, desk.saved_at)
    workspace = resources.workspace(project_id)
    desk.seen = resources.store().journal.last_id(project_id)
    workspace.sync()
    if len(workspace.classes) < 2 or not workspace.ready:
        st.rerun()
    model = fitting.model(workspace) if workspace.can_answer else None
    snapshot = model.snapshot if model is not None else None
    board.answer(workspace, snapshot, desk)
    with st.container(key="results-said-slot"):
        sheet.tell(project_id, desk.said)
    doubt = workspace.standing(snapshot).doubt if snapshot is not None else None
    version = rows.rows(workspace, doubt).version
    choice = trust.of(workspace, snapshot) if snapshot is not None else None
    with top:
        if desk.error is not None:
            feedback.error_box(desk.error)
        if model is not None:
            fitting.draw(model)
        if snapshot is not None and choice is not None:
            _head(workspace, snapshot, choice)
    with slot:
        board.draw(workspace, snapshot, choice, version, desk)


def _head(workspace: Workspace, snapshot: Snapshot, choice: trust.Choice) -> None:
    left, right = st.columns([3, 8], gap="medium")
    with left:
        _score(workspace, snapshot)
    with right:
        st.html(f'<h2 class="hf-head">{escape(_("How much may be taken without looking?"))}</h2>')
        trust.draw(workspace, choice)


def _score(workspace: Workspace, snapshot: Snapshot) -> None:
    score = workspace.score(snapshot)
    title, help_ = measures.of(score.report)[0][:2] if score is not None else (_("How good is the model?"), "")
    inner = f'<h2 class="hf-head" title="{escape(help_)}">{escape(title)}</h2>'
    if score is not None and (accuracy := score.report.accuracy).enough:
        value, range_ = measures.value_of(accuracy), measures.interval_of(accuracy)
        inner += f'<p class="hf-score">{value} <span>({escape(range_)})</span></p>'
    st.html(inner)
    title = feedback.plain(_(registry.get_method(snapshot.name).info.title))
    words = tr("{method}: {how}", method=title, how=measures.how(workspace, score))
    st.caption(words.replace("%", r"\%"))
    if also := measures.generated(workspace, snapshot.name):
        st.caption(also)


page()
