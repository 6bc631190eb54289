"""Compute the UMAP of a project and keep it in the cache folder."""

from __future__ import annotations

from typing import Any

from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.models import chosen
from fsl_core.plotting import projection
from fsl_core.workspace import items_of


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: encoder and settings, by default those of the project. Result: the file's name in the cache folder."""
    assert job.project_id is not None
    choice = {"name": job.params.get("encoder"), "settings": job.params.get("settings")}
    project = store.projects.get(job.project_id)
    settings = {"encoder": choice} if choice["name"] else project.settings
    encoder = chosen.cached_encoder(*chosen.encoder_choice(settings, project.kind))
    table = store.items.all(job.project_id)
    vectors = encoder.encode(items_of(table), progress=span(report, 0.0, 0.5))
    fitted = projection.umap(vectors, progress=span(report, 0.5, 1.0))
    file = projection.cached_file(encoder.key, table.digests)
    projection.save(fitted, file)
    return {"file": file.name}
