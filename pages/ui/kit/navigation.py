"""The pages in the order of the work: what the sidebar lists, and which of them are tabs of one entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from fsl_core.base import paths
from pages.ui.kit import resources, state
from pages.ui.kit.text import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from streamlit.navigation.page import Page

    from fsl_core.data.store import Project


def always(project: Project | None) -> bool:
    """For pages that need no project, or say themselves what they need."""
    return True


def with_project(project: Project | None) -> bool:
    """For pages that work on an open project."""
    return project is not None


def with_texts(project: Project | None) -> bool:
    """For what trains on texts or their vectors: encoders of pictures are not trained."""
    return project is not None and project.kind != "image"


def with_single_labels(project: Project | None) -> bool:
    """For what makes examples out of texts that have one class each."""
    return project is not None and project.kind != "image" and not project.settings.get("multi_label")


class Screen(NamedTuple):
    """One page: its file, its address (unchanged since it first had one), and who can use it."""

    file: str
    title: str
    path: str
    icon: str
    usable: Callable[[Project | None], bool] = with_project


class Entry(NamedTuple):
    """One line of the sidebar; with several screens they are its tabs."""

    title: str
    icon: str
    screens: tuple[Screen, ...]


def _one(file: str, title: str, path: str, icon: str, usable: Callable[[Project | None], bool] = with_project) -> Entry:
    return Entry(title, icon, (Screen(file, title, path, icon, usable),))


GROUPS: Mapping[str, tuple[Entry, ...]] = {
    "": (_one("projects", N_("Projects"), "", ":material/folder_open:", always),),
    N_("Label"): (
        _one("label", N_("Label"), "label", ":material/label:"),
        _one("map", N_("Map"), "map", ":material/scatter_plot:"),
        _one("classes", N_("Classes"), "classes", ":material/category:"),
    ),
    N_("Check"): (
        _one("results", N_("Results"), "results", ":material/table_rows:"),
        Entry(
            N_("Review"),
            ":material/fact_check:",
            (
                Screen("check", N_("Check"), "check", ":material/psychology_alt:"),
                Screen("history", N_("History"), "history", ":material/history:"),
            ),
        ),
    ),
    N_("Use"): (
        _one("try_it", N_("Try"), "try", ":material/experiment:"),
        Entry(
            N_("Improve"),
            ":material/trending_up:",
            (
                Screen("compare", N_("Compare"), "compare", ":material/leaderboard:"),
                Screen("tune", N_("Tune"), "tune", ":material/tune:", with_texts),
                Screen("augment", N_("Augment"), "augment", ":material/auto_awesome:", with_single_labels),
            ),
        ),
        _one("export", N_("Export"), "export", ":material/download:"),
    ),
    N_("Learn"): (
        Entry(
            N_("Episodes"),
            ":material/school:",
            (
                Screen("draw", N_("Draw a character"), "draw", ":material/draw:", always),
                Screen("meta", N_("Meta-learning"), "meta", ":material/hub:", always),
            ),
        ),
        _one("prompt", N_("Prompts"), "prompt", ":material/search_insights:", always),
    ),
}
FOOT = _one("models", N_("Models"), "models", ":material/smart_toy:", always)
"""Stands apart: it serves all the others."""


@dataclass(frozen=True)
class Navigation:
    """All pages as Streamlit knows them in this run, and which one is on."""

    pages: dict[str, Page]
    """File name -> page."""

    @cached_property
    def project(self) -> Project | None:
        """The open project."""
        project_id = state.project_id()
        return None if project_id is None else resources.store().projects.get(project_id)

    def usable(self, entry: Entry) -> list[Screen]:
        """The screens of an entry that this project can use."""
        return [screen for screen in entry.screens if screen.usable(self.project)]

    def sidebar(self, current: Page) -> None:
        """The lines under the names of their groups; a group or a line that nobody can use here is left out."""
        with st.container(key="shell-nav"):
            for name, entries in GROUPS.items():
                shown = [(entry, screens) for entry in entries if (screens := self.usable(entry))]
                if name and shown:
                    st.caption(_(name))
                for entry, screens in shown:
                    self._line(entry, screens, current)

    def foot(self, current: Page) -> None:
        """The line that stands apart."""
        with st.container(key="shell-foot-nav"):
            self._line(FOOT, list(FOOT.screens), current)

    def tabs(self, current: Page) -> None:
        """The screens beside the current one; nothing where it stands alone. Each has an address of its own."""
        entry = next((one for one in _entries() if current in self._of(one.screens)), None)
        if entry is None or len(screens := self.usable(entry)) < 2:
            return
        with st.container(horizontal=True, key="page-tabs", gap="small"):
            for screen in screens:
                st.page_link(self.pages[screen.file], label=_(screen.title), query_params=state.query())

    def _line(self, entry: Entry, screens: list[Screen], current: Page) -> None:
        # The tab that is on is the target, so that Streamlit marks the line as the one we are at.
        pages = self._of(screens)
        page = current if current in pages else pages[0]
        st.page_link(page, label=_(entry.title), icon=entry.icon, width="stretch", query_params=state.query())

    def _of(self, screens: list[Screen] | tuple[Screen, ...]) -> list[Page]:
        return [self.pages[screen.file] for screen in screens]


def _entries() -> Iterator[Entry]:
    for entries in GROUPS.values():
        yield from entries
    yield FOOT


def make() -> Navigation:
    """Every page there is, whoever can use it: old links must lead somewhere."""
    folder = paths.ROOT / "pages"
    return Navigation(
        {
            screen.file: st.Page(
                folder / f"{screen.file}.py",
                title=_(screen.title),
                icon=screen.icon,
                url_path=screen.path or None,
                default=not screen.path,
            )
            for entry in _entries()
            for screen in entry.screens
        }
    )
