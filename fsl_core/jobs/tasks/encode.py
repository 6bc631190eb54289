"""Encode every item of a project, so that each vector is in the cache."""

from __future__ import annotations

from typing import ClassVar

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.workspace import items_of


class Params(BaseParams):
    """Nothing to choose: the project says what reads it."""

    kind: ClassVar[str] = "encode"


class Result(Record):
    """``n`` items have a vector now."""

    n: int


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """What was encoded before a cancel stays in the cache."""
    assert job.project_id is not None
    encoder = chosen.encoder_of(store.projects.get(job.project_id))
    items = items_of(store.items.all(job.project_id))
    encoder.encode(items, progress=report)
    return Result(n=len(items))


TASK = Task(Params, Result, run, title="Reading the items")
