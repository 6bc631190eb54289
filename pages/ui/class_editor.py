"""The classes of one project: add, rename, describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.errors import FslError
from pages.ui import creating, feedback, resources, state
from pages.ui.text import _, ngettext

if TYPE_CHECKING:
    from fsl_core.store import ClassInfo

ROUND = "projects-classes-round"


def class_editor(project_id: int) -> None:
    """A table to rename and describe, and a box to add; both take 150 classes as well as 2."""
    classes = resources.store().classes.list(project_id)
    if classes:
        _table(project_id, classes)
    else:
        st.markdown(_("This project has no classes yet. Name at least two, and suggestions begin."))
    with st.form(f"projects-classes-form-{project_id}", clear_on_submit=True, border=False):
        lines = st.text_area(
            _("Add classes, one per line"),
            height=100,
            key=f"projects-classes-add-{project_id}",
            placeholder=_("Refund: the customer wants money back\nDelivery"),
            help=_("Write a short description after a colon: the model reads it before the first label."),
        )
        if st.form_submit_button(_("Add"), icon=":material/add:", key=f"projects-classes-go-{project_id}"):
            add(project_id, lines)


def _table(project_id: int, classes: Sequence[ClassInfo]) -> None:
    key = f"projects-classes-{project_id}-{st.session_state.setdefault(ROUND, 0)}"
    st.data_editor(
        {"name": [one.name for one in classes], "description": [one.description for one in classes]},
        key=key,
        hide_index=True,
        num_rows="fixed",
        height=min(36 * len(classes) + 38, 420),
        column_config={
            "name": st.column_config.TextColumn(_("Name"), required=True, max_chars=200, width="medium"),
            "description": st.column_config.TextColumn(_("Description"), width="large"),
        },
        on_change=_edited,
        args=(key, [one.id for one in classes]),
    )
    st.caption(_("Click a cell to change it. Renaming keeps every label."))


def _edited(key: str, ids: Sequence[int]) -> None:
    problem = apply_edits(st.session_state[key]["edited_rows"], ids)
    # A new key: the table starts again from what the store now holds.
    st.session_state[ROUND] += 1
    if problem:
        state.problem.set(problem)


def apply_edits(edits: Mapping[int, Mapping[str, Any]], ids: Sequence[int]) -> FslError | None:
    """Write the changed cells (row -> column -> value) and return what the store refused."""
    problem = None
    for row, changed in edits.items():
        try:
            resources.store().classes.update(ids[row], **{column: value or "" for column, value in changed.items()})
        except FslError as error:
            problem = error
    return problem


@feedback.guard
def add(project_id: int, lines: str) -> None:
    """Add what was typed, one class a line, with descriptions."""
    if not (new := creating.parse_classes(lines)):
        st.warning(_("Type a class name first."))
        return
    for name, description in new:
        resources.store().classes.add(project_id, name, description)
    state.notice.set(ngettext("{n} class added.", "{n} classes added.", len(new)))
    st.rerun()
