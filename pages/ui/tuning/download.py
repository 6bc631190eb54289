"""A tuned model to take along: made by a job, then downloaded as one zip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs.tasks import export_model
from fsl_core.models import chosen
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import N_, _, size, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Job

KIND = export_model.Params.kind
EXPORT_PAGE = "pages/export.py"
FORMS: dict[export_model.Form, tuple[str, str]] = {
    "folder": (
        N_("Hugging Face folder"),
        N_("Encoder and head with a model card and ten lines of Python that use them; sentence-transformers loads it."),
    ),
    "onnx": (N_("ONNX"), N_("One graph from text to probabilities, for servers and other languages than Python.")),
}


@st.fragment
@feedback.guard
def section(project_id: int, model: str, base: dict[str, Any]) -> None:
    """One row for each form: make it, or fetch what was made."""
    with st.expander(_("Use it outside of Handful"), icon=":material/download:", key="tune-download"):
        st.caption(
            _(
                "The model in use, with the method that answers here, its calibration, 'unsure' and 'none of these', "
                "leaves on the Export page: use the tuned encoder first, then take that file. The files below hold the "
                "tuned encoder with a head of its own instead, for programs that load such files; their probabilities "
                "are not calibrated, so they differ from those here."
            )
        )
        st.page_link(EXPORT_PAGE, label=_("The model in use"), icon=":material/output:", query_params=state.query())
        owner = resources.store().projects.get(project_id)
        if owner.settings.get("multi_label"):
            st.caption(_("Where items have several classes, the tuned encoder has no head of its own to take along."))
            return
        running = feedback.job_progress(project_id=project_id, kind=KIND)
        failed = _problems(project_id, model)
        for form, (title, summary) in FORMS.items():
            with st.container(horizontal=True, vertical_alignment="center", key=f"tune-export-{form}"):
                with st.container(gap="xxsmall", width="stretch"):
                    st.markdown(f"**{_(title)}**")
                    st.caption(_(summary))
                file = export_model.file_of(model, form)
                if file.is_file():
                    _fetch(file, export_model.download_name(owner.name, model, form), form)
                else:
                    st.button(
                        _("Make it"),
                        key=f"tune-export-{form}-go",
                        icon=":material/play_arrow:",
                        disabled=running,
                        on_click=_make,
                        args=(project_id, export_model.Params(model=model, form=form, encoder=chosen.Choice(**base))),
                    )
            if form in failed:
                feedback.show_job(failed[form])


def _fetch(file: Path, name: str, form: str) -> None:
    st.download_button(
        tr("Download, {size}", size=size(file.stat().st_size)),
        file.read_bytes,  # called at the click: no rerun carries the weights
        file_name=name,
        mime="application/zip",
        icon=":material/download:",
        key=f"tune-export-{form}-get",
        on_click="ignore",
    )


def _problems(project_id: int, model: str) -> dict[str, Job]:
    """The forms whose last making did not end well."""
    last: dict[str, Job] = {}
    for job in resources.store().jobs.recent(project_id, KIND):
        params = jobs.params_of(job, export_model.Params)
        if params is not None and params.model == model:
            last.setdefault(params.form, job)
    return {form: job for form, job in last.items() if job.state in ("failed", "cancelled")}


@feedback.in_callback
def _make(project_id: int, params: export_model.Params) -> None:
    jobs.start(resources.store(), params, project_id)
