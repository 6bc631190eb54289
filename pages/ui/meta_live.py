"""A meta-training on its way: bar, stop, curves; found again after a reload or a page switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs
from pages.ui import feedback, resources, tune_figures
from pages.ui.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fsl_core.store import Job

KIND = "meta_train"
LOOK_EVERY_S = 1.0


def live_job(project_id: int) -> Job | None:
    """The meta-training of the project that waits or runs."""
    return next((job for job in resources.store().jobs.live(project_id) if job.kind == KIND), None)


def watch(project_id: int) -> bool:
    """The training that runs, drawn again every second; True while one lives."""
    if live_job(project_id) is None:
        return False
    _watch(project_id)
    return True


@st.fragment(run_every=LOOK_EVERY_S)
@feedback.guard
def _watch(project_id: int) -> None:
    jobs.tend(resources.store())
    job = live_job(project_id)
    if job is None:
        st.rerun()
    with st.container(border=True, key="meta-live"):
        feedback.show_job(job)
        curves(job.curve or [], "live")
        st.caption(
            _(
                "It goes on when you leave this page. Stopped, it keeps its state: "
                "the same training started again goes on from there."
            )
        )


def curves(points: Sequence[Mapping[str, Any]], key: str) -> None:
    """Loss on training tasks, and beside it the accuracy on tasks from the held-out classes."""
    loss = tune_figures.curves(points, "loss", _("Loss on training tasks"))
    right = tune_figures.curves(points, "held_out_accuracy", _("Right on tasks from held-out classes"), share=True)
    drawn = [(name, figure) for name, figure in (("loss", loss), ("right", right)) if figure is not None]
    if not drawn:
        return
    for column, (name, figure) in zip(st.columns(len(drawn), gap="medium"), drawn, strict=True):
        column.plotly_chart(figure, key=f"meta-{key}-{name}", config=tune_figures.CONFIG)


def last(project_id: int) -> tuple[Job | None, Job | None]:
    """The latest training that is done, and the latest of all when it ended otherwise."""
    recent = resources.store().jobs.recent(project_id, KIND)
    done = next((job for job in recent if job.state == "done"), None)
    broken = recent[0] if recent and recent[0].state in ("failed", "cancelled") else None
    return done, broken
