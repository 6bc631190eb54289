"""The guidelines of a project beside the card: read them while labelling, change them in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import feedback, resources
from pages.ui.text import _

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

LONGEST = 20_000
EDITING = "label-guidelines-editing"
TEXT = "label-guidelines-text"


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
    resources.store().projects.update(project_id, guidelines=st.session_state[TEXT].strip())
    _end()


def _end() -> None:
    st.session_state.pop(EDITING, None)
