"""Models: what reads texts and pictures, and which language model answers prompts; tried before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from fsl_core.models import chosen
from pages.ui.kit import chrome, feedback, form, resources, state
from pages.ui.kit.project import PART
from pages.ui.kit.text import _, tr
from pages.ui.models import download, encoder, server, shelf, trial

if TYPE_CHECKING:
    from typing import Any

    from fsl_core.data.store import Project


def page() -> None:
    chrome.heading(
        _("Models"), _("Choose what reads your items and what answers prompts. Each is tried before it is used.")
    )
    project_id = state.project_id()
    project = resources.store().projects.get(project_id) if project_id is not None else None
    titles = {"text": _("Texts"), "image": _("Pictures"), "language": _("Language models")}
    asked = st.query_params.get(PART, project.kind if project else "language")
    running = shelf.progress()
    tabs = st.tabs(list(titles.values()), default=titles.get(asked))
    for kind, tab in zip(titles, tabs, strict=True):
        with tab:
            if kind == "language":
                _language_model(project)
            else:
                shelf.draw(kind, running=running)
                encoder.draw(kind, project)


def _language_model(project: Project | None) -> None:
    current, kept = chosen.generator_choice(project.settings if project else {})
    if project is not None:
        title = resources.generator_for(project).title
        st.caption(tr("{project} asks: {model}", project=feedback.plain(project.name), model=feedback.plain(_(title))))
    left, right = st.columns([1, 1], gap="large")
    with left:
        name = _kind(current)
        if name == "server":
            server.find()
        values = form.settings_form(
            registry.get_generator(name).settings, f"models-{name}", kept if name == current else None
        )
    with right:
        if name == "server":
            server.key_state(str(values["api_key_variable"]))
        else:
            download.draw(values)
        _settled(project, name, values, in_use=project is not None and name == current and _same(name, values, kept))
        trial.draw(name, values)
        _offline()


def _kind(current: str) -> str:
    known = registry.generators()
    names = list(known)
    chosen = st.radio(
        _("Kind of model"),
        names,
        index=names.index(current) if current in known else 0,
        captions=[_(one.info.summary) for one in known.values()],
        format_func=lambda one: _(known[one].info.title),
        key="models-kind",
        persist_state="session",
    )
    return chosen if chosen in known else names[0]


def _same(name: str, values: dict[str, Any], kept: dict[str, Any]) -> bool:
    return values == registry.get_generator(name).settings(**kept).model_dump()


def _settled(project: Project | None, name: str, values: dict[str, Any], *, in_use: bool) -> None:
    """Try it, then use it: a model that did not answer is not taken."""
    here = name == "server" or download.here(values)
    with st.container(horizontal=True, vertical_alignment="center"):
        feedback.act(
            _("Test"),
            trial.ask,
            name,
            values,
            key="models-test",
            icon=":material/network_check:",
            disabled=not here,
            help=_("Asks one short question.") if here else _("Download the model first."),
        )
        feedback.act(
            _("In use") if in_use else _("Use for this project"),
            _use,
            project,
            name,
            values,
            type="primary",
            key="models-use",
            icon=":material/check:",
            disabled=in_use or project is None or not trial.passed(name, values),
            help=_("After a test that it passed.") if project else _("Open a project first."),
        )


def _use(project: Project, name: str, values: dict[str, Any]) -> None:
    resources.store().projects.update(project.id, settings={"generator": {"name": name, "settings": values}})
    state.notice.set(_("Prompts of this project now go to this model."))


def _offline() -> None:
    with st.expander(_("Without a network"), icon=":material/cloud_off:", key="models-offline"):
        st.markdown(
            _(
                "Everything but a far server works: the small model that comes with the program, any model folder "
                "on this machine, models that were downloaded before, and servers on this machine. A name of the hub "
                "that is not here yet cannot be fetched; download it where there is a network and give its folder."
            )
        )
        st.markdown(
            _(
                "All methods outside the group “Prompt”, the suggestions while labelling and tuning need no language "
                "model at all."
            )
        )


page()
