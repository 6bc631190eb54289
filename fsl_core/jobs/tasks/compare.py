"""Compare methods on a project's labelled items by repeated stratified cross-validation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fsl_core import registry
from fsl_core.base.errors import ConfigError, DataError, MissingBackend
from fsl_core.base.notes import packed
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.evaluation.cross_validation import Evaluation
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: methods (names, default those that need no training), prompting (whether to add those that ask the
    project's language model), folds, repeats. Result: the id of the saved run.

    The method in use is judged with the settings it is used with, every other with its defaults. One that cannot
    answer so, or whose language model cannot, is listed with its reason; the others go on.
    """
    assert job.project_id is not None
    project = store.projects.get(job.project_id)
    workspace = Workspace(store, job.project_id, chosen.encoder_of(project))
    workspace.encode(span(report, 0.0, 0.2))
    known = registry.methods()
    names = [known.canonical(name) for name in job.params.get("methods") or registry.live_methods()]
    generator = None
    if job.params.get("prompting"):
        generator = registry.create_generator(*chosen.generator_choice(project.settings))
        names += list(registry.prompt_methods(generator.info.name))
    folds, repeats = made = int(job.params.get("folds", 5)), int(job.params.get("repeats", 2))
    in_use, own = workspace.chosen_method()
    rows, failed = [], []
    for position, name in enumerate(names):

        def step(done: float, message: str, position: int = position) -> None:
            report(0.2 + 0.8 * (position + done) / len(names), message)

        try:
            found = workspace.evaluate(
                name, own if name == in_use else None, folds=folds, repeats=repeats, progress=step, generator=generator
            )
        except (MissingBackend, ConfigError, DataError) as error:
            if not (name in registry.prompt_methods() or (name == in_use and own)):
                raise
            failed.append({"method": name, "message": packed(error.message), "hint": packed(error.hint)})
        else:
            rows.append(_row(found))
            made = found.folds, found.repeats
    payload = {
        "rows": rows,
        "in use": in_use,
        "its settings": _changed(in_use, own),
        "failed": failed,
        "model": generator.title if generator is not None else "",
        "classes": list(workspace.class_names),
        "n_labeled": workspace.support().n_items,
        "last_entry": store.journal.last_id(job.project_id),
        "folds": made[0],
        "repeats": made[1],
        "encoder": workspace.encoder.key,
    }
    return {"run": store.runs.save(job.project_id, "compare", payload)}


def _changed(method: str, values: dict[str, Any]) -> dict[str, Any]:
    known = registry.methods()
    usual = known[method].settings().model_dump() if method in known else {}
    return {name: value for name, value in values.items() if value != usual.get(name)}


def _row(evaluation: Evaluation) -> dict[str, Any]:
    report = evaluation.report
    confusion = [
        [int(i), int(j), float(report.confusion[i, j])] for i, j in zip(*report.confusion.nonzero(), strict=True)
    ]
    return {
        "method": evaluation.method,
        "accuracy": asdict(report.accuracy),
        "macro_precision": asdict(report.macro_precision),
        "macro_recall": asdict(report.macro_recall),
        "macro_f1": asdict(report.macro_f1),
        "confusion": confusion,
        "unscored": report.unscored,
        "fit_seconds": evaluation.fit_seconds,
        "predict_seconds": evaluation.predict_seconds,
    }
