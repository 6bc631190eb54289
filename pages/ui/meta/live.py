"""A meta-training on its way: bar, stop, curves; found again after a reload or a page switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs import curves as job_curves
from fsl_core.jobs.tasks.meta_train import Params, Result
from pages.ui.kit import feedback, resources
from pages.ui.kit.text import _
from pages.ui.tuning import training_live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Job
    from fsl_core.jobs.curves import CurvePoint


class Done(NamedTuple):
    """A training that is through."""

    job: Job
    result: Result


def watch(project_id: int) -> bool:
    """The training that runs, drawn again every second; True while one lives."""
    return training_live.watch(Params.kind, project_id, _draw)


def _draw(job: Job) -> None:
    with st.container(border=True, key="meta-live"):
        feedback.show_job(job)
        curves(job_curves.of(job), "live")
        st.caption(
            _(
                "It goes on when you leave this page. Stopped, it keeps its state: "
                "the same training started again goes on from there."
            )
        )


def curves(points: Sequence[CurvePoint], key: str) -> None:
    """Loss on training tasks, and beside it the accuracy on tasks from the held-out classes."""
    loss, right = _("Loss on training tasks"), _("Right on tasks from held-out classes")
    training_live.curves(points, f"meta-{key}", loss, right)


def last(project_id: int) -> tuple[Done | None, Job | None]:
    """The latest training that is done, and the latest of all when it ended otherwise."""
    recent = resources.store().jobs.recent(project_id, Params.kind)
    answered = ((job, jobs.result_of(job, Result)) for job in recent)
    done = next((Done(job, result) for job, result in answered if result is not None), None)
    broken = recent[0] if recent and recent[0].state in ("failed", "cancelled") else None
    return done, broken
