"""A finished job tells on whatever page one is: a line above the page, with the way to what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from fsl_core.base.errors import StoreError
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import N_, _, say, tr

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from fsl_core.data.store import Job
    from pages.ui.kit.navigation import Navigation

EVERY_S = 3.0


class Outcome(NamedTuple):
    """What a kind of job made, and the page that shows it."""

    done: str
    failed: str
    page: str
    """The file name of the page."""


OUTCOMES = {
    "compare": Outcome(N_("The methods are compared."), N_("Comparing the methods failed."), "compare"),
    "tune": Outcome(N_("The encoder is tuned."), N_("Tuning the encoder failed."), "tune"),
    "augment": Outcome(N_("Examples are written."), N_("Writing examples failed."), "augment"),
    "augment_check": Outcome(
        N_("The generated examples are checked."), N_("Checking the generated examples failed."), "augment"
    ),
    "label_check": Outcome(N_("The labels are checked."), N_("Checking the labels failed."), "check"),
    "meta_train": Outcome(N_("Meta-learning is done."), N_("Meta-learning failed."), "meta"),
    "suggest": Outcome(N_("The language model has answered."), N_("Asking the language model failed."), "label"),
    "export_model": Outcome(N_("The model is written."), N_("Writing the model failed."), "tune"),
    "export_in_use": Outcome(N_("The model is written."), N_("Writing the model failed."), "export"),
    "sort_file": Outcome(N_("The file is sorted."), N_("Sorting the file failed."), "export"),
    "import_file": Outcome(N_("The file is imported."), N_("Importing the file failed."), "projects"),
}
"""Kinds of jobs that a person started and waits for; the others serve a page, which says itself how far they are."""

_watched: state.Value[frozenset[int]] = state.Value("handful.jobs_watched", frozenset())
"""Jobs of the project that this session has seen alive."""
_ended: state.Value[tuple[int, ...]] = state.Value("handful.jobs_ended", ())
"""Those that have ended since, on another page than the one that shows it, until the person has read it."""


def draw(known: Navigation, current: Page) -> None:
    """The lines about what has ended; while a job of the project lives, look every few seconds."""
    project_id = state.project_id()
    here = next((file for file, page in known.pages.items() if page == current), "")
    live = _live(project_id)
    _watched.set(_watched.get() | live)
    # Whoever is where it shows has no need to be told.
    _ended.set(tuple(job for job in _ended.get() if _page_of(job) != here))
    with st.container(key="job-bar", gap="xsmall"):
        _lines(known, here, EVERY_S if live or _watched.get() else None)


def _live(project_id: int | None) -> frozenset[int]:
    if project_id is None:
        return frozenset()
    return frozenset(job.id for job in resources.store().jobs.live(project_id) if job.kind in OUTCOMES)


def _lines(known: Navigation, here: str, every: float | None) -> None:
    @st.fragment(run_every=every)
    @feedback.guard
    def lines() -> None:
        for job in _looked_at():
            if job.state in ("done", "failed") and OUTCOMES[job.kind].page != here:
                _ended.set((*_ended.get(), job.id))
        for job_id in _ended.get():
            if (job := _job(job_id)) is not None:
                _line(known, job)

    lines()


def _looked_at() -> list[Job]:
    """The watched jobs that have ended by now; they are watched no more."""
    jobs = [job for one in sorted(_watched.get()) if (job := _job(one)) is not None]
    _watched.set(frozenset(job.id for job in jobs if job.live))
    return [job for job in jobs if not job.live]


def _line(known: Navigation, job: Job) -> None:
    outcome = OUTCOMES[job.kind]
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-ended-{job.id}", border=True):
        if job.state == "failed":
            words = tr("{what} {why}", what=_(outcome.failed), why=say(job.error or ""))
            st.markdown(f":material/error: {feedback.plain(words)}", width="stretch")
        else:
            st.markdown(f":material/check_circle: {feedback.plain(_(outcome.done))}", width="stretch")
        st.page_link(known.pages[outcome.page], label=_("Show"), query_params=state.query(), width="content")
        st.button(
            "",
            key=f"job-read-{job.id}",
            icon=":material/close:",
            help=_("Close"),
            type="tertiary",
            on_click=_read,
            args=(job.id,),
        )


def _read(job_id: int) -> None:
    _ended.set(tuple(one for one in _ended.get() if one != job_id))


def _page_of(job_id: int) -> str:
    job = _job(job_id)
    return "" if job is None else OUTCOMES[job.kind].page


def _job(job_id: int) -> Job | None:
    try:
        return resources.store().jobs.get(job_id)
    except StoreError:
        return None  # its project is gone, and the job with it
