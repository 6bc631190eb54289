"""What the model in use says of every item, the one score it has, and what may be taken without looking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, Probabilities
from fsl_core.data.store.records import FLOORS, UNSURE_BELOW
from fsl_core.evaluation import calibration, multilabel, trusting
from fsl_core.evaluation.metrics import MINIMUM_N, Report
from fsl_core.evaluation.novelty import Novelty
from fsl_core.evaluation.trusting import Accepted, Answered, Floor
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import LeftOut, Snapshot

How = Literal["check", "left_out"]


@dataclass(frozen=True)
class Standing:
    """The answers to n items, in their order; probabilities are calibrated.

    ``predicted`` (n,) is the likeliest class, ``second`` the next one and ``second_confidence`` its probability.
    ``confidence`` (n,) is the probability that the answer is right: of the likeliest class, or of the whole set where
    an item may have several classes (``sets`` (n, n_way); classes counted as independent). ``new`` (n,) is "none of
    these", and ``unsure`` (n,) what is new or less probable than ``unsure_below``.
    """

    classes: tuple[str, ...]
    predicted: Codes
    confidence: NDArray[np.float32]
    second: Codes
    second_confidence: NDArray[np.float32]
    new: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    unsure_below: float
    probabilities: Probabilities
    sets: NDArray[np.bool_] | None = None

    @property
    def doubt(self) -> NDArray[np.float32]:
        """Shape (n,): how little the answer is to be trusted, 0..1; what is like nothing here comes first."""
        return np.asarray(np.where(self.new, np.float32(1.0), 1.0 - self.confidence), dtype=np.float32)

    def members(self) -> NDArray[np.bool_]:
        """Shape (n, n_way): the classes of each answer; a row of False for "none of these"."""
        sets = multilabel.predicted_sets(self.probabilities, several=False) if self.sets is None else self.sets
        return sets & ~self.new[:, None]

    def answered(self) -> Answered:
        """The same for ``trusting``."""
        certainty = np.where(self.new, np.float32(-1.0), self.confidence)
        return Answered(np.asarray(certainty, dtype=np.float32), self.probabilities, self.members())


@dataclass(frozen=True)
class Score:
    """The one score of a model: on check items when there are enough of them, else on left-out answers.

    ``answers`` holds what the report was made from, as the method said it.
    """

    how: How
    report: Report
    answers: LeftOut


@dataclass(frozen=True)
class Trust:
    """What is accepted among the items without a label, ``rows`` (k,), and how that was judged.

    ``how`` is None where nothing is known yet that could judge it; then ``accepted.wrong`` is not ``enough``.
    ``missing`` is how many check items are to be labelled before they can judge by themselves.
    """

    how: How | None
    accepted: Accepted
    rows: Codes
    share: float
    missing: int
    unlike: int = 0
    """How many of them are like nothing known, and so never accepted."""


def standing(data: ProjectData, snapshot: Snapshot, near: Novelty | None) -> Standing:
    """The answers of a snapshot to all items of the project."""
    new = np.zeros(len(data.ids), dtype=bool)
    if near is not None and data.units is not None and len(data.units):
        new = near.is_new(data.units)
    below = unsure_below(data.project.settings, len(snapshot.classes))
    return _standing(snapshot.classes, snapshot.probabilities, snapshot.sets, new, below)


def score(data: ProjectData, snapshot: Snapshot) -> Score | None:
    """The score to show wherever this model is scored; None while there is nothing to score it on."""
    checked = snapshot.checked
    report = snapshot.audit.report if snapshot.audit is not None else None
    if report is not None and report.n >= MINIMUM_N and checked is not None:
        has_class = np.flatnonzero(checked.members.any(axis=1) | data.multi_label)
        return Score("check", report, _part(checked, has_class))
    if snapshot.report is not None and snapshot.left_out is not None:
        return Score("left_out", snapshot.report, snapshot.left_out)
    return None


def trust(
    data: ProjectData,
    standing: Standing,
    snapshot: Snapshot,
    near: Novelty | None,
    threshold: float,
    floors: Sequence[Floor] = (),
) -> Trust:
    """What a threshold accepts among the items without a label, and how much of that is expected to be wrong.

    Judged on the check items where there are ten, else on all left-out answers, which flatter: they are of items that
    somebody chose. Either way each item is answered by a model that has not seen it but all the others, for that is how
    the items to come are answered.
    """
    free = np.ones(len(data.ids), dtype=bool)
    free[data.labeled_rows()] = False
    rows = np.flatnonzero(free).astype(np.int64)
    checked = snapshot.checked
    n_checked = 0 if checked is None else len(checked.rows)
    how: How | None = None
    if n_checked >= MINIMUM_N:
        known, how = checked, "check"
    else:
        known = snapshot.left_out
        how = "left_out" if known is not None and len(known.rows) >= MINIMUM_N else None
    judged = None if known is None else _answered(data, snapshot, known, near)
    if known is None or judged is None:
        n_way = len(snapshot.classes)
        nothing = np.zeros((0, n_way), dtype=bool)
        judged = Answered(np.zeros(0, np.float32), np.zeros((0, n_way), np.float32), nothing)
        truth = nothing
    else:
        truth = known.members
    pool = standing.answered().take(rows)
    weight = trusting.evidence(len(judged), len(data.taught_rows()))
    accepted = trusting.accept(pool, threshold, judged, truth, floors, weight)
    share = accepted.n_accepted / len(rows) if len(rows) else 0.0
    return Trust(how, accepted, rows, share, max(0, MINIMUM_N - n_checked), int(standing.new[rows].sum()))


def unsure_below(settings: Mapping[str, Any], n_way: int) -> float:
    """The probability below which an answer is unsure: the project's own, else half way from chance to certainty."""
    chosen = settings.get(UNSURE_BELOW)
    if isinstance(chosen, int | float) and not isinstance(chosen, bool) and chosen >= 0:
        return float(chosen)
    return trusting.default_threshold(n_way)


