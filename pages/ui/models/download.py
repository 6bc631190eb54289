"""A model of the hub: is it here already, and a job with a bar that fetches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs.tasks import download as task
from fsl_core.models.backends import model_files
from fsl_core.models.language.language_models import BUILT_IN
from pages.ui.kit import feedback, resources
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from typing import Any

KIND = task.Params.kind


def here(values: dict[str, Any]) -> bool:
    """Whether the model that is typed needs no download."""
    model = str(values["model"]).strip()
    return model == BUILT_IN or (bool(model) and model_files.on_disk(model, str(values["revision"])))


@feedback.guard
def draw(values: dict[str, Any]) -> None:
    """What is known of the model that is typed, and the button that downloads it."""
    model, revision = str(values["model"]).strip(), str(values["revision"])
    if not model:
        st.caption(_("Give a name of the hub or a folder."))
        return
    if model == BUILT_IN:
        st.caption(_("Comes with the program; nothing to download."))
        return
    if here(values):
        st.caption(tr(":material/hard_drive: {model} is on this machine.", model=feedback.plain(model)))
        return
    running = any(job.kind == KIND for job in resources.store().jobs.live(None))
    st.caption(tr(":material/cloud_download: {model} is not on this machine yet.", model=feedback.plain(model)))
    feedback.act(
        _("Download"),
        _start,
        model,
        revision,
        key="models-download",
        icon=":material/download:",
        disabled=running,
        help=_("From the Hugging Face hub: weights in safetensors, tokenizer and settings; no code, no pickles."),
    )
    if not feedback.job_progress(kind=KIND):
        last = next((job for job in resources.store().jobs.recent(None, KIND, limit=1)), None)
        if last is not None and last.state in ("failed", "cancelled"):
            asked = jobs.params_of(last, task.Params)
            if asked is not None and asked.model == model:
                feedback.show_job(last)


def _start(model: str, revision: str) -> None:
    model_files.local_folder(model)  # a name that is neither says so at once
    jobs.start(resources.store(), task.Params(model=model, revision=revision))
