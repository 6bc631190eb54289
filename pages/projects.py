"""Projects: click a sample, import a file, open, rename, put into the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.drawing import cards
from pages.ui.guide import tour
from pages.ui.kit import chrome, feedback, project, resources, state, times
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.projects import creating, importer, opening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import ProjectSummary

SHOWN = 12
IN_A_ROW = 3
"""Samples beside one another: those that impress in the first row, those that show limits in the second."""
MANY = 20
WAYS = {"file": ":material/upload_file:", "paste": ":material/content_paste:", "empty": ":material/create_new_folder:"}
_trashed: state.Value[tuple[int, bool] | None] = state.Value("handful.projects.trashed", None)
"""The project that this session put into the trash last, and whether it was open."""


def page() -> None:
    """The whole page: with projects they come first, without any the samples do."""
    projects = resources.store().projects.list()
    _undo_bar()
    if problem := project.missing():
        st.info(f"**{problem[0]}**\n\n{problem[1]}", icon=":material/search_off:")
    if projects:
        chrome.heading(_("Projects"), _("Open a project, or start a new one from a file, pasted texts or a sample."))
        opening.follow_import()
        _start()
        _mine(projects)
        st.subheader(_("Samples"), anchor=False)
        _samples(creating.samples())
        cards.invitation()
    else:
        with st.container(key="hero"):
            st.title(_("Label a handful, get a model you can trust."), anchor=False)
            st.markdown(
                _(
                    "Handful learns to sort your texts while you label the first few, "
                    "and says how far to trust it. Everything stays on this machine."
                )
            )
        opening.follow_import()
        st.subheader(_("Try a sample"), anchor=False)
        found = creating.samples()
        _samples(found[:IN_A_ROW])
        st.subheader(_("Or bring your own texts"), anchor=False)
        _start("file")
        st.subheader(_("More samples"), anchor=False)
        _samples(found[IN_A_ROW:])
        cards.invitation()
    _trash()


# -- new projects ----------------------------------------------------------------------------------


@feedback.guard
def _samples(found: Sequence[creating.Sample]) -> None:
    with st.container(key=f"samples-{found[0].slug}"):
        for start in range(0, len(found), IN_A_ROW):
            row = found[start : start + IN_A_ROW]
            for column, sample in zip(st.columns(len(row), gap="medium"), row, strict=True):
                with column.container(border=True, height="stretch", key=f"sample-{sample.slug}"):
                    _sample(sample)


def _sample(sample: creating.Sample) -> None:
    st.markdown(f"#### {plain(_(sample.title))}", anchors=False)
    st.markdown(plain(_(sample.summary)))
    facts = [
        ngettext("{n} text", "{n} texts", sample.n),
        ngettext("{n} class", "{n} classes", len(sample.classes)),
        _language_name(sample.language),
    ]
    with st.container(key=f"foot-{sample.slug}"):
        st.caption(" · ".join(facts))
        _sample_buttons(sample)


def _sample_buttons(sample: creating.Sample) -> None:
    """Into the sample; somebody who was there before goes on where the first visit ended, or asks for a fresh copy."""
    mine = resources.store().projects.of_sample(sample.filename)
    label, key = _("Open this sample"), f"sample-open-{sample.slug}"
    if st.button(label, type="primary", key=key, icon=":material/play_arrow:"):
        if mine:
            state.notice.set(_("This is the sample as you left it. A fresh copy is offered on the Projects page."))
            tour.begin(mine[0])
            opening.enter(mine[0])
        _open_sample(sample)
    if mine and st.button(
        _("Start a fresh copy"), type="tertiary", key=f"sample-fresh-{sample.slug}", icon=":material/content_copy:"
    ):
        _open_sample(sample)


def _open_sample(sample: creating.Sample) -> None:
    name = creating.free_name(_(sample.title), list(resources.project_names().values()))
    with feedback.inline_progress(_("Opening the sample")) as report:
        project = creating.create_from_sample(resources.store(), sample, name, report)
        tour.begin(project)
    opening.enter(project)


def _language_name(code: str) -> str:
    return {"en": _("English"), "zh": _("Chinese")}.get(code, code)


def _start(first: str | None = None) -> None:
    names = {"file": _("Import a file"), "paste": _("Paste texts"), "empty": _("New empty project")}
    if asked := state.start_with.pop():
        st.session_state["projects-way"] = None if asked == "nothing" else asked
    way = st.segmented_control(
        _("Start a new project"),
        list(WAYS),
        default=first,
        format_func=lambda way: f"{WAYS[way]} {names[way]}",
        key="projects-way",
        label_visibility="collapsed",
        persist_state="session",
    )
    if way is None:
        return
    with st.container(border=True, key=f"start-{way}"):
        if way == "file":
            importer.file_flow(state.import_round.get())
        elif way == "paste":
            importer.paste_flow(state.import_round.get())
        else:
            _empty_project()


def _empty_project() -> None:
    with st.form("projects-empty", border=False):
        name = st.text_input(_("Name of the project"), key="projects-empty-name", max_chars=200)
        lines = importer.class_lines("projects-empty-classes")
        if st.form_submit_button(_("Create"), type="primary", key="projects-empty-go"):
            _create_empty(name.strip(), creating.parse_classes(lines))


@feedback.guard
def _create_empty(name: str, classes: list[tuple[str, str]]) -> None:
    if not name:
        st.warning(_("Give the project a name first."))
        return
    project = resources.store().projects.create(name, classes=creating.new_classes(classes))
    state.open_project(project.id)
    state.start_with.set("file")
    state.notice.set(tr("{name} is there. Now add what you want to label.", name=plain(name)))
    resources.projects_changed()
    st.rerun()


# -- my projects -----------------------------------------------------------------------------------


def _mine(projects: Sequence[ProjectSummary]) -> None:
    st.subheader(_("My projects"), anchor=False)
    shown = list(projects)
    if len(projects) > MANY:
        wanted = st.text_input(
            _("Find a project"), key="projects-find", placeholder=_("Part of its name"), icon=":material/search:"
        )
        shown = [project for project in projects if (wanted or "").casefold() in project.name.casefold()]
    all_of_them = len(shown) <= SHOWN or st.session_state.get("projects-all", False)
    with st.container(key="my-projects", gap="xsmall"):
        for project in shown if all_of_them else shown[:SHOWN]:
            _row(project)
    if not all_of_them:
        st.button(
            tr("Show all {n}", n=len(shown)), key="projects-show-all", on_click=_show_all, icon=":material/expand_more:"
        )


def _show_all() -> None:
    st.session_state["projects-all"] = True


def _row(project: ProjectSummary) -> None:
    current = project.id == state.project_id()
    with st.container(border=True, key=f"project-row-{project.id}"):
        words, buttons = st.columns([3, 1], vertical_alignment="center", gap="small")
        with words.container(gap="xxsmall"):
            mark = f" :primary-badge[{_('current')}]" if current else ""
            with st.container(key=f"clip-{project.id}"):
                st.markdown(f"**{plain(project.name)}**{mark}")
            facts = [
                ngettext("{n} item", "{n} items", project.n_items),
                tr("{n} labelled", n=f"{project.n_labeled:,}"),
                ngettext("{n} class", "{n} classes", project.n_classes),
                times.ago(project.updated_at),
            ]
            st.caption(" · ".join(facts))
        with buttons.container(horizontal=True, horizontal_alignment="right", gap="small", wrap=False):
            if st.button(_("Open"), key=f"project-open-{project.id}", type="primary" if current else "secondary"):
                opening.enter(project.id)
            with st.popover(
                _("Edit"), type="tertiary", key=f"project-more-{project.id}", width="content", icon=":material/edit:"
            ):
                _more(project)


def _more(project: ProjectSummary) -> None:
    # A field for each name: one that is opened late holds the name as it is, not as this session first met it.
    key = f"project-name-{project.id}-{project.name}"
    st.text_input(
        _("Name of the project"),
        value=project.name,
        key=key,
        max_chars=200,
        on_change=_rename,
        args=(project.id, key),
    )
    if st.button(
        _("Classes and descriptions"), key=f"project-classes-{project.id}", icon=":material/category:", width="stretch"
    ):
        state.open_project(project.id)
        st.switch_page("pages/classes.py", query_params={"project": str(project.id)})
    if st.button(_("Move to the trash"), key=f"project-trash-{project.id}", icon=":material/delete:", width="stretch"):
        _move_to_trash(project)


@feedback.in_callback
def _rename(project_id: int, key: str) -> None:
    if (name := state.widget_value(key)) is not state.GONE:
        resources.store().projects.update(project_id, name=(name or "").strip())
        resources.projects_changed()


def _move_to_trash(project: ProjectSummary) -> None:
    resources.store().projects.trash(project.id)
    was_open = state.project_id() == project.id
    if was_open:
        state.open_project(None)
    _trashed.set((project.id, was_open))
    resources.projects_changed()
    st.rerun()


def _undo_bar() -> None:
    """What was just put into the trash, with its undo: a message that fades away can hold no button."""
    if (last := _trashed.get()) is None:
        return
    project_id, was_open = last
    found = next((one for one in resources.store().projects.list(trashed=True) if one.id == project_id), None)
    if found is None:  # restored below, or by somebody else
        _trashed.clear()
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="projects-undo-bar"):
        words = tr("{name} is in the trash. It can be restored for 30 days.", name=plain(found.name))
        st.markdown(f":material/delete: {words}", width="stretch")
        st.button(
            _("Undo"), key="projects-undo", icon=":material/undo:", on_click=_restore, args=(project_id, was_open)
        )
        st.button(
            "",
            key="projects-undo-close",
            icon=":material/close:",
            type="tertiary",
            help=_("Close"),
            on_click=_trashed.clear,
        )


@feedback.in_callback
def _restore(project_id: int, open_it: bool = False) -> None:
    resources.store().projects.restore(project_id)
    resources.projects_changed()
    if open_it:
        state.open_project(project_id)


def _trash() -> None:
    trashed = resources.store().projects.list(trashed=True)
    if not trashed:
        return
    with st.expander(tr("Trash ({n})", n=len(trashed)), icon=":material/delete:", key="projects-trash"):
        st.caption(_("Projects here are gone for good 30 days after they were moved."))
        for project in trashed:
            with st.container(horizontal=True, vertical_alignment="center", key=f"trash-row-{project.id}"):
                st.markdown(plain(project.name), width="stretch")
                st.button(
                    _("Restore"),
                    key=f"project-restore-{project.id}",
                    icon=":material/restore_from_trash:",
                    on_click=_restore,
                    args=(project.id,),
                )


page()
