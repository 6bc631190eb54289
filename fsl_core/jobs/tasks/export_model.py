"""Write a tuned model as one zip for use outside: a sentence-transformers folder, or ONNX."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Literal, get_args

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.errors import StoreError
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.contracts.method import Context
from fsl_core.data.exporting import file_name
from fsl_core.data.store import Job, Run, Store
from fsl_core.jobs.task import Task
from fsl_core.jobs.tasks import tune
from fsl_core.jobs.tasks.tune import Tuning
from fsl_core.learning import model_exporting
from fsl_core.learning.model_exporting import Facts
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models

Form = Literal["folder", "onnx"]
FORMS: tuple[Form, ...] = get_args(Form)


def file_of(model: str, form: Form) -> Path:
    """Where the zip of a model lies once it is written."""
    return paths.cache_dir() / "exports" / f"{model}-{form}.zip"


def download_name(project: str, model: str, form: Form) -> str:
    """What a person calls the file: 'handful-support-mail-contrastive-encoder-onnx.zip'."""
    return f"{_folder_name(project, model, form)}.zip"


def _folder_name(project: str, model: str, form: Form) -> str:
    method = next((one.method for one in tuned_models.models() if one.name == model), "") or "tuned"
    return f"handful-{file_name(project, '')}-{method}-encoder-{form}"


class Params(BaseParams):
    """A tuned model by its name, the form to write, and the encoder that it was tuned from."""

    kind: ClassVar[str] = "export_model"
    model: str
    form: Form
    encoder: chosen.Choice | None = None


class Result(Record):
    """``file``: its name in the folder of exports."""

    file: str


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises StoreError when the model, or the tuning that made it, is gone."""
    assert job.project_id is not None
    model, form = params.model, params.form
    report(0.0, "Loading the model")
    encoder = tuned_models.encoder_folder(model)
    method = registry.load_method(encoder.parent, Context(create=registry.create_method))
    assert isinstance(method, TunedMethod)
    file = file_of(model, form)
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=file.parent) as place:
        folder = Path(place) / _folder_name(store.projects.get(job.project_id).name, model, form)
        facts = _facts(params, store, _run_of(store, job.project_id, model))
        report(0.2, "Writing the model")
        if form == "onnx":
            model_exporting.export_onnx(method, folder, facts)
        else:
            model_exporting.export_folder(method, folder, facts)
        model_exporting.zip_export(folder, file, span(report, 0.6, 1.0))
    return Result(file=file.name)


def _run_of(store: Store, project_id: int, model: str) -> Run[Tuning]:
    for found in store.runs.list(project_id, Tuning):
        if found.payload.model == model:
            return found
    raise StoreError("The tuning of the model {model} is not in the store.", "Tune again.", model=model)


def _facts(params: Params, store: Store, found: Run[Tuning]) -> Facts:
    payload = found.payload
    project = store.projects.get(found.project_id)
    base = params.encoder or chosen.Choice(name=chosen.DEFAULT_ENCODER)
    base_title, base_model = model_exporting.base_of(base.name, base.settings)
    losses = [point.loss for point in payload.curve if point.run == tune.ALL_LABELS]
    return Facts(
        project.name,
        base_title=base_title,
        base_model=base_model,
        descriptions={one.name: one.description for one in store.classes.list(found.project_id) if one.description},
        examples=dict(zip(payload.classes, payload.counts, strict=True)),
        seconds=payload.fit_seconds,
        loss=losses[-1] if losses else None,
        verdict=None if payload.verdict is None else payload.verdict.plain(),
        trained_on=sorted(tuned_models.trained_on(tuned_models.encoder_folder(params.model))),
    )


TASK = Task(Params, Result, run, title="Writing the model")
