"""The model in use to take along: one button makes the zip, by a job, and offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.jobs.tasks import export_in_use
from fsl_core.learning import model_exporting
from pages.ui.guide import tour
from pages.ui.kit import feedback, measures, project, resources, state
from pages.ui.kit.text import N_, _, size, tr

if TYPE_CHECKING:
    from pathlib import Path

    from fsl_core.workspace import Workspace

KIND = export_in_use.Params.kind
INSIDE: tuple[tuple[str, str], ...] = (
    ("README.md", N_("what it is: the data it learned from, its score, what it is meant for, its limits, licences")),
    ("predict.py", N_("answers for a file: CSV, TSV, JSONL, XLSX, Parquet or a folder of pictures, of any size")),
    ("serve.py", N_("the model as a service on your machine (FastAPI): batches, and a health check")),
    ("requirements.txt", N_("what to install for it")),
    ("model.json, model.safetensors", N_("what was learned, with calibration, 'unsure' and 'none of these'")),
    ("encoder/", N_("what reads the items, where it has weights")),
)


@feedback.guard
def draw(workspace: Workspace) -> None:
    """What leaves, whether it can, the button, and the file once it is there."""
    st.caption(
        _(
            "The method in use on the encoder in use, as one zip that runs without Handful and gives the same answers: "
            "the same classes and probabilities, the same 'unsure' and 'none of these'."
        )
    )
    name, settings = workspace.chosen_method()
    if (problem := obstacle(workspace)) is not None:
        feedback.error_box(problem)
        st.page_link(project.MODELS_PAGE, label=_("Models"), icon=":material/smart_toy:", query_params=state.query())
        return
    if project.with_model() is None:
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        _offer(workspace, export_in_use.Params(**in_use(workspace), revision=workspace.revision(name, settings)))
    with right:
        if (snapshot := workspace.fitted(name, settings)) is not None:
            measures.one_score(workspace, snapshot)
        st.markdown("\n".join(f"- `{file}`: {_(what)}" for file, what in INSIDE))


def obstacle(workspace: Workspace) -> model_exporting.ExportError | None:
    """Why the model in use cannot leave; None where it can."""
    name, _settings = workspace.chosen_method()
    return model_exporting.obstacle(registry.get_method(name), workspace.encoder)


def in_use(workspace: Workspace) -> dict[str, Any]:
    """How a job is told which model is meant."""
    name, settings = workspace.chosen_method()
    encoder = workspace.encoder.encoder
    return {
        "method": name,
        "settings": settings,
        "encoder": encoder.info.name,
        "encoder_settings": encoder.config.model_dump(),
    }


def _offer(workspace: Workspace, params: export_in_use.Params) -> None:
    """The file of the present model, or the button that makes it."""
    running = feedback.job_progress(project_id=workspace.project_id, kind=KIND)
    if (file := made(workspace.project_id, params.revision)) is not None:
        st.download_button(
            tr("Download {name}", name=feedback.plain(file.name)),
            file.read_bytes,  # called at the click: no rerun carries the weights
            file_name=file.name,
            mime="application/zip",
            type="primary",
            icon=":material/download:",
            key="export-model-get",
            on_click=tour.on_download(),
        )
        st.caption(size(file.stat().st_size))
        return
    st.button(
        _("Make the file"),
        key="export-model-go",
        type="primary",
        icon=":material/play_arrow:",
        disabled=running,
        on_click=_make,
        args=(workspace.project_id, params),
    )
    if not running:
        feedback.last_problem(workspace.project_id, KIND)


def made(project_id: int, revision: str) -> Path | None:
    """The zip of this very model, where it was made before and nothing has changed since."""
    for job in resources.store().jobs.recent(project_id, KIND):
        result = jobs.result_of(job, export_in_use.Result)
        if result is not None:
            return export_in_use.file_of(project_id, result) if result.revision == revision else None
    return None


@feedback.in_callback
def _make(project_id: int, params: export_in_use.Params) -> None:
    jobs.start(resources.store(), params, project_id)
