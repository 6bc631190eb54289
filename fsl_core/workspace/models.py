"""Models on the labels of a project: the fitted snapshot, answers without the own label, the audit score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Progress, Vectors, silent
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


def fit(data: ProjectData, name: str, settings: Settings) -> Snapshot:
    """The method fitted on every label, and its answers for all items. Raises DataError, see ``Workspace.snapshot``."""
    vectors = needed_vectors(data)
    model = fit_on(data, name, settings, None)
    several = isinstance(model, MultiLabelModel)
    unseen = left_out(data, model, name, settings) if several or scorable(data.support().labeled.codes) else None
    said = predict(data, model)
    snapshot = Snapshot(
        method=model,
        classes=data.class_names,
        probabilities=said,
        predicted=said.argmax(axis=1) if len(vectors) else np.zeros(0, dtype=np.int64),
        confidence=np.zeros(0, dtype=np.float32),
        report=_report(data, unseen),
        n_labeled=len(data.labeled_rows()) if several else len(data.support().labeled),
        version=data.version,
        sets=multilabel.sets_of(said) if several else None,
        left_out=unseen,
        temperature=_temperature(data, name, unseen),
    )
    shown = snapshot.calibrate(said)
    return replace(snapshot, probabilities=shown, confidence=shown.max(axis=1) if len(vectors) else snapshot.confidence)


def fit_on(data: ProjectData, name: str, settings: Settings, keep: Codes | None) -> Model:
    """The method fitted on the labelled items among the rows ``keep`` (None: on all)."""
    vectors, names = needed_vectors(data), data.name_vectors()
    if data.multi_label:
        rows = data.labeled_rows()
        rows = rows if keep is None else rows[np.isin(rows, keep)]
        model = MultiLabelModel(name, settings, data.context())
        return model.fit_vectors(vectors[rows], data.label_matrix()[rows], data.class_names, names)
    support = data.support()
    method = registry.create_method(name, settings, data.context())
    made = augmented.generated(data, support.rows) if method.info.weighs else None
    extra = made.without(np.zeros(0, dtype=np.int64)) if made else None
    if keep is not None:
        inside = np.flatnonzero(np.isin(support.rows, keep))
        extra = made.without(np.setdiff1d(np.arange(len(support.rows)), inside)) if made else None
        support = Support(support.rows[inside], support.labeled.take(inside))
    if isinstance(method, VectorMethod):
        codes, classes = support.labeled.codes, support.labeled.classes
        return method.fit_vectors(vectors[support.rows], codes, classes, names, extra)
    return method.fit(support.labeled)


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
        rows = data.labeled_rows()
        return rows, LabeledSets(data.label_matrix()[rows], data.class_names)
    support = data.support()
    return support.rows, support.labeled


def parts(data: ProjectData, folds: int, repeats: int) -> tuple[int, int]:
    """The folds and repeats that ``evaluate`` makes where so many are asked for."""
    if data.multi_label:
        return n_random_folds(len(data.labeled_rows()), folds), 1
    return n_folds(data.support().labeled.codes, folds), repeats


def audit(data: ProjectData, name: str, settings: Settings) -> AuditReport:
    """The score on the audit stream, by the method fitted without any label of it."""
    ordered = data.audit_rows()
    has_label = np.zeros(len(data.ids), dtype=bool)
    # What a model said of itself proves nothing; who else said it makes no difference, as the order decides.
    said = [data.position[i] for i, s in data.labels.items() if s.source != "model" and i in data.position]
    has_label[said] = True
    sampled = streams.sample(ordered, has_label)
    matrix = data.label_matrix()
    scored = sampled if data.multi_label else sampled[matrix[sampled].any(axis=1)]
    report: Report | None = None
    if len(scored) and data.ready:
        others = np.setdiff1d(np.arange(len(data.ids)), ordered)
        try:
            probabilities = predict(data, fit_on(data, name, settings, others), scored)
        except DataError:
            pass  # nothing to learn from besides the audit items: there is no score yet
        else:
            report = _score(data, probabilities, scored)
    return AuditReport(
        share=streams.share_of(data.project.settings),
        n_members=len(ordered),
        n_labeled=int(has_label[ordered].sum()),
        n_sample=len(sampled),
        n_none=int((~matrix[sampled].any(axis=1)).sum()),
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
