"""What a meta-training achieved, as a job's result and the file of a kept model hold it."""

from __future__ import annotations

from typing import Literal

from fsl_core.base.payloads import Record

Judgement = Literal["beat", "did not beat", "not enough to say"]


class Share(Record):
    """An accuracy or a difference of two, with its 95 % interval over classes.

    ``low`` and ``high`` are None where there are too few classes for an interval.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    n_classes: int = 0
    enough: bool = False


class Difference(Share):
    """The learner minus a plain head on the same tasks, and what that allows to say."""

    verdict: Judgement


class Figures(Record):
    """Accuracies of the learner and of the plain heads, by name, and the differences to each plain head."""

    n_way: int
    k_shot: int
    accuracies: dict[str, Share]
    differences: dict[str, Difference]
