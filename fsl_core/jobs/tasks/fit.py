"""Fit a method on the present labels of a project, where that takes longer than a page should wait.

A job and no thread of the server: the training loops are mostly Python and would hold up every page, a process of
its own is ended for good when nobody wants its fit any more, and it outlives a reload. What comes out lies in the
cache under the revision of its labels and settings (``fsl_core.workspace.fits``), where ``Workspace.fitted`` finds it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


class Params(BaseParams):
    """Which method on which encoder, each with its settings; ``revision`` is the one that the page waits for."""

    kind: ClassVar[str] = "fit"
    method: str
    settings: dict[str, Any] = {}
    encoder: str
    encoder_settings: dict[str, Any] = {}
    revision: str


class Result(Record):
    """``revision``: what was fitted, which is another one when labels have changed since it was asked for."""

    revision: str


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Keep the fit in the cache under its revision. Raises Cancelled, and keeps nothing then."""
    assert job.project_id is not None
    encoder = chosen.cached_encoder(params.encoder, params.encoder_settings)
    workspace = Workspace(store, job.project_id, encoder)

    def say(fraction: float, message: str) -> None:
        report(fraction, "")  # which of six fits is at which step says nothing to a person

    workspace.encode(span(say, 0.0, 0.05))
    return Result(revision=workspace.fit_apart(params.method, params.settings, span(say, 0.05, 1.0)))


TASK = Task(Params, Result, run, title="Fitting")
