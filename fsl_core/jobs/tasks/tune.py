"""Tune the encoder of a project on its labels, keep the result when it answers better than the frozen head.

Items of the audit stream are left out, so that the score on them stays honest afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from fsl_core import registry
from fsl_core.base.notes import packed
from fsl_core.base.types import Codes, LabeledSet, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.evaluation.metrics import Report
from fsl_core.learning.tuning import gate
from fsl_core.learning.tuning.gate import Verdict
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models
from fsl_core.workspace import Workspace

DRAW_SECONDS = 0.5
MOST_MOVED = 2_000


class Curves:
    """Collects the points of all trainings of a job and writes them to the store now and then."""

    def __init__(self, store: Store, job_id: int) -> None:
        self.points: list[dict[str, Any]] = []
        self._store, self._job_id, self._last = store, job_id, 0.0

    def __call__(self, run: str, step: int, figures: Mapping[str, float]) -> None:  # noqa: D102
        self.points.append({"run": run, "step": step, **{name: round(value, 5) for name, value in figures.items()}})
        if time.monotonic() - self._last >= DRAW_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what there is."""
        self._last = time.monotonic()
        self._store.jobs.draw(self._job_id, self.points)


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: method, settings, check (default True: only keep what beats the frozen head), folds, encoder.

    ``encoder`` (name and settings) is what to start from, by default the project's own.

    Result: the id of the saved run of kind 'tune'. The project's encoder stays as it is; the page offers
    the new one.
    """
    assert job.project_id is not None
    start = time.monotonic()
    project = store.projects.get(job.project_id)
    start_from = job.params.get("encoder") or project.settings.get("encoder")
    encoder = chosen.cached_encoder(*chosen.encoder_choice({"encoder": start_from}))
    workspace = Workspace(store, job.project_id, encoder)
    workspace.encode(span(report, 0.0, 0.05))
    rows, support = learnable(workspace)
    assert workspace.vectors is not None
    name, settings = job.params["method"], job.params.get("settings") or {}
    curves, context = Curves(store, job.id), workspace.context()
    verdict = None
    if job.params.get("check", True):
        verdict = gate.decide(
            name, settings, support, context, vectors=workspace.vectors[rows],
            folds=int(job.params.get("folds", gate.FOLDS)), progress=span(report, 0.05, 0.5), curve=curves,
        )  # fmt: skip
    payload: dict[str, Any] = {
        "method": name,
        "settings": settings,
        "encoder": encoder.key,
        "n": len(support),
        "classes": list(support.classes),
        "counts": support.members.sum(axis=0).tolist(),
        "left_for_score": int(workspace.label_matrix().any(axis=1).sum()) - len(rows),
        "last_entry": store.journal.last_id(job.project_id),
        "verdict": None if verdict is None else plain(verdict),
        "model": None,
        "notes": [],
        "moved": [],
    }
    if verdict is None or verdict.keep:
        inside = replace(context, watch=lambda step, figures: curves("all labels", step, figures))
        method = registry.create_method(name, settings, inside).fit(support, progress=span(report, 0.5, 0.8))
        assert isinstance(method, TunedMethod)
        model = f"p{job.project_id}-j{job.id}"
        digests = [workspace.digests[row] for row in rows]
        tuned_models.keep(model, method.save, digests)
        payload |= {
            "model": model,
            "notes": [packed(note) for note in method.trace.notes],
            "fit_seconds": method.trace.seconds,
        }
        payload["moved"] = moved(workspace, model, span(report, 0.8, 1.0))
    curves.flush()
    payload |= {"curve": curves.points, "seconds": time.monotonic() - start}
    return {"run": store.runs.save(job.project_id, "tune", payload), "model": payload["model"]}


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


def moved(workspace: Workspace, model: str, report: Progress) -> list[list[float]]:
    """[item id, class number before, after, probability before, after] of unlabelled items whose answer changed.

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
    return [
        [
            int(workspace.ids[row]),
            int(before.predicted[row]),
            int(after.predicted[row]),
            round(float(before.confidence[row]), 4),
            round(float(after.confidence[row]), 4),
        ]
        for row in rows
    ]


def plain(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON holds it."""
    return {
        "keep": verdict.keep,
        "frozen": _plain_report(verdict.frozen),
        "tuned": _plain_report(verdict.tuned),
        "difference": asdict(verdict.difference),
        "wins": verdict.wins,
        "losses": verdict.losses,
        "frozen_loss": verdict.frozen_loss,
        "tuned_loss": verdict.tuned_loss,
        "seconds": verdict.seconds,
        "folds": verdict.folds,
    }


def _plain_report(report: Report) -> dict[str, Any]:
    names = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
    return {name: asdict(getattr(report, name)) for name in names} | {"n": report.n, "unscored": report.unscored}
