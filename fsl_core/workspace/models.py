"""Models on the labels of a project: the fitted snapshot, answers without the own label, the audit score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Progress, Vectors, silent, span
from fsl_core.contracts.generator import Generator
from fsl_core.contracts.method import VectorMethod
from fsl_core.evaluation import calibration, metrics, multilabel, streams
from fsl_core.evaluation.cross_validation import (
    Evaluation,
    Model,
    cross_validate,
    has_second,
    left_out_probabilities,
    left_out_report,
    n_folds,
    n_random_folds,
    scorable,
)
from fsl_core.evaluation.metrics import Report
from fsl_core.evaluation.multilabel import LabeledSets, MultiLabelModel
from fsl_core.evaluation.streams import AuditReport
from fsl_core.learning.prompting.method import PromptMethod
from fsl_core.workspace import augmented
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import LeftOut, Snapshot, Support

Settings = Mapping[str, Any] | None
FITS = 6
"""Fits in a snapshot of a method without a closed form: one on all labels, five for the left-out answers."""


@dataclass(frozen=True)
class Fitted:
    """A fitted method with its answers as it says them: all that a snapshot cannot find again in a moment.

    ``said`` (n, n_way) of all items; ``unseen`` of the labelled ones, by models that did not see them.
    """

    model: Model
    said: Probabilities
    unseen: Probabilities | None = None


def fit(data: ProjectData, name: str, settings: Settings, progress: Progress | None = None) -> Snapshot:
    """The method fitted on every label, and its answers for all items. Raises DataError, see ``Workspace.snapshot``."""
    say = progress or silent
    return snapshot_of(data, name, fitted(data, name, settings, say))


def fitted(data: ProjectData, name: str, settings: Settings, progress: Progress) -> Fitted:
    """What ``snapshot_of`` is made from. Raises as ``fit``, and what ``progress`` raises."""
    needed_vectors(data)
    model = fit_on(data, name, settings, None, span(progress, 0.0, 1 / FITS))
    said = predict(data, model)
    unseen = None
    if isinstance(model, MultiLabelModel) or scorable(data.support().labeled.codes):
        unseen = left_out(data, model, name, settings, span(progress, 1 / FITS, 1.0))
    progress(1.0, "")
    return Fitted(model, said, None if unseen is None else unseen.probabilities)


def snapshot_of(data: ProjectData, name: str, found: Fitted) -> Snapshot:
    """The snapshot around what was fitted on the present labels."""
    several, said = isinstance(found.model, MultiLabelModel), found.said
    rows = data.taught_rows() if several else data.support().rows
    unseen = None if found.unseen is None else LeftOut(rows, found.unseen, data.label_matrix()[rows])
    judged = checked(data, said, unseen)
    snapshot = Snapshot(
        method=found.model,
        classes=data.class_names,
        probabilities=said,
        predicted=said.argmax(axis=1) if len(said) else np.zeros(0, dtype=np.int64),
        confidence=np.zeros(0, dtype=np.float32),
        report=_report(data, unseen),
        n_labeled=len(rows),
        version=data.version,
        sets=multilabel.sets_of(said) if several else None,
        left_out=unseen,
        temperature=_temperature(data, name, unseen),
        rows=rows,
        audit=audit_report(data, judged),
        checked=judged,
    )
    shown = snapshot.calibrate(said)
    return replace(snapshot, probabilities=shown, confidence=shown.max(axis=1) if len(said) else snapshot.confidence)


def fit_on(
    data: ProjectData, name: str, settings: Settings, keep: Codes | None, progress: Progress | None = None
) -> Model:
    """The method fitted on the labelled items among the rows ``keep`` (None: on all)."""
    vectors, names = needed_vectors(data), data.name_vectors()
    context = replace(data.context(), progress=progress)
    if data.multi_label:
        rows = data.taught_rows()
        rows = rows if keep is None else rows[np.isin(rows, keep)]
        model = MultiLabelModel(name, settings, context)
        return model.fit_vectors(vectors[rows], data.label_matrix()[rows], data.class_names, names)
    support = data.support()
    method = registry.create_method(name, settings, context)
    made = augmented.generated(data, support.rows) if method.info.weighs else None
    extra = made.without(np.zeros(0, dtype=np.int64)) if made else None
    if keep is not None:
        inside = np.flatnonzero(np.isin(support.rows, keep))
        extra = made.without(np.setdiff1d(np.arange(len(support.rows)), inside)) if made else None
        support = Support(support.rows[inside], support.labeled.take(inside))
    if isinstance(method, VectorMethod):
        codes, classes = support.labeled.codes, support.labeled.classes
        return method.fit_vectors(vectors[support.rows], codes, classes, names, extra)
    return method.fit(support.labeled, progress=progress)


def fit_prompted(
    data: ProjectData,
    name: str,
    settings: Settings,
    generator: Generator[Any],
    progress: Progress | None = None,
    support: LabeledSet | None = None,
) -> PromptMethod[Any]:
    """The method that asks ``generator``, fitted on every label or on ``support``; see ``Workspace.prompted``."""
    if data.multi_label:
        raise DataError("Prompts give each item one class, and here an item may have several.", "Take another method.")
    method = registry.create_method(name, settings, replace(data.context(), generator=generator))
    assert isinstance(method, PromptMethod)
    return method.fit(data.support().labeled if support is None else support, progress=progress)


def predict(data: ProjectData, model: Model, rows: Codes | None = None) -> Probabilities:
    """Shape (len(rows), n_way); all items by default."""
    if isinstance(model, MultiLabelModel | VectorMethod):
        vectors = needed_vectors(data)
        return model.predict_vectors(vectors if rows is None else vectors[rows])
    return model.predict_proba(data.items if rows is None else [data.items[row] for row in rows])


def left_out(
    data: ProjectData, model: Model, name: str, settings: Settings, progress: Progress | None = None
) -> LeftOut | None:
    """Each labelled item answered without its own label by the method of ``model``, fitted on the present labels.

    None below two classes with a label (one labelled item in a multi-label project).
    """
    rows, labeled = _labeled(data)
    if (len(np.unique(labeled.codes)) if isinstance(labeled, LabeledSet) else len(rows)) < 2:
        return None
    probabilities = left_out_probabilities(
        model, settings, labeled, data.context(), vectors=needed_vectors(data)[rows],
        name_vectors=data.name_vectors(), generated=augmented.generated(data, rows), progress=progress,
    )  # fmt: skip
    return LeftOut(rows, probabilities, data.label_matrix()[rows])


def judged(data: ProjectData, names: Sequence[str], progress: Progress | None = None) -> LeftOut | None:
    """The mean of ``left_out`` over several methods; None with too few labels."""
    say, heard = progress or silent, []
    for i, name in enumerate(names if len(data.labels) > 1 else ()):

        def tell(done: float, message: str, i: int = i) -> None:
            say((i + done) / len(names), "")

        tell(0.0, "")
        if (found := left_out(data, fit_on(data, name, None, None), name, None, tell)) is not None:
            heard.append(found)
    say(1.0, "")
    if not heard:
        return None
    mean: Probabilities = np.stack([one.probabilities for one in heard]).mean(axis=0)
    return LeftOut(heard[0].rows, mean, heard[0].members)


def evaluate(
    data: ProjectData,
    name: str,
    settings: Settings,
    *,
    folds: int,
    repeats: int,
    progress: Progress | None,
    generator: Generator[Any] | None = None,
) -> Evaluation:
    """Cross-validation of one method on the labelled items, as ``evaluation.cross_validate``."""
    rows, labeled = _labeled(data)
    return cross_validate(
        name, settings, labeled, replace(data.context(), generator=generator), vectors=needed_vectors(data)[rows],
        name_vectors=data.name_vectors(), folds=folds, repeats=repeats,
        fresh=data.fresh(rows), generated=augmented.generated(data, rows), progress=progress,
    )  # fmt: skip


def _labeled(data: ProjectData) -> tuple[Codes, LabeledSet | LabeledSets]:
    """The rows that carry a label, and the labels; "none of these" is a set without classes, and else no class."""
    if data.multi_label:
        rows = data.taught_rows()
        return rows, LabeledSets(data.label_matrix()[rows], data.class_names)
    support = data.support()
    return support.rows, support.labeled


def parts(data: ProjectData, folds: int, repeats: int) -> tuple[int, int]:
    """The folds and repeats that ``evaluate`` makes where so many are asked for."""
    if data.multi_label:
        return n_random_folds(len(data.taught_rows()), folds), 1
    return n_folds(data.support().labeled.codes, folds), repeats


def checked(data: ProjectData, said: Probabilities, unseen: LeftOut | None) -> LeftOut | None:
    """The check items whose turn has come, as the method answers them without their own label; None before it can.

    ``said`` (n, n_way) are its answers to all items, ``unseen`` those to the labelled ones, each left out. A check item
    that is "none of these" teaches a method of one class an item nothing: what it says of it is left out anyway.
    """
    if unseen is None:
        return None
    sampled = streams.sample(data.audit_rows(), data.labeled_by_people())
    sampled = sampled[data.fresh(sampled)]
    place = np.full(len(data.ids), -1, dtype=np.int64)
    place[unseen.rows] = np.arange(len(unseen.rows))
    answers, own = said[sampled], place[sampled]
    answers[own >= 0] = unseen.probabilities[own[own >= 0]]
    return LeftOut(sampled, answers, data.label_matrix()[sampled])


def audit_report(data: ProjectData, checked: LeftOut | None) -> AuditReport:
    """The score on the check items, which are all that no strategy and no model chose."""
    ordered, people = data.audit_rows(), data.labeled_by_people()
    sampled = streams.sample(ordered, people)
    report = None
    if checked is not None:
        scored = np.flatnonzero(checked.members.any(axis=1) | data.multi_label)
        report = _score(data, checked.probabilities[scored], checked.rows[scored]) if len(scored) else None
    return AuditReport(
        share=streams.share_of(data.project.settings),
        n_members=len(ordered),
        n_labeled=int(people[ordered].sum()),
        n_sample=len(sampled),
        n_none=int((~data.label_matrix()[sampled].any(axis=1)).sum()),
        report=report,
    )


def needed_vectors(data: ProjectData) -> Vectors:
    """The vectors, or DataError while there are none."""
    if data.vectors is None:
        raise DataError("The items of this project have not been read yet.", "Wait until the encoder has read them.")
    return data.vectors


def _score(data: ProjectData, probabilities: Probabilities, rows: Codes) -> Report:
    given = data.label_matrix()[rows]
    if data.multi_label:
        return multilabel.multilabel_report(given, multilabel.sets_of(probabilities), data.class_names)
    n_way = len(data.classes)
    confusion = metrics.confusion_matrix(given.argmax(axis=1), probabilities.argmax(axis=1), n_way)
    return metrics.report(confusion, data.class_names)


def _report(data: ProjectData, unseen: LeftOut | None) -> Report | None:
    if unseen is None:
        return None
    fresh = data.fresh(unseen.rows)
    if data.multi_label:
        said = multilabel.sets_of(unseen.probabilities[fresh])
        return multilabel.multilabel_report(unseen.members[fresh], said, data.class_names)
    return left_out_report(unseen.probabilities, unseen.codes, data.class_names, fresh)


def _temperature(data: ProjectData, name: str, unseen: LeftOut | None) -> float:
    """By the left-out answers, and by what is known of the method while they are few."""
    n_way = len(data.classes)
    if not data.multi_label:
        prior = calibration.prior_temperature(name, len(data.support().labeled) / n_way, n_way)
        if unseen is None:
            return prior
        scored = has_second(unseen.codes) & data.fresh(unseen.rows)
        return calibration.fit_temperature(unseen.probabilities[scored], unseen.codes[scored], prior=prior)
    if unseen is None:
        return 1.0
    # One answer with yes or no for each class: together they weigh as much as one item.
    fresh = data.fresh(unseen.rows)
    yes = unseen.probabilities[fresh].reshape(-1)
    answers = np.stack([1.0 - yes, yes], axis=1)
    codes = unseen.members[fresh].reshape(-1).astype(np.int64)
    return calibration.fit_temperature(answers, codes, strength=calibration.STRENGTH * n_way)
