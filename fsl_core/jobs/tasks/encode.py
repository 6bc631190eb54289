"""Encode every item of a project, so that each vector is in the cache."""

from __future__ import annotations

from typing import Any

from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store
from fsl_core.models import chosen
from fsl_core.workspace import items_of


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Result: how many items have a vector now. What was encoded before a cancel stays in the cache."""
    assert job.project_id is not None
    encoder = chosen.encoder_of(store.projects.get(job.project_id))
    items = items_of(store.items.all(job.project_id))
    encoder.encode(items, progress=report)
    return {"n": len(items)}
