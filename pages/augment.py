"""Augment: generated examples that people review, that count little, and that must earn their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs.tasks import augment as task
from fsl_core.learning.augment import found
from pages.ui.augmenting import review, verdict
from pages.ui.kit import chrome, feedback, project, resources
from pages.ui.kit.text import N_, _, of_kind, say, tr
from pages.ui.prompting import language_model

if TYPE_CHECKING:
    from fsl_core.data.store import Run
    from fsl_core.workspace import Workspace

KIND = task.Params.kind


def page() -> None:
    chrome.heading(
        _("Augment"),
        _("More examples from a few: generated, reviewed by you, kept only where they help on real labels."),
    )
    workspace = project.with_model()
    if workspace is None:
        return
    if workspace.of_images or workspace.multi_label:
        feedback.empty_state(
            of_kind(workspace.of_images, N_("Only texts with one class each"), N_("No examples of pictures")),
            of_kind(
                workspace.of_images,
                N_("Examples are generated for projects of texts where every item has one class."),
                N_("Nothing here can make new pictures. Draw or photograph some on the Label page."),
            ),
            page="pages/projects.py",
            label=_("Other projects"),
        )
        return
    if sum(n > 0 for name, n in workspace.counts().items() if name) < 2:
        feedback.empty_state(
            _("Not enough labels yet"),
            _("Examples are made from examples: label one item of two classes at least."),
            page="pages/label.py",
            label=_("Label some"),
        )
        return
    verdict.in_use(workspace)
    _start_form(workspace)
    feedback.job_progress(project_id=workspace.project_id, kind=KIND)
    feedback.last_problem(workspace.project_id, KIND)
    run = resources.store().runs.latest(workspace.project_id, task.Batch)
    if run is None:
        st.caption(_("Nothing is generated yet. What passes the filters waits here for your review."))
        return
    _outcome(run)
    if run.payload.candidates:
        review.draw(workspace, run)
        verdict.draw(workspace, run)


def _start_form(workspace: Workspace) -> None:
    known = found.sources()
    names = list(known)
    name = st.radio(
        _("Where they come from"),
        names,
        captions=[_(one.summary) for one in known.values()],
        format_func=lambda one: _(known[one].title),
        key="augment-source",
        persist_state="session",
    )
    name = name if name in known else names[0]
    able = language_model.writer(workspace.project) if known[name].needs_generator else True
    with st.container(horizontal=True, vertical_alignment="bottom", key="augment-start"):
        per_class = st.number_input(
            _("For each class"), 1, 200, 10, key="augment-per-class", width=160, persist_state="session"
        )
        running = any(job.kind == KIND for job in resources.store().jobs.live(workspace.project_id))
        feedback.act(
            _("Generate"),
            _start,
            workspace.project_id,
            name,
            int(per_class),
            type="primary",
            key="augment-go",
            icon=":material/auto_awesome:",
            disabled=running or not able,
            help=_("Check items are never shown to the source. What you kept before stays in use until you change it."),
        )


def _start(project_id: int, source: str, per_class: int) -> None:
    store = resources.store()
    runs = store.runs.list(project_id, task.Batch, limit=1000)
    jobs.start(store, task.Params(source=source, per_class=per_class, seed=len(runs)), project_id)


def _outcome(run: Run[task.Batch]) -> None:
    """How many came, and why others fell."""
    payload = run.payload
    n, passed = payload.proposed, len(payload.candidates)
    st.subheader(_("Review"), anchor=False)
    words = tr("{source}: {n} proposed, {passed} passed the filters.", source=payload.by, n=n, passed=passed)
    st.markdown(feedback.plain(words))
    if payload.dropped:
        reasons = " · ".join(f"{_(reason)}: {count}" for reason, count in sorted(payload.dropped.items()))
        st.caption(feedback.plain(tr("Left out: {reasons}", reasons=reasons)))
    if payload.partial:
        words = tr("It ended early: {problem}", problem=say(payload.partial))
        st.warning(feedback.plain(words), icon=":material/warning:")
    if not passed:
        st.info(_("Nothing passed. Ask for more, or take another source."), icon=":material/info:")


page()
