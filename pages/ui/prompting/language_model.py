"""Which language model a project uses, in one line, with the way to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from fsl_core.models import chosen
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.project import MODELS_PAGE, PART
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from fsl_core.data.store import Project


def line(project: Project) -> None:
    """The model's name, whether texts leave this machine, and the link to the Models page."""
    name, _settings = chosen.generator_choice(project.settings)
    info = registry.get_generator(name).info
    title = resources.generator_for(project).title
    with st.container(border=True, key="language-model", gap="small"):
        st.markdown(f"**{feedback.plain(_(title))}**")
        st.caption(
            _("Runs on this machine; nothing leaves it.")
            if info.offline
            else _("What it is asked, examples included, is sent to the server you chose.")
        )
        query = state.query(**{PART: "language"})
        st.page_link(MODELS_PAGE, label=_("Choose another"), icon=":material/smart_toy:", query_params=query)


def writer(project: Project) -> bool:
    """Draws the line, and answers whether the model can write; draws why not where it cannot."""
    line(project)
    if resources.generator_for(project).writes:
        return True
    st.warning(_("This model cannot write. Choose another one."), icon=":material/warning:")
    return False
