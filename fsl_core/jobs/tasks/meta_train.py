"""Meta-train a learner on the classes of some projects, and ask it about classes it never saw.

Items of the audit streams are left out, so that the scores on them stay honest when the model is used. The state
of the training is kept: the same work started again, after a stop or a dead worker, goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import AliasChoices, Field

from fsl_core.base import paths
from fsl_core.base.errors import DataError
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import read
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.curves import CurvePoint, Curves
from fsl_core.jobs.task import Task
from fsl_core.jobs.tasks.tune import learnable
from fsl_core.learning.meta import files, heldout, kept
from fsl_core.learning.meta.figures import Difference, Figures, Share
from fsl_core.learning.meta.heldout import HeldOutSettings, Outcome, Source
from fsl_core.learning.meta.pairing import Figure
from fsl_core.learning.meta.training import TrainingSettings
from fsl_core.models import chosen
from fsl_core.workspace import Workspace

OLD_SECONDS = 30 * 24 * 3600.0
"""States and models that nobody kept go after a month."""
CURVE = "meta-training"


class Params(BaseParams):
    """The projects (ids; all with the encoder of the first), and what is trained on them, and how it is asked.

    ``name``: keep the model under it ("": only until ``keep`` is called or a month is over).
    """

    kind: ClassVar[str] = "meta_train"
    projects: tuple[int, ...]
    learner: str
    settings: dict[str, Any] = {}
    training: TrainingSettings = TrainingSettings()
    check: HeldOutSettings = HeldOutSettings()
    name: str = ""


class Result(Figures):
    """What was trained on which classes, and its figures on those it never saw; settings as they were then."""

    learner: str
    settings: dict[str, Any] = {}
    training: dict[str, Any] = {}
    check: dict[str, Any] = {}
    encoder: str
    """The key of what read the items."""
    projects: tuple[str, ...]
    project_ids: tuple[int, ...] = ()
    trained_on: tuple[str, ...] = Field(
        (), validation_alias=AliasChoices("trained_on", "classes trained on"), serialization_alias="classes trained on"
    )
    held_out: tuple[str, ...] = Field(
        (), validation_alias=AliasChoices("held_out", "classes held out"), serialization_alias="classes held out"
    )
    n_query: int = 0
    training_seconds: float = 0.0
    when: float
    curve: tuple[CurvePoint, ...] = ()
    seconds: float = 0.0
    kept: str = ""
    """The name that it is kept under from the beginning."""

    @property
    def episodes(self) -> int:
        """The tasks that it was asked."""
        return int(self.check.get("episodes", 0))


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises DataError for projects that cannot take part, classes too few, or a name that is taken."""
    start = time.monotonic()
    if params.name:
        kept.check_name(params.name)
    spaces = workspaces(store, params.projects, span(report, 0.0, 0.1))
    sources = [source(one) for one in spaces]
    state = _folder() / f"state-{_identity(sources, params)}.safetensors"
    curves = Curves(store, job.id, _read_curve(state) if state.exists() else ())

    def watch(step: int, figures: Any) -> None:  # noqa: ANN401
        # A worker that died had drawn further than its last kept state.
        curves.points = [point for point in curves.points if point.step < step]
        curves(CURVE, step, figures)
        _curve_file(state).write_text(json.dumps([one.plain() for one in curves.points]), encoding="utf-8")

    found = heldout.run(
        sources, params.learner, params.settings, params.training, params.check,
        file=state, progress=span(report, 0.1, 1.0), watch=watch,
    )  # fmt: skip
    curves.flush()
    result = result_of(found, spaces, params, tuple(curves.points), time.monotonic() - start)
    files.save(model_file(job.id), found.learner, found.trained.params, facts(result))
    if params.name:
        keep(job.id, params.name)
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


def result_of(
    found: Outcome, spaces: Sequence[Workspace], params: Params, curve: tuple[CurvePoint, ...], seconds: float
) -> Result:
    """An outcome with what is known of its training."""
    return Result(
        learner=found.learner.name,
        settings=found.learner.config.model_dump(),
        training=params.training.model_dump(),
        check=params.check.model_dump(),
        encoder=spaces[0].encoder.key,
        projects=tuple(one.project.name for one in spaces),
        project_ids=tuple(one.project_id for one in spaces),
        trained_on=tuple(found.split.training.names),
        held_out=tuple(found.split.held_out.names),
        n_way=found.n_way,
        k_shot=found.k_shot,
        n_query=found.n_query,
        accuracies={name: Share(**_shown(figure)) for name, figure in found.accuracies().items()},
        differences={
            name: Difference(**_shown(figure), verdict=said) for name, (figure, said) in found.differences().items()
        },
        training_seconds=found.trained.seconds,
        when=time.time(),
        curve=curve,
        seconds=seconds,
        kept=params.name,
    )


def facts(result: Result) -> dict[str, Any]:
    """What the file of the model says of itself: the result without the curve, as JSON."""
    plain = result.plain()
    wanted = ("encoder", "projects", "classes trained on", "classes held out", "training", "check", "when")
    return {name: plain[name] for name in wanted} | {"figures": {name: plain[name] for name in Figures.model_fields}}


def _shown(figure: Figure) -> dict[str, Any]:
    """The fields of a Share: an interval without end becomes None."""
    ends = {name: end if np.isfinite(end) else None for name, end in (("low", figure.low), ("high", figure.high))}
    return {"value": figure.value, **ends, "n": figure.n, "n_classes": figure.n_classes, "enough": figure.enough}


def _folder() -> Path:
    folder = paths.cache_dir() / "meta"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > OLD_SECONDS:
            file.unlink(missing_ok=True)
    return folder


def _identity(sources: Sequence[Source], params: Params) -> str:
    """Whatever decides how a training goes: the data, the learner and all settings."""
    values = [params.learner, params.settings, params.training.model_dump(), params.check.model_dump()]
    found = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for one in sources:
        found.update(json.dumps([one.name, one.labels]).encode())
        found.update(np.ascontiguousarray(one.vectors).tobytes())
    return found.hexdigest()[:24]


def _curve_file(state: Path) -> Path:
    return state.with_suffix(".json")


def _read_curve(state: Path) -> list[CurvePoint]:
    try:
        points = [read(CurvePoint, one) for one in json.loads(_curve_file(state).read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []
    return [one for one in points if one is not None]


TASK = Task(Params, Result, run, title="Meta-learning")
