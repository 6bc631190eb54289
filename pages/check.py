"""Check: suspected label mistakes, twins with different labels, differences between people."""

from __future__ import annotations

import streamlit as st

from pages.ui.checking import people, suspects, twins
from pages.ui.kit import chrome, feedback, project
from pages.ui.kit.text import N_, _

SECTIONS = {
    suspects.SECTION: (N_("Suspected mistakes"), ":material/psychology_alt:", suspects.section),
    twins.SECTION: (N_("Twins"), ":material/difference:", twins.section),
    people.SECTION: (N_("People"), ":material/group:", people.section),
}


def page() -> None:
    """The whole page."""
    chrome.heading(_("Check"), _("Find labels that are suspected to be wrong, and mend or keep them by key."))
    workspace = project.with_model()
    if workspace is None:
        return
    if len(workspace.labels) < 2:
        feedback.empty_state(
            _("Nothing to check yet"),
            _("Label some items first; then the model can doubt some of the labels."),
            page="pages/label.py",
            label=_("Start labelling"),
        )
        return
    chosen = st.segmented_control(
        _("What to check"),
        list(SECTIONS),
        default=suspects.SECTION,
        required=True,
        format_func=lambda name: f"{SECTIONS[name][1]} {_(SECTIONS[name][0])}",
        key="check-section",
        label_visibility="collapsed",
        persist_state="session",
    )
    SECTIONS[chosen or suspects.SECTION][2](workspace)


page()
