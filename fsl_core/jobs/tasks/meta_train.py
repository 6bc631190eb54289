"""Meta-train a learner on the classes of some projects, and ask it about classes it never saw.

Items of the audit streams are left out, so that the scores on them stay honest when the model is used. The state
of the training is kept: the same work started again, after a stop or a dead worker, goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fsl_core.base import paths
from fsl_core.base.config import make_settings
from fsl_core.base.errors import DataError
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.tasks.tune import Curves, learnable
from fsl_core.learning.meta import files, heldout, kept
from fsl_core.learning.meta.heldout import HeldOutSettings, Outcome, Source
from fsl_core.learning.meta.pairing import Figure
from fsl_core.learning.meta.training import TrainingSettings
from fsl_core.models import chosen
from fsl_core.workspace import Workspace

OLD_SECONDS = 30 * 24 * 3600.0
"""States and models that nobody kept go after a month."""
CURVE = "meta-training"


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: projects (ids; all with the encoder of the first), learner, settings, training, check, name.

    ``name``: keep the model under it ("": only until ``keep`` is called or a month is over).
    Result: figures, differences to the plain heads with their verdicts, and facts; see ``payload``.
    """
    start = time.monotonic()
    name = str(job.params.get("name") or "")
    if name:
        kept.check_name(name)
    training = make_settings(TrainingSettings, dict(job.params.get("training") or {}))
    check = make_settings(HeldOutSettings, dict(job.params.get("check") or {}))
    spaces = workspaces(store, job.params["projects"], span(report, 0.0, 0.1))
    sources = [source(one) for one in spaces]
    learner, settings = str(job.params["learner"]), dict(job.params.get("settings") or {})
    state = _folder() / f"state-{_identity(sources, learner, settings, training, check)}.safetensors"
    curves = Curves(store, job.id)
    if state.exists():
        curves.points = _read_curve(state)

    def watch(step: int, figures: Any) -> None:  # noqa: ANN401
        # A worker that died had drawn further than its last kept state.
        curves.points = [point for point in curves.points if point["step"] < step]
        curves(CURVE, step, figures)
        _curve_file(state).write_text(json.dumps(curves.points), encoding="utf-8")

    found = heldout.run(
        sources, learner, settings, training, check,
        file=state, progress=span(report, 0.1, 1.0), watch=watch,
    )  # fmt: skip
    curves.flush()
    result = {
        **payload(found, spaces, training, check),
        "curve": curves.points,
        "seconds": time.monotonic() - start,
        "kept": name,
    }
    files.save(model_file(job.id), found.learner, found.trained.params, facts(result))
    if name:
        keep(job.id, name)
    for left in (state, _curve_file(state)):
        left.unlink(missing_ok=True)
    return result


def keep(job_id: int, name: str) -> None:
    """Keep what a job has trained under a name. DataError when it is gone, or the name does not do."""
    file = model_file(job_id)
    if not file.exists():
        raise DataError("The model of that training is no longer there.", "Train it again.")
    model = files.load(file)
    kept.keep(name, model.learner, model.params, model.facts)


def model_file(job_id: int) -> Path:
    """Where a job leaves its model."""
    return _folder() / f"job-{job_id}.safetensors"


def workspaces(store: Store, ids: Sequence[int], report: Progress) -> list[Workspace]:
    """The projects, all read by the encoder of the first. Raises DataError for those that cannot take part."""
    if not ids:
        raise DataError("No project was chosen.", "Choose one or more.")
    projects = [store.projects.get(int(project_id)) for project_id in ids]
    choices = [chosen.encoder_choice(project.settings, project.kind) for project in projects]
    for project, choice in zip(projects, choices, strict=True):
        if choice != choices[0]:
            raise DataError(
                "{name} reads with another encoder than {first}.",
                "Choose projects that use the same encoder.",
                name=project.name,
                first=projects[0].name,
            )
        if project.settings.get("multi_label"):
            raise DataError(
                "In {name} an item may have several classes; tasks need one.",
                "Choose projects with one class an item.",
                name=project.name,
            )
    encoder = chosen.cached_encoder(*choices[0])
    found = []
    for number, project in enumerate(projects):
        workspace = Workspace(store, project.id, encoder)
        workspace.encode(span(report, number / len(projects), (number + 1) / len(projects)))
        found.append(workspace)
    return found


def source(workspace: Workspace) -> Source:
    """The labelled items of a project, centred on all of its items as the methods do."""
    if workspace.units is None or not len(workspace.ids):
        return Source(workspace.project.name, np.zeros((0, 1), dtype=np.float32), ())
    rows, support = learnable(workspace)
    vectors = heldout.features(workspace.units[rows], workspace.units.mean(axis=0))
    return Source(workspace.project.name, vectors, support.labels)


def payload(
    found: Outcome, spaces: Sequence[Workspace], training: TrainingSettings, check: HeldOutSettings
) -> dict[str, Any]:
    """An outcome as JSON holds it."""
    return {
        "learner": found.learner.name,
        "settings": found.learner.config.model_dump(),
        "training": training.model_dump(),
        "check": check.model_dump(),
        "encoder": spaces[0].encoder.key,
        "projects": [one.project.name for one in spaces],
        "project_ids": [one.project_id for one in spaces],
        "classes trained on": list(found.split.training.names),
        "classes held out": list(found.split.held_out.names),
        "n_way": found.n_way,
        "k_shot": found.k_shot,
        "n_query": found.n_query,
        "accuracies": {name: _plain(figure) for name, figure in found.accuracies().items()},
        "differences": {
            name: {**_plain(figure), "verdict": said} for name, (figure, said) in found.differences().items()
        },
        "training_seconds": found.trained.seconds,
        "when": time.time(),
    }


def facts(result: dict[str, Any]) -> dict[str, Any]:
    """What the file of the model says of itself: the result without the curve."""
    wanted = ("encoder", "projects", "classes trained on", "classes held out", "training", "check", "when")
    task = {name: result[name] for name in ("n_way", "k_shot", "n_query", "accuracies", "differences")}
    return {name: result[name] for name in wanted} | {"figures": task}


def _plain(figure: Figure) -> dict[str, Any]:
    """An interval without end becomes None: JSON knows no infinity."""
    return {name: value if np.isfinite(value) else None for name, value in asdict(figure).items()} | {
        "enough": figure.enough
    }


def _folder() -> Path:
    folder = paths.cache_dir() / "meta"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > OLD_SECONDS:
            file.unlink(missing_ok=True)
    return folder


def _identity(sources: Sequence[Source], *values: Any) -> str:  # noqa: ANN401
    """Whatever decides how a training goes: the data, the learner and all settings."""
    plain = [value if isinstance(value, str | dict) else value.model_dump() for value in values]
    found = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for one in sources:
        found.update(json.dumps([one.name, one.labels]).encode())
        found.update(np.ascontiguousarray(one.vectors).tobytes())
    return found.hexdigest()[:24]


def _curve_file(state: Path) -> Path:
    return state.with_suffix(".json")


def _read_curve(state: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(_curve_file(state).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []
