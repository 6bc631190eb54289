"""Tune the encoder of a project on its labels, keep the result when it answers better than the frozen head.

Items of the audit stream are left out, so that the score on them stays honest afterwards.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from fsl_core import registry
from fsl_core.base.notes import packed
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record, SavedRun
from fsl_core.base.types import Codes, LabeledSet, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.curves import CurvePoint, Curves
from fsl_core.jobs.scores import Verdict, verdict_of
from fsl_core.jobs.task import Task
from fsl_core.learning.tuning import gate
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models
from fsl_core.workspace import Workspace

ALL_LABELS = "all labels"
"""The training on everything, by its name in the curve; those of the check are its folds."""
MOST_MOVED = 2_000


class Params(BaseParams):
    """A method that trains, with its settings.

    ``check``: only keep what beats the frozen head. ``encoder``: what to start from, by default the project's own.
    """

    kind: ClassVar[str] = "tune"
    method: str
    settings: dict[str, Any] = {}
    check: bool = True
    folds: int = gate.FOLDS
    encoder: chosen.Choice | None = None


class Result(Record):
    """``run``: the id of the saved Tuning; ``model``: the name of the tuned model, None when none was kept."""

    run: int
    model: str | None = None


class Moved(NamedTuple):
    """An unlabelled item (id) whose answer changed: class before and after by number, and how sure each was."""

    item: int
    before: int
    after: int
    p_before: float
    p_after: float


class Tuning(SavedRun):
    """How a tuning went; ``last_entry`` is that of the journal whose labels it learned from."""

    kind: ClassVar[str] = "tune"
    method: str
    settings: dict[str, Any] = {}
    encoder: str = ""
    n: int
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    left_for_score: int = 0
    """Labelled check items, which were kept out."""
    last_entry: int
    verdict: Verdict | None = None
    model: str | None = None
    notes: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    seconds: float = 0.0
    fit_seconds: float | None = None


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Save a Tuning. The project's encoder stays as it is; the page offers the new one."""
    assert job.project_id is not None
    start = time.monotonic()
    project = store.projects.get(job.project_id)
    asked = params.encoder
    encoder = chosen.cached_encoder(
        *(chosen.encoder_choice(project.settings) if asked is None else (asked.name, asked.settings))
    )
    workspace = Workspace(store, job.project_id, encoder)
    workspace.encode(span(report, 0.0, 0.05))
    rows, support = learnable(workspace)
    assert workspace.vectors is not None
    name, settings = params.method, params.settings
    curves, context = Curves(store, job.id), workspace.context()
    verdict = None
    if params.check:
        verdict = gate.decide(
            name, settings, support, context, vectors=workspace.vectors[rows],
            folds=params.folds, progress=span(report, 0.05, 0.5), curve=curves,
        )  # fmt: skip
    left_for_score = int(workspace.label_matrix().any(axis=1).sum()) - len(rows)
    last_entry = store.journal.last_id(job.project_id)
    model: str | None = None
    notes: tuple[str, ...] = ()
    changed: tuple[Moved, ...] = ()
    fit_seconds: float | None = None
    if verdict is None or verdict.keep:
        inside = replace(context, watch=lambda step, figures: curves(ALL_LABELS, step, figures))
        method = registry.create_method(name, settings, inside).fit(support, progress=span(report, 0.5, 0.8))
        assert isinstance(method, TunedMethod)
        model = f"p{job.project_id}-j{job.id}"
        tuned_models.keep(model, method.save, [workspace.digests[row] for row in rows])
        notes, fit_seconds = tuple(packed(note) for note in method.trace.notes), method.trace.seconds
        changed = moved(workspace, model, span(report, 0.8, 1.0))
    curves.flush()
    tuning = Tuning(
        method=name,
        settings=settings,
        encoder=encoder.key,
        n=len(support),
        classes=support.classes,
        counts=tuple(support.members.sum(axis=0).tolist()),
        left_for_score=left_for_score,
        last_entry=last_entry,
        verdict=None if verdict is None else verdict_of(verdict),
        model=model,
        notes=notes,
        moved=changed,
        curve=tuple(curves.points),
        seconds=time.monotonic() - start,
        fit_seconds=fit_seconds,
    )
    return Result(run=store.runs.save(job.project_id, tuning), model=model)


def learnable(workspace: Workspace) -> tuple[Codes, LabeledSet]:
    """Rows and labels to learn from: all that carry a class, but for the audit stream.

    Where an item has several classes, its label is the rarest of them, so that batches serve the rare ones.
    """
    members = workspace.label_matrix()
    rows = np.flatnonzero(members.any(axis=1))
    rows = rows[~np.isin(rows, workspace.audit_rows())]
    names, counts = workspace.class_names, members.sum(axis=0)
    sets = tuple(tuple(names[c] for c in np.flatnonzero(members[row])) for row in rows)
    rarest = tuple(min(own, key=lambda name: (counts[names.index(name)], names.index(name))) for own in sets)
    items = tuple(workspace.texts[row] for row in rows)
    return rows, LabeledSet(items, rarest, names, sets if workspace.multi_label else ())


def moved(workspace: Workspace, model: str, report: Progress) -> tuple[Moved, ...]:
    """The unlabelled items whose answer changed.

    Both answers are those of the same head on the old and on the new vectors; the surest changes come first.
    """
    encoder = chosen.cached_encoder(*tuned_models.encoder_choice(model))
    after_space = Workspace(workspace.store, workspace.project_id, encoder)
    after_space.encode(report)
    before, after = workspace.snapshot(gate.FROZEN), after_space.snapshot(gate.FROZEN)
    free = np.ones(len(workspace.ids), dtype=bool)
    free[workspace.labeled_rows()] = False
    rows = np.flatnonzero(free & (before.predicted != after.predicted))
    rows = rows[np.argsort(-after.confidence[rows], kind="stable")][:MOST_MOVED]
    return tuple(
        Moved(
            int(workspace.ids[row]),
            int(before.predicted[row]),
            int(after.predicted[row]),
            round(float(before.confidence[row]), 4),
            round(float(after.confidence[row]), 4),
        )
        for row in rows
    )


TASK = Task(Params, Result, run, title="Tuning the encoder")
