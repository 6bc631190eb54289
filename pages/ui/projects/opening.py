"""Going into a project: read what is missing, then the Label page; wait for imports in the background."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import streamlit as st

from fsl_core import jobs
from fsl_core.base import paths
from fsl_core.base.errors import Cancelled, FslError
from fsl_core.jobs.tasks import import_file
from pages.ui.kit import feedback, project, resources, state
from pages.ui.kit.text import _, say, tr

LABEL_PAGE = "pages/label.py"


def enter(project_id: int, page: str = LABEL_PAGE) -> NoReturn:
    """Make the project current and go to its Label page, with predictions where that is quick."""
    state.open_project(project_id)
    state.start_with.set("nothing")
    state.forget("import.")
    resources.projects_changed()
    _read(project_id)
    st.switch_page(page, query_params={"project": str(project_id)})


def import_later(
    write: Callable[[Path], object], params: import_file.Params, project_id: int, *, new: bool
) -> NoReturn:
    """Leave an import to the worker and follow it: ``write`` puts the upload where the job will find it."""
    store, path = resources.store(), params.path
    try:
        write(path)
        job = jobs.start(store, params, project_id)
    except BaseException:
        path.unlink(missing_ok=True)
        if new:
            store.projects.trash_if_empty(project_id)
        raise
    watch_import(job.id, project_id, new=new)
    state.import_round.set(state.import_round.get() + 1)
    state.start_with.set("nothing")
    state.open_project(project_id)
    state.forget("import.")
    resources.projects_changed()
    st.rerun()


def upload_path(suffix: str) -> Path:
    """Where an upload waits for the worker; nobody else gets the same name."""
    return paths.uploads_dir() / f"{secrets.token_hex(8)}{suffix}"


def watch_import(job_id: int, project_id: int, *, new: bool) -> None:
    """Remember the import this session started."""
    state.import_job.set((job_id, project_id, new))


def follow_import() -> bool:
    """Show the import this session waits for, go into the project when it is done; True while it runs."""
    if not (waiting := state.import_job.get() or _found_again()):
        return False
    job_id, project_id, new = waiting
    job = resources.store().jobs.get(job_id)
    if job.state in feedback.LIVE:
        feedback.job_progress(job_id=job_id)
        return True
    if job.state == "done":
        state.import_job.clear()
        result = jobs.result_of(job, import_file.Result)
        if result is not None and result.refused:
            n, why = f"{result.n_refused:,}", result.refused[0].reason
            state.notice.set(tr("{n} files were refused. The first: {reason}", n=n, reason=why))
        enter(project_id)
    feedback.show_job(job)
    # One that was made for this import, which brought nothing, has no use.
    if new and resources.store().projects.trash_if_empty(project_id):
        resources.projects_changed()
        state.open_project(None)
    if st.button(_("Close"), key="import-close", icon=":material/close:"):
        state.import_job.clear()
        st.rerun()
    return False


def _found_again() -> tuple[int, int, bool] | None:
    """After a reload the session is new: the running import of the project in the URL is followed again."""
    if (current := state.project_id()) is None:
        return None
    imports = [job for job in resources.store().jobs.live(current) if job.kind == import_file.Params.kind]
    if not imports:
        return None
    watch_import(imports[0].id, current, new=resources.store().items.count(current) == 0)
    return state.import_job.get()


def _read(project_id: int) -> None:
    workspace = resources.workspace(project_id)
    workspace.sync()
    try:
        project.read_now(workspace)
    except Cancelled:
        return
    except FslError as error:
        # The Label page works without suggestions and explains this in full.
        state.notice.set(say(error.message))
