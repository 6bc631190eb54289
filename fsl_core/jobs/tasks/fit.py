"""Fit a method on the present labels of a project, where that takes longer than a page should wait.

A job and no thread of the server: the training loops are mostly Python and would hold up every page, a process of
its own is ended for good when nobody wants its fit any more, and it outlives a reload. What comes out lies in the
cache under the revision of its labels and settings (``fsl_core.workspace.fits``), where ``Workspace.fitted`` finds it.
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: method, settings, encoder, "encoder settings", revision (that the page waits for). Result: the revision
    that was fitted, which is another one when labels have changed since.
    """
    assert job.project_id is not None
    params = job.params
    encoder = chosen.cached_encoder(params["encoder"], params["encoder settings"])
    workspace = Workspace(store, job.project_id, encoder)

    def say(fraction: float, message: str) -> None:
        report(fraction, "")  # which of six fits is at which step says nothing to a person

    workspace.encode(span(say, 0.0, 0.05))
    return {"revision": workspace.fit_apart(params["method"], params["settings"], span(say, 0.05, 1.0))}