def floors(data: ProjectData) -> tuple[Floor, ...]:
    """The floors that the project chose, for the classes that are still there."""
    chosen = data.project.settings.get(FLOORS) or {}
    place = {str(one.id): i for i, one in enumerate(data.classes)}
    return tuple(Floor(place[one], float(limit)) for one, limit in chosen.items() if one in place)


def _standing(
    classes: tuple[str, ...],
    probabilities: Probabilities,
    sets: NDArray[np.bool_] | None,
    new: NDArray[np.bool_],
    below: float,
) -> Standing:
    n, n_way = probabilities.shape
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :2] if n_way > 1 else np.zeros((n, 2), dtype=np.int64)
    every = np.arange(n)
    confidence = calibration.certainty(probabilities, sets)
    return Standing(
        classes=classes,
        predicted=np.asarray(order[:, 0], dtype=np.int64),
        confidence=confidence,
        second=np.asarray(order[:, 1], dtype=np.int64),
        second_confidence=np.asarray(probabilities[every, order[:, 1]], dtype=np.float32),
        new=new,
        unsure=new | (confidence < below),
        unsure_below=below,
        probabilities=probabilities,
        sets=sets,
    )


def _answered(data: ProjectData, snapshot: Snapshot, known: LeftOut, near: Novelty | None) -> Answered:
    """The answers to items whose truth is known, as they would stand without it."""
    new = np.zeros(len(data.ids), dtype=bool)
    if near is not None and data.units is not None:
        new[known.rows] = near.is_new(data.units[known.rows])
        if near.left_out is not None:
            new[data.support().rows] = near.left_out < near.threshold
    sets = None if snapshot.sets is None else multilabel.sets_of(known.probabilities)
    probabilities = snapshot.calibrate(known.probabilities)
    return _standing(snapshot.classes, probabilities, sets, new[known.rows], 0.0).answered()


def _part(answers: LeftOut, keep: Codes) -> LeftOut:
    return LeftOut(answers.rows[keep], answers.probabilities[keep], answers.members[keep])
