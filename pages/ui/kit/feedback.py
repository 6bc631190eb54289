"""What a page says back: errors in one box, empty states, progress."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec

import streamlit as st

from fsl_core.base.errors import FslError
from fsl_core.jobs import queue
from pages.ui.kit import resources, state
from pages.ui.kit.text import N_, _, say, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Progress
    from fsl_core.data.store import Job

P = ParamSpec("P")

LIVE = ("queued", "running")
ADDRESS = re.compile(r"https?(?=\\:)|www(?=\.)|[\w.+-](?=@)", re.IGNORECASE)
"""Where an address begins that Markdown would make a link of, in text whose signs are escaped."""
NOTHING = ":small[]"
"""Streamlit's Markdown for a span without content: no address goes on behind it, and none of it is copied."""
STALE_SECONDS = 30.0
"""A click that no run has answered by then is forgotten: its person has gone to another page."""


def error_box(error: FslError) -> None:
    """One box: what happened, and below it the step that mends it."""
    hint = say(error.hint)
    st.error(f"**{_plain(say(error.message))}**" + (f"\n\n{_plain(hint)}" if hint else ""), icon=":material/error:")


def guard(function: Callable[P, Any]) -> Callable[P, None]:
    """Show an FslError raised inside in one box. For fragments and dialogs, which rerun without app.py."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except FslError as error:
            error_box(error)

    return guarded


def in_callback(function: Callable[P, Any]) -> Callable[P, None]:
    """For widget callbacks, which run before the page: an FslError is shown by the run that follows."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except FslError as error:
            state.problem.set(error)

    return guarded


def act(label: str, do: Callable[..., object], *values: object, key: str, **look: Any) -> None:  # noqa: ANN401
    """A button that does something with values of other widgets, as they are at the click.

    The arguments of a callback are those of the last finished run: somebody who types a number and clicks at once
    would get the number from before. The answer of a button is lost where another run overtakes its own. So the
    callback only notes the click, and the run that comes as far as the button does what was asked.
    """
    note = f"clicked-{key}"
    st.button(label, key=key, on_click=_note, args=(note,), **look)
    clicked = st.session_state.pop(note, None)
    # A second click may arrive when the first one has made the button useless.
    if clicked is not None and time.monotonic() - clicked < STALE_SECONDS and not look.get("disabled"):
        in_callback(do)(*values)
        st.rerun()


def _note(note: str) -> None:
    st.session_state[note] = time.monotonic()


def empty_state(
    title: str,
    text: str,
    *,
    page: str = "",
    label: str = "",
    icon: str = ":material/arrow_forward:",
    symbol: str = ":material/back_hand:",
) -> None:
    """Nothing here yet: what it is, and the link to the page that changes that."""
    with st.container(border=True, key=f"empty-{abs(hash(title)) % 10**8}", horizontal_alignment="center", gap="small"):
        st.markdown(f"## {symbol}", anchors=False, text_alignment="center")
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")
        if page:
            st.page_link(page, label=label, icon=icon, query_params=state.query())


def notice() -> None:
    """Show, once, what the previous run or a callback left for this page: a sentence, an error."""
    if problem := state.problem.pop():
        error_box(problem)
    if sentence := state.notice.pop():
        st.toast(sentence, icon=":material/check:")


@contextmanager
def inline_progress(title: str) -> Iterator[Progress]:
    """A bar for work of some seconds inside one run; it is gone when the work is done."""
    bar = st.progress(0.0, text=title)

    def report(fraction: float, message: str) -> None:
        text = f"{title} · {say(message)}" if message else title
        bar.progress(min(max(fraction, 0.0), 1.0), text=text)

    try:
        yield report
    finally:
        bar.empty()


def job_progress(*, job_id: int | None = None, project_id: int | None = None, kind: str | None = None) -> bool:
    """The live jobs of a project (or one job) with bar, message and stop button; True while one lives.

    Looks twice a second by itself and reruns the page once, when the last one has ended. A job that
    failed says why until the person closes the box.
    """
    live = [job for job in _jobs(job_id, project_id, kind) if job.state in LIVE]
    if live or job_id is not None:
        _watch(0.5 if live else None, job_id, project_id, kind)
    return bool(live)


def _watch(every: float | None, job_id: int | None, project_id: int | None, kind: str | None) -> None:
    @st.fragment(run_every=every)
    @guard
    def watch() -> None:
        from fsl_core import jobs as engine

        if every is not None:
            engine.tend(resources.store())
        jobs = _jobs(job_id, project_id, kind)
        for job in jobs:
            show_job(job)
        if every is not None and not any(job.state in LIVE for job in jobs):
            resources.projects_changed()
            st.rerun()

    watch()


def show_job(job: Job, stop: Callable[[int], None] | None = None, place: str = "job") -> None:
    """One job: a bar while it lives, its error when it failed, nothing when all went well.

    ``stop`` is called for its button instead of asking the job to stop; ``place`` keeps two of one job apart.
    """
    title = _(queue.title(job.kind) or N_("Working"))
    if job.state in LIVE:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{place}-{job.id}"):
            waiting = _("waiting for its turn") if job.state == "queued" else say(job.message or "")
            text = f"{title} · {waiting}" if waiting else title
            st.progress(min(max(job.fraction or 0.0, 0.0), 1.0), text=text)
            if st.button(_("Stop"), key=f"{place}-stop-{job.id}", icon=":material/stop:", disabled=bool(job.cancel)):
                (stop or resources.store().jobs.cancel)(job.id)
                st.rerun(scope="fragment")
    elif job.state == "failed":
        error, hint = _plain(say(job.error or "")), _plain(say(job.hint or ""))
        st.error(f"**{title}: {error}**\n\n{hint}", icon=":material/error:")
    elif job.state == "cancelled":
        st.info(tr("{title}: stopped, nothing was changed.", title=title), icon=":material/block:")


def last_problem(project_id: int | None, kind: str) -> None:
    """Why the latest job of that kind failed, or that it was stopped; nothing when all went well."""
    latest = resources.store().jobs.recent(project_id, kind, limit=1)
    if latest and latest[0].state in ("failed", "cancelled"):
        show_job(latest[0])


def _jobs(job_id: int | None, project_id: int | None, kind: str | None) -> list[Job]:
    jobs = resources.store().jobs
    if job_id is not None:
        return [jobs.get(job_id)]
    return [job for job in jobs.live(project_id) if kind is None or job.kind == kind]


def _plain(text: str) -> str:
    """Text of a file or a person inside Markdown: its signs stay signs, its addresses become no links.

    Whoever copies it from the page gets what it was, sign by sign.
    """
    for sign in "\\`*_[]<>$~#|:":
        text = text.replace(sign, f"\\{sign}")
    # Escapes are gone before links are made, so they keep no address from becoming one.
    return ADDRESS.sub(rf"\g<0>{NOTHING}", text)


plain = _plain


def person_markdown(text: str) -> str:
    """Markdown that a person wrote, for everybody to read: nothing in it is loaded from elsewhere, no formulas.

    Streamlit itself lets no HTML through.
    """
    return text.replace("![", "!\\[").replace("$", "\\$")
