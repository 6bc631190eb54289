"""A tuning on its way: bar, stop, time left and curves, found again after a reload, a page switch or a restart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.jobs import curves as job_curves
from fsl_core.jobs.tasks.tune import Params
from pages.ui.kit import feedback, resources
from pages.ui.kit.text import _, tr
from pages.ui.tuning import sentences, training_live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Job
    from fsl_core.jobs.curves import CurvePoint

TELL_FROM = 0.08
"""The time left is a guess from the time spent; before this share of the way it would be a poor one."""
STYLE = """<style>
/* The curves grow by themselves: they must not fade at every look. */
.st-key-tune-live [data-stale="true"] { opacity: 1 !important; transition: none !important; }
</style>"""


def watch(project_id: int) -> bool:
    """The tuning that runs, drawn again every second; True while one lives."""
    return training_live.watch(Params.kind, project_id, _draw)


def _draw(job: Job) -> None:
    st.html(STYLE)
    with st.container(border=True, key="tune-live"):
        feedback.show_job(job)
        st.caption(_now(job))
        curves(job_curves.of(job), "live")
        st.caption(_("It goes on when you leave this page or close the browser."))


def _now(job: Job) -> str:
    if job.cancel:
        return _("Stopping …")
    if job.started_at is None:
        return _("It starts when the work before it is done.")
    spent = time.time() - job.started_at
    words = tr("Running for {time}.", time=sentences.duration(spent))
    if job.fraction >= TELL_FROM:
        left = sentences.duration(spent * (1 - job.fraction) / job.fraction)
        words = f"{words} {tr('About {time} left.', time=left)}"
    return words


def curves(points: Sequence[CurvePoint], key: str) -> None:
    """Loss, and beside it the accuracy on held-out labels where it was measured."""
    loss, right = _("Loss: how far off the training is"), _("Right on labels held out")
    training_live.curves(points, f"tune-{key}", loss, right)


def last_problem(project_id: int) -> bool:
    """Why the latest tuning did not end well; False when it did."""
    latest = next(iter(resources.store().jobs.recent(project_id, Params.kind, limit=1)), None)
    if latest is None or latest.state not in ("failed", "cancelled"):
        return False
    feedback.show_job(latest)
    return True
