"""The guidelines of a project: read and changed beside the card, written on the Classes page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

LONGEST = 20_000
EDITING = "label-guidelines-editing"
TEXT = "label-guidelines-text"
_before: state.Value[tuple[int, str, str] | None] = state.Value("handful.guidelines.before", None)
"""Project, and its guidelines before and after the last change of this session, for its undo."""


def draw(workspace: Workspace) -> None:
    """An expander with the text, and a way to change it."""
    text = workspace.project.guidelines
    editing = st.session_state.get(EDITING) == workspace.project_id
    with st.expander(_("Guidelines"), icon=":material/menu_book:", expanded=bool(text) or editing):
        if editing:
            _editor(workspace)
            return
        if text:
            st.markdown(feedback.person_markdown(text))
        else:
            st.caption(_("Write down what belongs to which class, so that everybody decides alike."))
        st.button(
            _("Change") if text else _("Write guidelines"),
            key="label-guidelines-edit",
            icon=":material/edit:",
            type="tertiary",
            on_click=_begin,
            args=(workspace.project_id, text),
        )


def _editor(workspace: Workspace) -> None:
    st.text_area(_("Guidelines (Markdown)"), key=TEXT, height=240, max_chars=LONGEST)
    with st.container(horizontal=True):
        st.button(_("Save"), key="label-guidelines-save", type="primary", on_click=_save, args=(workspace.project_id,))
        st.button(_("Cancel"), key="label-guidelines-cancel", on_click=_end)


def _begin(project_id: int, text: str) -> None:
    st.session_state[EDITING] = project_id
    st.session_state[TEXT] = text


@feedback.in_callback
def _save(project_id: int) -> None:
    if (text := state.widget_value(TEXT)) is not state.GONE:
        _keep(project_id, text.strip())
    _end()


def _end() -> None:
    st.session_state.pop(EDITING, None)


# -- on the Classes page ---------------------------------------------------------------------------


def field(workspace: Workspace) -> None:
    """The text in a field that saves itself, and the way back from the last change."""
    key = f"classes-guidelines-{workspace.project_id}"
    st.text_area(
        _("How to decide in doubt; shown beside the card"),
        value=workspace.project.guidelines,
        key=key,
        height=180,
        max_chars=LONGEST,
        placeholder=_(
            "Refund: also when they only ask whether they could get one.\nIn doubt between two: the first wish counts."
        ),
        on_change=_save_field,
        args=(workspace.project_id, key),
    )
    if (change := _before.get()) is not None and change[0] == workspace.project_id:
        with st.container(horizontal=True, vertical_alignment="center", key="guidelines-undo-bar"):
            st.markdown(f":material/check: {_('Guidelines saved.')}", width="content")
            st.button(
                _("Undo"), key="guidelines-undo", icon=":material/undo:", type="tertiary", on_click=_undo, args=(key,)
            )


@feedback.in_callback
def _save_field(project_id: int, key: str) -> None:
    if (text := state.widget_value(key)) is not state.GONE:
        _keep(project_id, text or "")


def _keep(project_id: int, text: str) -> None:
    projects = resources.store().projects
    before = projects.get(project_id).guidelines
    after = projects.update(project_id, guidelines=text).guidelines
    if after != before:
        _before.set((project_id, before, after))


@feedback.in_callback
def _undo(key: str) -> None:
    change = _before.pop()
    if change is None:
        return
    project_id, before, after = change
    projects = resources.store().projects
    if projects.get(project_id).guidelines != after:
        state.notice.set(_("Somebody has changed the guidelines since; they stay as they are."))
    else:
        projects.update(project_id, guidelines=before)
        state.notice.set(_("Taken back."))
    # The field starts anew from what the store holds.
    st.session_state[key] = projects.get(project_id).guidelines
