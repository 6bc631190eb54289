"""Write the model that a project answers with as one zip that runs elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.errors import StoreError
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.exporting import file_name
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.learning import model_exporting
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


class Params(BaseParams):
    """Which method on which encoder, each with its settings; ``revision`` is the one that the page offers."""

    kind: ClassVar[str] = "export_in_use"
    method: str
    settings: dict[str, Any] = {}
    encoder: str
    encoder_settings: dict[str, Any] = {}
    revision: str


class Result(Record):
    """``file``: its name in the project's folder of exports; ``revision``: what was written."""

    file: str
    revision: str
    inside: tuple[str, ...] = ()
    """The names of the files in it."""


def folder_of(project_id: int) -> Path:
    """Where the last export of a project lies."""
    return paths.cache_dir() / "exports" / f"in-use-{project_id}"


def file_of(project_id: int, result: Result) -> Path | None:
    """The zip, as long as the cache holds it."""
    file = folder_of(project_id) / Path(result.file).name
    return file if file.is_file() else None


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises ExportError where the method or the encoder cannot leave, before anything is fitted."""
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, chosen.cached_encoder(params.encoder, params.encoder_settings))
    if (problem := model_exporting.obstacle(registry.get_method(params.method), workspace.encoder)) is not None:
        raise problem
    workspace.encode(span(report, 0.0, 0.05))
    revision = workspace.fit_apart(params.method, params.settings, span(report, 0.05, 0.4))
    snapshot = workspace.fitted(params.method, params.settings)
    if snapshot is None:
        raise StoreError("The fitted model is not where it should be.", "Try again.")
    name = (
        f"handful-{file_name(store.projects.get(job.project_id).name, '')}-{params.method}-{date.today().isoformat()}"
    )
    place = folder_of(job.project_id)
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place) as making:
        folder = Path(making) / name
        model_exporting.export_in_use(workspace.in_use(snapshot), folder, span(report, 0.4, 0.9))
        made = model_exporting.zip_export(folder, Path(making) / f"{name}.zip", span(report, 0.9, 1.0))
        inside = tuple(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()))
        made.replace(place / made.name)
    for other in place.glob("*.zip"):
        if other.name != f"{name}.zip":
            other.unlink(missing_ok=True)
    return Result(file=f"{name}.zip", revision=revision, inside=inside)


TASK = Task(Params, Result, run, title="Writing the model")
