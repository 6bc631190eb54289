"""Acts on classes: each says before what it will change, and can be taken back after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.base.errors import StoreError
from fsl_core.data.store.values import class_ids
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.data.store import ClassInfo
    from fsl_core.workspace import Workspace

LOOK_BACK = 50
# The bar stays in sight, however far down the list the class was that was changed.
STYLE = """<style>
div:has(> .st-key-classes-undo-bar) { position: sticky; top: 4rem; z-index: 2; }
.st-key-classes-undo-bar { background: var(--st-background-color); }
</style>"""
_last: state.Value[tuple[int, tuple[int, ...], str] | None] = state.Value("handful.classes.last", None)
"""Project, entries and sentence of the last act of this session, for its undo."""
_open: state.Value[tuple[int, str] | None] = state.Value("handful.classes.open", None)
"""The class that is being worked on, and with which act."""
_round: state.Value[int] = state.Value("handful.classes.round", 0)


def opened() -> tuple[int, str] | None:
    """Class and act that are open."""
    return _open.get()


def open_act(class_id: int, act: str) -> None:
    """Open an act of a class; the same again closes it."""
    _open.set(None if _open.get() == (class_id, act) else (class_id, act))


def round_no() -> int:
    """Goes up with each act, so that every field starts anew from what the store holds."""
    return _round.get()


def counts(workspace: Workspace) -> Counter[int]:
    """Class id -> items labelled so."""
    return Counter(one for label in workspace.labels.values() for one in class_ids(label.label))


def perform(project_id: int, sentence: str, *acts: Callable[[], object]) -> None:
    """Do the acts, remember their entries for the undo button, and close what was open."""
    journal, author = resources.store().journal, state.author.get()
    before = journal.last_id(project_id)
    try:
        for act in acts:
            act()
    finally:
        entries = journal.entries(project_id, limit=LOOK_BACK)
        mine = [one.id for one in entries if one.id > before and one.author == author and "act" in one.note]
        if mine:
            _last.set((project_id, tuple(mine), sentence))
    _open.clear()
    _round.set(_round.get() + 1)


def undo_bar(project_id: int) -> None:
    """What the last act did, with its undo."""
    kept = _last.get()
    if kept is None or kept[0] != project_id:
        return
    st.html(STYLE)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="classes-undo-bar"):
        st.markdown(f":material/check: {kept[2]}", width="stretch")
        st.button(_("Undo"), key="classes-undo", icon=":material/undo:", on_click=_take_back)
        st.button(
            "",
            key="classes-undo-close",
            icon=":material/close:",
            type="tertiary",
            help=_("Close"),
            on_click=_last.clear,
        )


@feedback.in_callback
def _take_back() -> None:
    kept = _last.get()
    if kept is None:
        return
    project_id, entries, _sentence = kept
    _last.clear()
    _open.clear()
    _round.set(_round.get() + 1)
    left = 0
    try:
        for entry_id in entries:
            done = resources.store().journal.revert(project_id, entry_id, state.author.get())
            left += len(done.note.get("conflicts", ()))
    except StoreError as error:  # somebody else was quicker; what is taken back stays so
        state.problem.set(error)
        return
    words = _("Taken back.")
    if left:
        words += " " + ngettext(
            "{n} item was changed since and stays as it is.", "{n} items were changed since and stay as they are.", left
        )
    state.notice.set(words)


# -- merge and delete ------------------------------------------------------------------------------


def merge(workspace: Workspace, one: ClassInfo, n: int) -> None:
    """Make one class of two."""
    others = {other.id: other.name for other in workspace.classes if other.id != one.id}
    if not others:
        st.caption(_("There is no other class to merge it into."))
        return
    into = st.selectbox(
        _("Merge into"),
        list(others),
        index=None,
        format_func=lambda class_id: others.get(class_id, ""),
        placeholder=_("Choose a class"),
        key=f"class-merge-{one.id}-{round_no()}",
    )
    if into is None:
        return
    name, other = plain(one.name), plain(others[into])
    items = ngettext("{n} item", "{n} items", n)
    st.markdown(tr("“{name}” → “{other}”: {items}. The class “{name}” goes away.", name=name, other=other, items=items))
    feedback.act(
        _("Merge"),
        _merge,
        workspace.project_id,
        one,
        into,
        tr("“{name}” was merged into “{other}”.", name=name, other=other),
        type="primary",
        icon=":material/merge:",
        key=f"class-merge-go-{one.id}",
    )


def _merge(project_id: int, one: ClassInfo, into: int, sentence: str) -> None:
    classes = resources.store().classes
    perform(project_id, sentence, lambda: classes.merge(project_id, one.id, into, state.author.get()))


def delete(workspace: Workspace, one: ClassInfo, n: int) -> None:
    """Delete a class, and say where its labels go."""
    to: int | None = None
    name = plain(one.name)
    if n:
        others = {other.id: other.name for other in workspace.classes if other.id != one.id}
        to = st.selectbox(
            _("Where its labels go"),
            [None, *others],
            format_func=lambda class_id: others.get(class_id, "") if class_id is not None else _("Nowhere: unlabelled"),
            key=f"class-delete-{one.id}-{round_no()}",
        )
        if to is None:
            st.markdown(
                ngettext("{n} item loses this label.", "{n} items lose this label.", n)
                + " "
                + _("It can be labelled anew, or brought back by undo.")
            )
        else:
            items = ngettext("{n} item", "{n} items", n)
            st.markdown(tr("“{name}” → “{other}”: {items}.", name=name, other=plain(others[to]), items=items))
    else:
        st.markdown(_("No item has this label; nothing else changes."))
    feedback.act(
        tr("Delete {name}", name=name),
        _delete,
        workspace.project_id,
        one,
        to,
        tr("“{name}” was deleted.", name=name),
        type="primary",
        icon=":material/delete:",
        key=f"class-delete-go-{one.id}",
    )


def _delete(project_id: int, one: ClassInfo, to: int | None, sentence: str) -> None:
    classes = resources.store().classes
    perform(project_id, sentence, lambda: classes.delete(project_id, one.id, to, state.author.get()))
