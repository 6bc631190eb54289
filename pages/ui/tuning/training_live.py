"""A training on its way, of whichever kind: found again after a reload, drawn anew each second, its curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs
from pages.ui.kit import feedback, resources
from pages.ui.tuning import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fsl_core.data.store import Job
    from fsl_core.jobs.curves import CurvePoint

LOOK_EVERY_S = 1.0


def live_job(kind: str, project_id: int) -> Job | None:
    """The training of that kind and project that waits or runs."""
    return next((job for job in resources.store().jobs.live(project_id) if job.kind == kind), None)


def watch(kind: str, project_id: int, draw: Callable[[Job], None]) -> bool:
    """``draw`` the training that runs again every second; True while one lives."""
    if live_job(kind, project_id) is None:
        return False
    _watch(kind, project_id, draw)
    return True


@st.fragment(run_every=LOOK_EVERY_S)
@feedback.guard
def _watch(kind: str, project_id: int, draw: Callable[[Job], None]) -> None:
    jobs.tend(resources.store())
    job = live_job(kind, project_id)
    if job is None:
        st.rerun()
    draw(job)


def curves(points: Sequence[CurvePoint], key: str, loss: str, right: str) -> None:
    """Loss, and beside it the accuracy where it was measured, under these titles."""
    found = {
        "loss": figures.curves([(one.run, one.step, one.loss) for one in points], loss),
        "right": figures.curves([(one.run, one.step, one.held_out_accuracy) for one in points], right, share=True),
    }
    drawn = [(name, figure) for name, figure in found.items() if figure is not None]
    if not drawn:
        return
    for column, (name, figure) in zip(st.columns(len(drawn), gap="medium"), drawn, strict=True):
        column.plotly_chart(figure, key=f"{key}-{name}", config=figures.CONFIG)
