"""Sort an uploaded file with the model of a project, without importing it: the same file with answers comes out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

from fsl_core.base import paths
from fsl_core.base.errors import StoreError
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.learning.model_exporting.standalone import tables
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, sorting


class Params(BaseParams):
    """The uploaded file, what it was called, the column to read (empty: found), and the model that sorts it."""

    kind: ClassVar[str] = "sort_file"
    path: Path
    filename: str
    column: str = ""
    method: str
    settings: dict[str, Any] = {}
    encoder: str
    encoder_settings: dict[str, Any] = {}


class Result(Record):
    """``file``: its name in the folder of this job; the counts are rows."""

    file: str
    column: str
    n_rows: int
    n_unsure: int
    n_new: int
    n_problems: int


def folder_of(project_id: int) -> Path:
    """Where the sorted files of a project lie, one folder a job; only that of the last one stays."""
    return paths.cache_dir() / "sorted" / str(project_id)


def file_of(job: Job, result: Result) -> Path | None:
    """The sorted file, as long as the cache holds it."""
    file = folder_of(job.project_id or 0) / str(job.id) / Path(result.file).name
    return file if file.is_file() else None


def name_of(filename: str) -> str:
    """'mails.csv' -> 'mails-sorted.csv'; pictures become a table."""
    name = Path(filename)
    return f"{name.stem}-sorted{name.suffix if name.suffix.lower() in tables.KINDS else '.csv'}"


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """The uploaded file goes away with the job, whichever way it ends."""
    assert job.project_id is not None
    place = folder_of(job.project_id) / str(job.id)
    try:
        workspace = Workspace(store, job.project_id, chosen.cached_encoder(params.encoder, params.encoder_settings))
        workspace.encode(span(report, 0.0, 0.05))
        workspace.fit_apart(params.method, params.settings, span(report, 0.05, 0.2))
        snapshot = workspace.fitted(params.method, params.settings)
        if snapshot is None:
            raise StoreError("The fitted model is not where it should be.", "Try again.")
        place.mkdir(parents=True, exist_ok=True)
        out = place / name_of(params.filename)
        found = sorting.sort_file(workspace.sorter(snapshot), params.path, out, params.column, span(report, 0.2, 1.0))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    finally:
        params.path.unlink(missing_ok=True)
    for other in place.parent.iterdir():
        if other != place and store.jobs.get(int(other.name)).state not in ("queued", "running"):
            shutil.rmtree(other, ignore_errors=True)
    return Result(
        file=out.name, column=found.column, n_rows=found.n_rows, n_unsure=found.n_unsure, n_new=found.n_new,
        n_problems=found.n_problems,
    )  # fmt: skip


TASK = Task(Params, Result, run, title="Sorting the file")
