"""Fetch a model of the catalogue onto this machine."""

from __future__ import annotations

from typing import ClassVar

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models.shelf import catalogue, fetching


class Params(BaseParams):
    """The id of the model."""

    kind: ClassVar[str] = "fetch_model"
    model: str


class Result(Record):
    """``folder``: where the model lies."""

    folder: str


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises MissingBackend when it is not to be had, StoreError when the disk is full; what has arrived is kept."""
    return Result(folder=str(fetching.fetch(catalogue.get(params.model), report)))


TASK = Task(Params, Result, run, title="Fetching the model")
