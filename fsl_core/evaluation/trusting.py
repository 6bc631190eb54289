"""How many answers may be taken without looking, and how many of those will be wrong.

Every answer whose probability reaches a threshold is accepted; the rest is the work list. What share of the accepted
ones is wrong is read off items whose truth is known: of those that would have been accepted, how many are wrong. When
they were drawn at random and answered by a model that did not learn from them, they stand for the others, and the
interval of ``base.intervals.prediction`` covers the share of the items still to come.

The known items have taught the model too: each is answered by one that has learned from all the others. Such answers
hang together, so that n of them tell less than n fresh ones: ``evidence`` says how much less.

A class that must not be missed gets a floor: an answer for another class is accepted only where this class is
improbable enough. How improbable is chosen on known items of that class by conformal risk control (Angelopoulos,
Bates, Fisch, Lei, Schuster, "Conformal Risk Control", ICLR 2024, arXiv:2208.02814): of n of them, with k missed,
(k + 1) / (n + 1) must not exceed the limit; that holds on average over draws of the known items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.intervals import prediction
from fsl_core.base.types import Codes, Probabilities
from fsl_core.evaluation.metrics import MINIMUM_N, Measure

NEVER = 2.0
"""The threshold that no probability reaches."""


def default_threshold(n_way: int) -> float:
    """Below this probability an answer is unsure while nobody has chosen another: half way from chance to certainty."""
    return (1.0 + 1.0 / max(n_way, 2)) / 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers to n items. ``certainty`` (n,) is the probability that the answer is right as a whole, -1 where it is
    "none of these"; ``probabilities`` (n, n_way) are those of the classes and ``sets`` (n, n_way) the answer itself.
    """

    certainty: NDArray[np.float32]
    probabilities: Probabilities
    sets: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.certainty)

    def take(self, rows: Codes | NDArray[np.bool_]) -> Answered:
        """The answers to some of the items."""
        return Answered(self.certainty[rows], self.probabilities[rows], self.sets[rows])


@dataclass(frozen=True, slots=True)
class Floor:
    """At most this share of the items of a class may be accepted as something else."""

    place: int
    """The column of the class."""
    limit: float


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a floor: ``below`` is the probability of the class below which other answers are accepted.

    ``missed`` is the share of the known items of the class that are accepted as something else, with the interval for
    the items to come; ``held`` answers are looked at because of this floor alone. ``within`` says whether there are
    known items enough to promise the limit.
    """

    floor: Floor
    below: float
    missed: Measure
    held: int
    within: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which answers are taken without looking: ``rows`` (n,), and what is expected of them.

    ``wrong`` is the share of wrong ones among the ``n_accepted``, with its interval for just these items; its n is the
    number of known items that would have been accepted too.
    """

    threshold: float
    rows: NDArray[np.bool_]
    wrong: Measure
    floors: tuple[Kept, ...] = ()

    @property
    def n_accepted(self) -> int:
        """How many are accepted."""
        return int(self.rows.sum())


def evidence(n_known: int, n_taught: int) -> float:
    """How much of a fresh item each of ``n_known`` left-out items counts as, among ``n_taught`` that the model learned.

    By Nadeau and Bengio ("Inference for the Generalization Error", Machine Learning 52, 2003) the variance of a mean
    over J splits is (1 / J + n_test / n_train) s^2; with one item left out at a time that is (1 + n_known / n_train) /
    n_known.
    """
    return 1.0 / (1.0 + n_known / max(n_taught - 1, 1))


def threshold_at(certainty: NDArray[np.float32], share: float) -> float:
    """The threshold that accepts this share of the answers (n,), and all that are as sure as the last of them."""
    n = round(share * len(certainty))
    if n <= 0:
        return NEVER
    least = float(np.partition(certainty, len(certainty) - n)[len(certainty) - n])
    return least if least >= 0 else float(certainty[certainty >= 0].min(initial=NEVER))


def accept(
    pool: Answered,
    threshold: float,
    known: Answered,
    truth: NDArray[np.bool_],
    floors: Sequence[Floor] = (),
    weight: float = 1.0,
) -> Accepted:
    """Which answers of the pool reach the threshold and break no floor, and what share of them will be wrong.

    ``truth`` (m, n_way) are the classes that the ``known`` items have; a row of False is "none of these". ``weight`` is
    the ``evidence`` of each of them: it widens the intervals.
    """
    known_rows, pool_rows = known.certainty >= threshold, pool.certainty >= threshold
    limits = [_below(one, known, truth, known_rows) for one in floors]
    held = [_held(pool, one.place, below) for one, below in zip(floors, limits, strict=True)]
    for one, below in zip(floors, limits, strict=True):
        known_rows = known_rows & ~_held(known, one.place, below)
    accepted = pool_rows & ~np.any(held, axis=0) if held else pool_rows
    kept = []
    for i, (one, below) in enumerate(zip(floors, limits, strict=True)):
        others = np.any([h for j, h in enumerate(held) if j != i], axis=0) if len(held) > 1 else np.False_
        missed = _missed(one, known, truth, known_rows, pool, weight)
        within = (round(missed.value * missed.n) + 1) <= one.limit * (missed.n + 1)
        kept.append(Kept(one, below, missed, int((pool_rows & held[i] & ~others).sum()), within))
    wrong = (known.sets != truth).any(axis=1)
    measure = _measure(int((wrong & known_rows).sum()), int(known_rows.sum()), int(accepted.sum()), weight)
    return Accepted(threshold, accepted, measure, tuple(kept))


def _measure(hits: int, n: int, ahead: int, weight: float) -> Measure:
    low, high = prediction(weight * hits, weight * n, ahead)
    return Measure(hits / n if n else 0.0, low, high, n, n >= MINIMUM_N)


def _held(answers: Answered, place: int, below: float) -> NDArray[np.bool_]:
    """Shape (n,): answers without the class though it is not improbable enough."""
    return np.asarray(~answers.sets[:, place] & (answers.probabilities[:, place] >= below), dtype=bool)


def _below(floor: Floor, known: Answered, truth: NDArray[np.bool_], accepted: NDArray[np.bool_]) -> float:
    """The highest limit that keeps the floor on the known items of the class; where none can, that without a miss."""
    own = truth[:, floor.place]
    # Missed at a limit are those below it; sorted, the first k stay missed when the limit is the next one.
    risky = np.sort(known.probabilities[own & accepted & ~known.sets[:, floor.place], floor.place])
    allowed = max(0, int(np.floor(floor.limit * (own.sum() + 1) - 1 + 1e-9)))
    if allowed >= len(risky):
        return NEVER
    return float(risky[allowed])


def _missed(
    floor: Floor,
    known: Answered,
    truth: NDArray[np.bool_],
    known_rows: NDArray[np.bool_],
    pool: Answered,
    weight: float,
) -> Measure:
    own = truth[:, floor.place]
    hits = int((own & known_rows & ~known.sets[:, floor.place]).sum())
    # How many of the class are still to come is not known: as many as the model expects, and one at least.
    ahead = max(1, round(float(pool.probabilities[:, floor.place].sum())))
    return _measure(hits, int(own.sum()), ahead, weight)
