"""Every key of the session state that outlives one widget, typed, in one place.

What a reload must survive lives in the URL (the project, the language) or in the store (labels).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fsl_core.base.errors import FslError

T = TypeVar("T")
LONGEST_NAME = 60


class Value(Generic[T]):
    """One typed entry of the session state."""

    def __init__(self, key: str, default: T) -> None:
        self.key = key
        self.default = default

    def get(self) -> T:
        """The value of this session; the default outside of a session."""
        return st.session_state.get(self.key, self.default) if in_session() else self.default

    def set(self, value: T) -> None:
        """Keep the value for this session."""
        st.session_state[self.key] = value

    def clear(self) -> None:
        """Back to the default."""
        st.session_state.pop(self.key, None)

    def pop(self) -> T:
        """The value, which is forgotten: for what must happen once."""
        return st.session_state.pop(self.key, self.default)


class PerProject(Generic[T]):
    """One object for each project in the session state, made when it is first asked for, changed in place."""

    def __init__(self, key: str, make: Callable[[], T]) -> None:
        self.key = key
        self.make = make

    def of(self, project: int) -> T:
        """That of a project."""
        kept: dict[int, T] = st.session_state.setdefault(self.key, {})
        if project not in kept:
            kept[project] = self.make()
        return kept[project]


GONE = object()
"""What a widget holds that is not there, or not yet."""


def widget_value(key: str, otherwise: Any = GONE) -> Any:  # noqa: ANN401
    """What a widget holds. Callbacks ask so, for theirs may be gone by the time they run.

    The browser shows a page until the next one has come: what is clicked meanwhile belongs to a name, an item or a
    page that the server has left and forgotten.
    """
    return st.session_state.get(key, otherwise)


def sent(key: str, name: str) -> object:
    """What the browser sent last under this name of a component; None when it did not, or the component is gone."""
    return getattr(widget_value(key), name, None)


def in_session() -> bool:
    """Whether this code runs for somebody's page."""
    return get_script_run_ctx(suppress_warning=True) is not None


language: Value[str] = Value("handful.language", "")
author: Value[str] = Value("handful.author", "me")
notice: Value[str] = Value("handful.notice", "")
"""A sentence to show once on the next page, already translated."""
problem: Value[FslError | None] = Value("handful.problem", None)
"""An error that a callback met, to show once on the page."""

import_round: Value[int] = Value("handful.import_round", 0)
"""Goes up with each import, so that the next one starts with empty widgets."""
import_job: Value[tuple[int, int, bool] | None] = Value("handful.import_job", None)
"""The import this session waits for: job, project, whether the project was made for it."""
start_with: Value[str] = Value("handful.start_with", "")
"""Which way to start the Projects page should show next: 'file', 'paste' or 'empty'."""

drawn: Value[dict[str, bytes]] = Value("handful.drawn", {})
"""What the visitor drew himself on the page of the characters: name -> PNG."""
draw_round: Value[int] = Value("handful.draw_round", 0)
"""Goes up when that page starts over, so that its sheet is empty."""

missing_project: Value[str] = Value("handful.missing_project", "")
"""What a link or this session named and what is not there, until a project is opened; as it was written."""
_project: Value[int | None] = Value("handful.project", None)
_queries: Value[dict[int, tuple[str, ...]]] = Value("handful.queries", {})


def queries(project: int) -> list[str]:
    """The last texts tried in this session on this project, newest last."""
    return list(_queries.get().get(project, ()))


def add_query(project: int, text: str, keep: int = 5) -> None:
    """Remember a tried text; the map shows where it lies."""
    others = [query for query in queries(project) if query != text]
    _queries.set({**_queries.get(), project: (*others, text)[-keep:]})


def project_id() -> int | None:
    """The current project: what the URL says, else what this session had open."""
    if in_session() and "project" in st.query_params:
        return _number(st.query_params["project"])
    return _project.get()


def query(**more: str) -> dict[str, str] | None:
    """What a link to another page carries: the current project, and ``more``; None when that is nothing."""
    project = project_id()
    return ({"project": str(project)} if project else {}) | more or None


def open_project(project: int | None) -> None:
    """Make a project the current one, here and in the URL (so that reload and links keep it)."""
    _project.set(project)
    if project is not None:
        missing_project.clear()
    if project is None:
        st.query_params.pop("project", None)
    elif st.query_params.get("project") != str(project):
        st.query_params["project"] = str(project)


def settle_author() -> str:
    """The name that this session labels under: what ``?me=`` says, else what was chosen; both stay in step."""
    asked = " ".join(st.query_params.get("me", "").split())[:LONGEST_NAME]
    if asked:
        author.set(asked)
    elif author.get() != author.default:
        st.query_params["me"] = author.get()
    return author.get()


def call_me(name: str) -> None:
    """Label under another name from now on; the default when it is empty."""
    clean = " ".join(name.split())[:LONGEST_NAME]
    author.set(clean or author.default)
    if clean:
        st.query_params["me"] = clean
    else:
        st.query_params.pop("me", None)


def remember(name: str, key: object, make: Callable[[], T]) -> T:
    """The last thing made under this name, made again when its key changes: one copy per session."""
    slot = f"handful.memo.{name}"
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        kept = (key, make())
        st.session_state[slot] = kept
    value: T = kept[1]
    return value


def recall(name: str, key: object = None) -> Any:  # noqa: ANN401
    """What ``remember`` keeps under this name (for this key, where one is given), or None."""
    kept = st.session_state.get(f"handful.memo.{name}")
    return None if kept is None or (key is not None and kept[0] != key) else kept[1]


def forget(prefix: str) -> None:
    """Drop what ``remember`` keeps under names that start so."""
    for slot in [slot for slot in st.session_state if str(slot).startswith(f"handful.memo.{prefix}")]:
        del st.session_state[slot]


def forget_belief() -> None:
    """Another encoder moves predictions that no label moved: the Label page must not say one did."""
    st.session_state.pop("handful.belief", None)


def settle_project(exists: Callable[[int], bool]) -> int | None:
    """At the start of a run: bring URL and session together; forget a project that is gone.

    A page switch clears the query string, a shared link starts without a session: either alone
    must be enough. What is gone is named by the page that misses it.
    """
    wanted, asked = project_id(), st.query_params.get("project", "")
    if wanted is not None and not exists(wanted):
        asked, wanted = asked or str(wanted), None
    if wanted is None and asked:
        missing_project.set(asked[:LONGEST_NAME])
    open_project(wanted)
    return wanted


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None
