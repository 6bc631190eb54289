"""Compute the UMAP of a project and keep it in the cache folder."""

from __future__ import annotations

from typing import Any, ClassVar

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.plotting import projection
from fsl_core.workspace import items_of


class Params(BaseParams):
    """``encoder`` and its ``settings``, by default those of the project.

    ``n``, the items there are, does nothing but make the work another one when there are more.
    """

    kind: ClassVar[str] = "umap"
    encoder: str | None = None
    settings: dict[str, Any] | None = None
    n: int | None = None


class Result(Record):
    """``file``: its name in the cache folder."""

    file: str


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises Cancelled, and keeps nothing then."""
    assert job.project_id is not None
    choice = {"name": params.encoder, "settings": params.settings}
    project = store.projects.get(job.project_id)
    settings = {"encoder": choice} if choice["name"] else project.settings
    encoder = chosen.cached_encoder(*chosen.encoder_choice(settings, project.kind))
    table = store.items.all(job.project_id)
    vectors = encoder.encode(items_of(table), progress=span(report, 0.0, 0.5))
    fitted = projection.umap(vectors, progress=span(report, 0.5, 1.0))
    file = projection.cached_file(encoder.key, table.digests)
    projection.save(fitted, file)
    return Result(file=file.name)


TASK = Task(Params, Result, run, title="Drawing the map")
