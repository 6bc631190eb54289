"""Descriptions of classes proposed by the project's language model; each is taken, changed or left by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.learning.prompting import describing
from fsl_core.workspace.data import class_ids
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.prompting import language_model

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

_proposed: state.Value[dict[int, dict[str, str]]] = state.Value("handful.described", {})
"""Project -> class name -> words."""


@feedback.guard
def draw(workspace: Workspace) -> None:
    """The button, and what came back as a form."""
    bare = [one.name for one in workspace.classes if not one.description]
    proposed = _proposed.get().get(workspace.project_id, {})
    if not workspace.classes or (not bare and not proposed):
        return
    with st.expander(
        _("Let a language model describe the classes"), icon=":material/auto_awesome:", key="class-describe"
    ):
        if not language_model.writer(workspace.project):
            return
        st.caption(_("Descriptions stand for the names when a model answers without examples. You decide on each."))
        if bare and st.button(
            ngettext("Propose words for {n} class", "Propose words for {n} classes", len(bare)),
            key="class-describe-ask",
            icon=":material/edit_note:",
        ):
            with feedback.inline_progress(_("Asking")) as report:
                words = describing.describe(
                    resources.generator_for(workspace.project),
                    bare,
                    _examples(workspace),
                    of_images=workspace.of_images,
                    progress=report,
                )
            proposed = words
            _proposed.set({**_proposed.get(), workspace.project_id: words})
            if missing := len(bare) - len(words):
                st.caption(ngettext("Nothing usable for {n} class.", "Nothing usable for {n} classes.", missing))
        if proposed:
            _form(workspace, proposed)


def _form(workspace: Workspace, proposed: dict[str, str]) -> None:
    with st.form("class-describe-form", border=False):
        typed = {
            name: st.text_input(feedback.plain(name), words, key=f"class-words-{workspace.project_id}-{name}-{words}")
            for name, words in proposed.items()
        }
        st.caption(_("Empty a line to leave that class as it is."))
        if st.form_submit_button(_("Use these"), type="primary", icon=":material/check:"):
            ids = {one.name: one.id for one in workspace.classes}
            used = {name: " ".join((words or "").split()) for name, words in typed.items() if name in ids}
            used = {name: words for name, words in used.items() if words}
            for name, words in used.items():
                resources.store().classes.describe(ids[name], words, author=state.author.get())
            _proposed.set({**_proposed.get(), workspace.project_id: {}})
            state.notice.set(tr("{n} classes are described.", n=len(used)))
            st.rerun()


def _examples(workspace: Workspace) -> dict[str, list[str]]:
    """Labelled texts of each class, none of the check items."""
    names = {one.id: one.name for one in workspace.classes}
    audit = {int(workspace.ids[row]) for row in workspace.audit_rows()}
    found: dict[str, list[str]] = {}
    for item, label in workspace.labels.items():
        if item in workspace.position and item not in audit:
            for class_id in class_ids(label.label):
                if class_id in names:
                    found.setdefault(names[class_id], []).append(workspace.texts[workspace.position[item]])
    return found
