"""Write a tuned model as one zip for use outside: a sentence-transformers folder, or ONNX."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.errors import StoreError
from fsl_core.base.types import Progress, span
from fsl_core.contracts.method import Context
from fsl_core.data.store import Job, Run, Store
from fsl_core.learning import model_exporting
from fsl_core.learning.model_exporting import Facts
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models

FORMS = ("folder", "onnx")


def file_of(model: str, form: str) -> Path:
    """Where the zip of a model lies once it is written."""
    return paths.cache_dir() / "exports" / f"{model}-{form}.zip"


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: model, form ('folder' or 'onnx'), encoder (what it was tuned from). Result: the file's name."""
    assert job.project_id is not None
    model, form = job.params["model"], job.params["form"]
    report(0.0, "Loading the model")
    encoder = tuned_models.encoder_folder(model)
    method = registry.load_method(encoder.parent, Context(create=registry.create_method))
    assert isinstance(method, TunedMethod)
    file = file_of(model, form)
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=file.parent) as place:
        folder = Path(place) / f"{model}-{form}"
        report(0.2, "Writing the model")
        if form == "onnx":
            model_exporting.export_onnx(method, folder)
        else:
            model_exporting.export_folder(method, folder, _facts(job, store, _run_of(store, job.project_id, model)))
        model_exporting.zip_export(folder, file, span(report, 0.6, 1.0))
    return {"file": file.name}


def _run_of(store: Store, project_id: int, model: str) -> Run:
    for found in store.runs.list(project_id, "tune"):
        if found.payload["model"] == model:
            return found
    raise StoreError("The tuning of the model {model} is not in the store.", "Tune again.", model=model)


def _facts(job: Job, store: Store, found: Run) -> Facts:
    payload = found.payload
    project = store.projects.get(found.project_id)
    base_title, base_model = model_exporting.base_of(*chosen.encoder_choice({"encoder": job.params.get("encoder")}))
    losses = [point["loss"] for point in payload["curve"] if point["run"] == "all labels"]
    return Facts(
        project.name,
        base_title=base_title,
        base_model=base_model,
        descriptions={one.name: one.description for one in store.classes.list(found.project_id) if one.description},
        examples=dict(zip(payload["classes"], payload["counts"], strict=True)),
        seconds=payload.get("fit_seconds"),
        loss=losses[-1] if losses else None,
        verdict=payload["verdict"],
        trained_on=sorted(tuned_models.trained_on(tuned_models.encoder_folder(payload["model"]))),
    )
