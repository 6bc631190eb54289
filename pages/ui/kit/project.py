"""The way into a project for every page that works on one: open, read the texts, or say what is missing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs.tasks import encode
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import N_, _, of_kind, tr

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

PROJECTS_PAGE = "pages/projects.py"
CLASSES_PAGE = "pages/classes.py"
MODELS_PAGE = "pages/models.py"
PART = "part"
"""In the address of Models: which of its tabs is open first ('text', 'image', 'language')."""
READ_NOW = 2_000
"""Up to this many texts are read inside the page, so that it opens with predictions; more go to the worker."""
JUST_NOW_S = 30.0


def chosen() -> int | None:
    """The id of the current project; None after an empty state was drawn."""
    project_id = state.project_id()
    if project_id is None:
        title, words = missing() or (
            _("No project is open"),
            _("Open a sample or import a file first; it takes one click."),
        )
        feedback.empty_state(title, words, page=PROJECTS_PAGE, label=_("Go to Projects"))
    return project_id


def missing() -> tuple[str, str] | None:
    """Title and way out, as Markdown, where a project was asked for that is not there."""
    if not (asked := state.missing_project.get()):
        return None
    trashed = resources.store().projects.list(trashed=True)
    if (name := next((one.name for one in trashed if str(one.id) == asked), None)) is not None:
        return (
            tr("“{name}” is in the trash", name=feedback.plain(name)),
            _("Restore it on the Projects page, or open another one there."),
        )
    return (
        tr("There is no project {id} here", id=feedback.plain(asked)),
        _("It is gone for good, or the link belongs to another installation. Open one of yours, or begin a new one."),
    )


def of_images() -> bool:
    """Whether the current project holds images; False without one."""
    project_id = state.project_id()
    return project_id is not None and resources.store().projects.get(project_id).kind == "image"


def opened() -> Workspace | None:
    """The current project, up to date; None after an empty state was drawn (no project, no texts)."""
    project_id = chosen()
    if project_id is None:
        return None
    workspace = resources.workspace(project_id)
    workspace.sync()
    if len(workspace.ids) == 0:
        feedback.empty_state(
            _("This project is empty"),
            of_kind(
                workspace.of_images,
                N_("Import a file or pictures into it, or paste some texts."),
                N_("Import pictures into it, one by one or as a ZIP of class folders."),
            ),
            page=PROJECTS_PAGE,
            label=_("Go to Projects"),
        )
        return None
    return workspace


def with_model() -> Workspace | None:
    """The same, with every item read and at least two classes; draws progress or what to do otherwise."""
    workspace = opened()
    if workspace is None or not read(workspace):
        return None
    if len(workspace.classes) < 2:
        feedback.empty_state(
            _("This project needs two classes"),
            _("Name what you want to tell apart; two names are enough to begin."),
            page=CLASSES_PAGE,
            label=_("Add classes"),
        )
        return None
    return workspace


def read(workspace: Workspace) -> bool:
    """See to it that every text has its vector: at once when few are missing, else by a job with its bar.

    A page that works without vectors too goes on whatever the answer.
    """
    if workspace.ready or read_now(workspace):
        return True
    store, project_id = resources.store(), workspace.project_id
    last = next(iter(store.jobs.recent(project_id, encode.Params.kind, limit=1)), None)
    if last is not None and last.state == "done" and time.time() - (last.finished_at or 0) < JUST_NOW_S:
        # Already read, by the worker: they only have to be fetched from the cache.
        workspace.encode()
        return workspace.ready
    if last is not None and last.state in ("failed", "cancelled"):
        # Started again by hand only: a stop must hold, a failure must not come back by itself.
        feedback.show_job(last)
        st.button(
            of_kind(workspace.of_images, N_("Read the texts"), N_("Read the pictures")),
            key="read-again",
            icon=":material/play_arrow:",
            on_click=jobs.start,
            args=(store, encode.Params(), project_id),
        )
        st.caption(_("Without it you can label, but there are no suggestions and no scores."))
        return False
    jobs.start(store, encode.Params(), project_id)
    feedback.job_progress(project_id=project_id, kind=encode.Params.kind)
    words = of_kind(
        workspace.of_images,
        N_("{n} texts are being read, once and for all. You can already label; suggestions and the map follow."),
        N_("{n} pictures are being read, once and for all. You can already label; suggestions and the map follow."),
    )
    st.caption(words.format(n=f"{workspace.missing:,}"))
    return False


def read_now(workspace: Workspace) -> bool:
    """Read what is missing inside this run, where that is quick; whether every text has its vector now."""
    if not workspace.ready and 0 < workspace.missing <= READ_NOW:
        title = of_kind(workspace.of_images, N_("Reading the texts"), N_("Reading the pictures"))
        with feedback.inline_progress(title) as report:
            workspace.encode(report)
    return workspace.ready
