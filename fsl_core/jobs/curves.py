"""The curves of the trainings of a job: collected while it runs, drawn by the pages."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from fsl_core.base.payloads import Record, read
from fsl_core.data.store import Job, Store

DRAW_SECONDS = 0.5


class CurvePoint(Record):
    """One step of one training, with what was measured there."""

    run: str
    step: int
    loss: float | None = None
    held_out_accuracy: float | None = None


class Curves:
    """Collects the points of all trainings of a job and writes them to the store now and then."""

    def __init__(self, store: Store, job_id: int, points: Sequence[CurvePoint] = ()) -> None:
        self.points = list(points)
        self._store, self._job_id, self._last = store, job_id, 0.0

    def __call__(self, run: str, step: int, figures: Mapping[str, float]) -> None:
        """A step is done: ``figures`` by the names of CurvePoint."""
        rounded: dict[str, Any] = {name: round(value, 5) for name, value in figures.items()}
        self.points.append(CurvePoint(run=run, step=step, **rounded))
        if time.monotonic() - self._last >= DRAW_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what there is."""
        self._last = time.monotonic()
        self._store.jobs.draw(self._job_id, [one.plain() for one in self.points])


def of(job: Job) -> list[CurvePoint]:
    """The curves of a job so far."""
    points = (read(CurvePoint, one) for one in job.curve or [])
    return [one for one in points if one is not None]
