"""Classes: names, descriptions, colours, keys; merge, split off, delete; the guidelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.classes import acts, describe, editor, name_prior
from pages.ui.kit import chrome, project, resources, state
from pages.ui.kit.text import _, ngettext
from pages.ui.labelling import guidelines

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace


def page() -> None:
    """The whole page."""
    chrome.heading(
        _("Classes"), _("What you tell apart: change, merge or split classes at any time; every act can be undone.")
    )
    project_id = project.chosen()
    if project_id is None:
        return
    workspace = resources.workspace(project_id)
    workspace.sync()
    if workspace.labels:
        project.read_now(workspace)  # to say what descriptions are worth
    acts.undo_bar(project_id)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _classes(workspace)
    with right:
        editor.add_form(project_id)
        describe.draw(workspace)
        _worth(workspace)
        st.subheader(_("Guidelines"), anchor=False)
        guidelines.field(workspace)


def _classes(workspace: Workspace) -> None:
    n = len(workspace.classes)
    if not n:
        st.info(
            _("This project has no classes yet. Name at least two, and suggestions begin."), icon=":material/category:"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="classes-head"):
        st.subheader(ngettext("{n} class", "{n} classes", n), anchor=False, width="stretch")
        if n > 1:
            editor.sort_menu(workspace)
    if n == 1:
        st.caption(_("Name at least one more: a single class leaves nothing to tell apart."))
    editor.class_list(workspace)


def _worth(workspace: Workspace) -> None:
    key = (workspace.project_id, workspace.version)
    words = state.remember("classes-worth", key, lambda: name_prior.overall(workspace))
    if words:
        st.subheader(_("What the words are worth"), anchor=False)
        st.markdown(words)


page()
