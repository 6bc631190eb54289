"""The way into a project for every page that works on one: open, read the texts, or say what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs, registry
from pages.ui import feedback, opening, resources, state
from pages.ui.text import _, tr

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

PROJECTS_PAGE = "pages/projects.py"


def opened() -> Workspace | None:
    """The current project, up to date; None after an empty state was drawn (no project, no texts)."""
    project_id = state.project_id()
    if project_id is None:
        feedback.empty_state(
            _("No project is open"),
            _("Open a sample or import a file first; it takes one click."),
            page=PROJECTS_PAGE,
            label=_("Go to Projects"),
        )
        return None
    workspace = resources.workspace(project_id)
    workspace.sync()
    if len(workspace.ids) == 0:
        feedback.empty_state(
            _("This project has no texts yet"),
            _("Import a file or paste some texts into it."),
            page=PROJECTS_PAGE,
            label=_("Go to Projects"),
        )
        return None
    return workspace


def with_model() -> Workspace | None:
    """The same, with every text read and at least two classes; draws progress or what to do otherwise."""
    workspace = opened()
    if workspace is None or not read(workspace):
        return None
    if len(workspace.classes) < 2:
        feedback.empty_state(
            _("This project needs two classes"),
            _("Name what you want to tell apart; two names are enough to begin."),
            page=PROJECTS_PAGE,
            label=_("Add classes"),
        )
        return None
    return workspace


def read(workspace: Workspace) -> bool:
    """See to it that every text has its vector: at once when few are missing, else by a job with its bar."""
    if workspace.ready:
        return True
    if workspace.missing <= opening.READ_NOW:
        with feedback.inline_progress(_("Reading the texts")) as report:
            workspace.encode(report)
        return True
    recent = resources.store().jobs.recent(workspace.project_id, "encode", limit=1)
    if recent and not recent[0].live and recent[0].state != "done":
        # It failed or was stopped: starting it again is the person's decision.
        feedback.show_job(recent[0])
        if st.button(_("Read the texts"), type="primary", icon=":material/play_arrow:", key="read-again"):
            _start(workspace)
            st.rerun()
        return False
    _start(workspace)
    st.markdown(
        tr(
            "{n} texts are being read, once and for all. You can already label; suggestions and the map follow.",
            n=f"{workspace.missing:,}",
        )
    )
    feedback.job_progress(project_id=workspace.project_id, kind="encode")
    return False


def _start(workspace: Workspace) -> None:
    name, settings = registry.encoder_choice(workspace.project.settings)
    params = {"encoder": name, "settings": settings}
    jobs.start(resources.store(), "encode", params, workspace.project_id)


def method_picker(workspace: Workspace, key: str) -> str:
    """A choice among all methods; starts with the one the project uses."""
    methods = registry.methods()
    names = list(methods)
    chosen = st.selectbox(
        _("Method"),
        names,
        index=names.index(workspace.chosen_method()[0]) if workspace.chosen_method()[0] in names else 0,
        format_func=lambda name: _(methods[name].info.title),
        key=key,
        persist_state="session",
    )
    return str(chosen or names[0])
