"""A new file sorted with this project's model, and nothing of it imported: in by upload, out by download."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from fsl_core import jobs
from fsl_core.base import paths
from fsl_core.base.errors import FslError
from fsl_core.data import images
from fsl_core.jobs.tasks import sort_file
from fsl_core.workspace import sorting
from pages.ui.exporting import model
from pages.ui.guide import tour
from pages.ui.kit import feedback, project, resources, state
from pages.ui.kit.text import N_, _, ngettext, of_kind, size, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Job
    from fsl_core.workspace import Workspace

KIND = sort_file.Params.kind
MAX_UPLOAD_MB = 200
TABLES = ("csv", "tsv", "jsonl", "xlsx", "parquet")


class _Head(NamedTuple):
    columns: tuple[str, ...]
    found: int


@feedback.guard
def draw(workspace: Workspace) -> None:
    """The upload, what of it is read, the button, and the sorted file."""
    st.caption(
        of_kind(
            workspace.of_images,
            N_("Pictures in, a table of answers out. They do not become items of the project."),
            N_("The file comes back with a class for every row. Its rows do not become items of the project."),
        )
    )
    if project.with_model() is None:
        return
    running = feedback.job_progress(project_id=workspace.project_id, kind=KIND)
    _sorted(workspace)
    if not running:
        _upload(workspace)
    st.caption(
        tr(
            "On the command line, for files of any size, with the model from here: {command}",
            command="`python -m fsl_core predict MODEL.zip FILE -o OUT`",
        )
    )


def _upload(workspace: Workspace) -> None:
    types = ["zip", *images.SUFFIXES] if workspace.of_images else list(TABLES)
    upload = st.file_uploader(
        of_kind(workspace.of_images, N_("Pictures as a ZIP, or one picture"), N_("A file with one text per row")),
        type=types,
        max_upload_size=MAX_UPLOAD_MB,
        key=f"export-sort-{workspace.project_id}",
    )
    if upload is None:
        return
    column = ""
    if not workspace.of_images:
        name, data = upload.name, upload.getvalue()
        try:
            head = state.remember("export.sort.head", (upload.file_id, name), lambda: _head(name, data))
        except FslError as error:
            feedback.error_box(error)
            return
        column = st.selectbox(
            _("Column with the texts"), head.columns, index=head.found, key=f"export-sort-column-{upload.file_id}"
        )
    feedback.act(
        _("Sort it"), lambda: _start(workspace, upload.name, upload.getvalue(), column), key="export-sort-go",
        type="primary", icon=":material/play_arrow:",
    )  # fmt: skip


def _head(name: str, data: bytes) -> _Head:
    with TemporaryDirectory(dir=paths.uploads_dir()) as place:
        file = Path(place) / f"file{Path(name).suffix.lower()}"
        file.write_bytes(data)
        return _Head(*sorting.columns_of(file))


def _start(workspace: Workspace, name: str, data: bytes, column: str) -> None:
    path = paths.uploads_dir() / f"{secrets.token_hex(8)}{Path(name).suffix.lower()}"
    try:
        path.write_bytes(data)
        params = sort_file.Params(path=path, filename=name, column=column, **model.in_use(workspace))
        jobs.start(resources.store(), params, workspace.project_id)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _sorted(workspace: Workspace) -> None:
    """The last sorted file, or why there is none."""
    last: Job | None = next(iter(resources.store().jobs.recent(workspace.project_id, KIND, limit=1)), None)
    if last is None or last.state in feedback.LIVE:
        return
    result = jobs.result_of(last, sort_file.Result)
    if result is None:
        feedback.show_job(last)
        return
    if (file := sort_file.file_of(last, result)) is None:
        return
    with st.container(border=True, key="export-sorted"):
        facts = [ngettext("{n} row", "{n} rows", result.n_rows), tr("{n} unsure", n=f"{result.n_unsure:,}")]
        facts.append(tr("{n} none of these", n=f"{result.n_new:,}"))
        if result.n_problems:
            facts.append(tr("{n} could not be read", n=f"{result.n_problems:,}"))
        st.markdown(" · ".join(facts))
        st.download_button(
            tr("Download {name}", name=feedback.plain(result.file)),
            file.read_bytes,
            file_name=result.file,
            icon=":material/download:",
            key="export-sorted-get",
            on_click=tour.on_download(),
        )
        st.caption(size(file.stat().st_size))
