"""Download a model of the Hugging Face hub, in a process of its own so that it can be stopped at any byte."""

from __future__ import annotations

import sys
from typing import ClassVar

from fsl_core.base.errors import MissingBackend
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.processes import followed
from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models.backends import model_files

# The hub's library writes in steps of 10 MB: on a slow line the bar would stand still for minutes.
_CODE = (
    "import sys; from fsl_core.models.backends import model_files; from fsl_core.base.errors import FslError\n"
    "from huggingface_hub import constants; constants.DOWNLOAD_CHUNK_SIZE = 1 << 20\n"
    "try: model_files.hub_folder(sys.argv[1], sys.argv[2], lambda fraction, message: None)\n"
    "except FslError as error: sys.exit(error.message)"
)


class Params(BaseParams):
    """A model of the hub, at its newest revision unless one is named."""

    kind: ClassVar[str] = "download"
    model: str
    revision: str = ""


class Result(Record):
    """``folder``: where the model lies."""

    folder: str


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises MissingBackend when the model is not to be had."""
    model = params.model
    if model_files.local_folder(model) is not None:
        return Result(folder=model)
    report(0.0, "Asking the hub")
    commit = model_files.hub_commit(model, params.revision)
    total = model_files.hub_bytes(model, commit)

    def look() -> None:
        done = model_files.cached_bytes(model)
        words = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB" if total else f"{done / 1e6:,.0f} MB"
        report(min(0.99, done / total) if total else 0.0, words)

    status, said = followed([sys.executable, "-c", _CODE, model, commit], look)
    if status:
        raise MissingBackend(
            "{problem}", "Try again: what has arrived is kept.", problem=said.strip()[-500:] or "The download failed."
        )
    return Result(folder=str(model_files.hub_folder(model, commit, report)))


TASK = Task(Params, Result, run, title="Downloading the model")
