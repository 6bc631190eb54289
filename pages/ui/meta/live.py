"""A meta-training on its way: bar, stop, curves; found again after a reload or a page switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.kit import feedback, resources
from pages.ui.kit.text import _
from pages.ui.tuning import training_live

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fsl_core.data.store import Job

KIND = "meta_train"


def watch(project_id: int) -> bool:
    """The training that runs, drawn again every second; True while one lives."""
    return training_live.watch(KIND, project_id, _draw)


def _draw(job: Job) -> None:
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
    loss, right = _("Loss on training tasks"), _("Right on tasks from held-out classes")
    training_live.curves(points, f"meta-{key}", loss, right)


def last(project_id: int) -> tuple[Job | None, Job | None]:
    """The latest training that is done, and the latest of all when it ended otherwise."""
    recent = resources.store().jobs.recent(project_id, KIND)
    done = next((job for job in recent if job.state == "done"), None)
    broken = recent[0] if recent and recent[0].state in ("failed", "cancelled") else None
    return done, broken
