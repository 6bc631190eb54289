"""The model of a snapshot with all that it needs to answer elsewhere as it does here."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date

from fsl_core import registry
from fsl_core.base.errors import NotFittedError
from fsl_core.contracts.method import VectorMethod
from fsl_core.evaluation.metrics import Report
from fsl_core.evaluation.multilabel import MultiLabelModel, MultiLabelReport
from fsl_core.evaluation.novelty import Novelty
from fsl_core.learning.model_exporting.in_use import InUse, obstacle
from fsl_core.learning.model_exporting.in_use_card import About
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import Snapshot
from fsl_core.workspace.standing import Score, unsure_below

MEASURED = {
    "check": "On items drawn at random and labelled by people, each answered by a model that did not see its label.",
    "left_out": "On the labelled items, each answered by a model that did not see it. Somebody chose these items, so "
    "the figures may flatter.",
}


def in_use(data: ProjectData, snapshot: Snapshot, near: Novelty | None, score: Score | None) -> InUse:
    """What ``export_in_use`` writes. Raises ExportError where this model cannot leave."""
    method = registry.get_method(snapshot.name)
    if (problem := obstacle(method, data.encoder)) is not None:
        raise problem
    return InUse(
        model=snapshot.method,
        encoder=data.encoder,
        kind=data.project.kind if data.of_images else "text",
        temperature=snapshot.temperature,
        near=near,
        unsure_below=unsure_below(data.project.settings, len(snapshot.classes)),
        about=_about(data, snapshot, score),
    )


def _about(data: ProjectData, snapshot: Snapshot, score: Score | None) -> About:
    method, matrix = registry.get_method(snapshot.name), data.label_matrix()[data.taught_rows()]
    one = snapshot.method.models[0] if isinstance(snapshot.method, MultiLabelModel) else snapshot.method
    if not isinstance(one, VectorMethod):
        raise NotFittedError("{title} has not been fitted.", title=method.info.title)
    info = data.encoder.info
    return About(
        title=data.project.name,
        method=snapshot.name,
        method_title=method.info.title,
        paper=method.info.paper,
        settings=one.config.model_dump(),
        encoder_title=info.title,
        languages=info.languages,
        made=date.today().isoformat(),
        fingerprint=fingerprint(data),
        examples=dict(zip(data.class_names, matrix.sum(axis=0).tolist(), strict=True)),
        n_items=len(data.ids),
        descriptions={c.name: c.description for c in data.classes if c.description},
        measured=MEASURED[score.how] if score else "",
        score=_figures(score.report) if score else {},
    )


def _figures(report: Report) -> dict[str, dict[str, object]]:
    first = "Whole set right" if isinstance(report, MultiLabelReport) else "Accuracy"
    return {first: asdict(report.accuracy), "Macro F1": asdict(report.macro_f1)}


def fingerprint(data: ProjectData) -> str:
    """sha256 of the items it learned from and their labels, in no order: the same ones give the same."""
    matrix, names = data.label_matrix(), data.class_names
    lines = []
    for row in data.taught_rows().tolist():
        labels = sorted(names[c] for c in matrix[row].nonzero()[0])
        lines.append("\t".join([data.digests[row], *labels]))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
