"""The model that a page answers with. A fit that may take over a second is a job; the old answer stands in meanwhile.

A run of a page says what it wants by asking ``model``. What it does not ask for any more, because the person went to
another page, chose another method or set another label, is cancelled: at once where another fit of the same project
takes its place, else when the run has ended (``settle``). A page that wants the same fit just goes on waiting for it.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.base.errors import StoreError
from fsl_core.jobs.tasks import fit as task
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fsl_core.data.store import Job
    from fsl_core.workspace import Snapshot, Workspace

LOOK_EVERY_S = 1.0
GONE_AFTER_S = 10.0
"""A session that has not looked at its fit for so long waits for it no more: its window is closed."""
JUST_NOW_S = 30.0
LOOK_BACK = 50
Slot = tuple[int, str]
"""A project and an encoder: one fit at a time is wanted of each."""


@dataclass(frozen=True)
class Model:
    """What a page shows: the present answer, or with a ``job`` the one that stands in for it (None where none can)."""

    snapshot: Snapshot | None
    method: str
    """The method that the page asked for."""
    job: Job | None = None
    """The fit that is on its way, or that ended without an answer."""

    @property
    def current(self) -> bool:
        """Whether this is the answer that was asked for."""
        return self.job is None


@dataclass
class Followers:
    """Which sessions of this server wait for which fits, so that one who leaves does not end what another wants."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    looked: dict[int, dict[str, float]] = field(default_factory=dict)
    """Job -> session -> when it last looked."""
    stopped: set[int] = field(default_factory=set)
    """Jobs that somebody stopped by hand: they do not start again by themselves."""

    def look(self, job: int, session: str) -> None:
        """The session waits for the job."""
        with self.lock:
            self.looked.setdefault(job, {})[session] = time.monotonic()

    def leave(self, job: int, session: str) -> bool:
        """The session waits no more; whether nobody else does."""
        with self.lock:
            others = self.looked.pop(job, {})
            others.pop(session, None)
            waiting = {one: at for one, at in others.items() if time.monotonic() - at < GONE_AFTER_S}
            if waiting:
                self.looked[job] = waiting
            return not waiting


_following: state.Value[dict[Slot, int]] = state.Value("handful.fits", {})
"""The fits that this session waits for."""
_asked: state.Value[frozenset[Slot]] = state.Value("handful.fits_asked", frozenset())
"""Those that the present run asked about."""
_name: state.Value[str] = state.Value("handful.fits_session", "")


@st.cache_resource(show_spinner=False)
def followers() -> Followers:
    """The one list of this server."""
    return Followers()


def model(workspace: Workspace, method: str | None = None, settings: Mapping[str, Any] | None = None) -> Model:
    """The method in use (or another one) on the present labels. Draws nothing; ``draw`` says what is on its way.

    Raises DataError where there is nothing to fit.
    """
    name, own = (method, dict(settings or {})) if method else workspace.chosen_method()
    slot = (workspace.project_id, workspace.encoder.key)
    found = workspace.fitted(name, own)
    if found is None and not workspace.can_answer:
        found = workspace.snapshot(name, own)  # says what is missing, and fits nothing
    job = None if found is not None else _fit(workspace, name, own)
    if job is not None and job.state == "done":  # between the look for its answer and the look at the job
        found = workspace.fitted(name, own)
        if found is None:
            raise StoreError("The fitted model is not where it should be.", "Fit again, or restart the program.")
        job = None
    _follow(slot, job if job is not None and job.state in feedback.LIVE else None)
    return Model(found if found is not None else workspace.stand_in(), name, job)


def draw(shown: Model, place: str = "fit") -> None:
    """Where the model is not the present one: how far its fit is, or why there is none, and what answers meanwhile.

    ``place`` keeps the keys of two of them on one page apart.
    """
    if shown.job is None:
        return
    with st.container(key=f"{place}-line", gap="xsmall"):
        if shown.job.state in feedback.LIVE:
            _watch(shown.job.id, place)
        else:
            feedback.show_job(shown.job)
            st.button(
                _("Fit again"), key=f"{place}-again", icon=":material/refresh:", on_click=_again, args=(shown.job,)
            )
        st.caption(_meanwhile(shown))


def begin() -> None:
    """At the start of a run of the whole app."""
    _asked.set(frozenset())


def settle() -> None:
    """At its end: nobody here waits any more for what the run did not ask about."""
    for slot in set(_following.get()) - _asked.get():
        _follow(slot, None)


# -- the job ---------------------------------------------------------------------------------------


def _fit(workspace: Workspace, method: str, settings: dict[str, Any]) -> Job:
    """The job of this fit: the one that runs, one that ended without an answer, else a new one."""
    store, project_id = resources.store(), workspace.project_id
    revision = workspace.revision(method, settings)
    recent = store.jobs.recent(project_id, task.Params.kind, limit=LOOK_BACK)
    last = next((job for job in recent if _wanted(job) == revision), None)
    if last is not None:
        stopped = last.state == "cancelled" and last.id in followers().stopped
        made = jobs.result_of(last, task.Result)
        done = made is not None and made.revision == revision
        if done and time.time() - (last.finished_at or 0) > JUST_NOW_S:
            done = False  # it has left the cache since
        if last.state == "failed" or stopped or done or (last.live and not last.cancel):
            return last
    encoder = workspace.encoder.encoder
    params = task.Params(
        method=method,
        settings=settings,
        encoder=encoder.info.name,
        encoder_settings=encoder.config.model_dump(),
        revision=revision,
    )
    return jobs.start(store, params, project_id)


def _wanted(job: Job) -> str:
    """The revision that a job was to fit; empty when it cannot be read."""
    params = jobs.params_of(job, task.Params)
    return "" if params is None else params.revision


def _follow(slot: Slot, job: Job | None) -> None:
    """Wait for this fit, and no longer for the one before in its place; with None, for none."""
    kept, session = dict(_following.get()), _session()
    before = kept.pop(slot, None)
    if job is not None:
        kept[slot] = job.id
        _asked.set(_asked.get() | {slot})
        followers().look(job.id, session)
    _following.set(kept)
    if before is not None and (job is None or job.id != before) and followers().leave(before, session):
        try:
            if resources.store().jobs.get(before).live:
                resources.store().jobs.cancel(before)
        except StoreError:
            return  # its project is gone, and the job with it


def _session() -> str:
    """A name for this session; a reload has another one."""
    if not _name.get():
        _name.set(secrets.token_hex(8))
    return _name.get()


@feedback.in_callback
def _again(job: Job) -> None:
    if (params := jobs.params_of(job, task.Params)) is not None:
        jobs.start(resources.store(), params, job.project_id)


def _stop(job_id: int) -> None:
    followers().stopped.add(job_id)
    resources.store().jobs.cancel(job_id)


# -- what is seen ----------------------------------------------------------------------------------


def _watch(job_id: int, place: str) -> None:
    @st.fragment(run_every=LOOK_EVERY_S)
    @feedback.guard
    def watch() -> None:
        store = resources.store()
        jobs.tend(store)
        followers().look(job_id, _session())
        job = store.jobs.get(job_id)
        if job.state not in feedback.LIVE:
            st.rerun()
        feedback.show_job(job, _stop, place)

    watch()


def _meanwhile(shown: Model) -> str:
    wanted = feedback.plain(_(registry.get_method(shown.method).info.title))
    if shown.snapshot is None:
        return tr("There are no answers until {method} is fitted.", method=wanted)
    if shown.snapshot.name == shown.method:
        return tr("Until {method} is fitted anew, its answers from before are shown.", method=wanted)
    other = feedback.plain(_(registry.get_method(shown.snapshot.name).info.title))
    return tr("Until {method} is fitted, {other} answers.", method=wanted, other=other)
