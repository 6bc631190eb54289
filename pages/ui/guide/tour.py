"""The guided first run: three steps with the first sample a person opens, in a bar above the page, and never again.

How far it is stands in the settings of that project, for each person, so that a reload goes on there; the browser
remembers for itself that it has met a tour, so that another name on the same machine meets none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Literal, NamedTuple

import streamlit as st

from fsl_core.data.store.records import PERSONAL
from pages.ui.components.tour import memory
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _, tr
from pages.ui.projects import creating

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from fsl_core.data.store import Project
    from pages.ui.kit.navigation import Navigation

STEPS = 3
LABEL, MAP, FILE = 1, 2, 3
OVER = 0
LABELS = 5
"""So many items are labelled before the tour goes on."""
LOOK_EVERY_S = 1.0
STYLE = """<style>
.st-key-tour-bar { border-left: 3px solid light-dark(#0b6e69, #4fc4b8); border-radius: 0.25rem; gap: 0 1rem;
  padding: 0.3rem 0.6rem 0.3rem 0.85rem; background: light-dark(#f2ece0, #1b2428); }
.hf-tour { display: flex; flex-wrap: wrap; gap: 0 0.75rem; align-items: baseline; line-height: 1.4; }
.hf-tour .step { font-size: 0.875rem; color: light-dark(#566064, #a7afae); white-space: nowrap; }
.hf-tour .num { font-variant-numeric: tabular-nums; white-space: nowrap; }
</style>"""


class Tour(NamedTuple):
    """Which tour, of which project, and the step it is at; ``OVER`` when it was skipped or is done."""

    id: str
    project: int
    step: int


_shown: state.Value[str] = state.Value("handful.tour", "")
"""The tour that the browser of this session said it may show."""


def begin(project_id: int) -> None:
    """Begin the tour with a sample that was just opened, unless this person has had one."""
    projects = resources.store().projects
    samples = {one for sample in creating.samples() for one in projects.of_sample(sample.filename)}
    if not any(_of(projects.get(one)) for one in samples | {project_id}):
        _keep(Tour(secrets.token_hex(4), project_id, LABEL))


def draw(known: Navigation, page: Page) -> None:
    """The bar, on every page but the first, while the tour of the open project is on."""
    # Always there, so that nothing below is made anew when the tour ends.
    place = st.container(key="tour")
    name = next((file for file, one in known.pages.items() if one == page), "")
    tour = _of(known.project) if known.project is not None and name != "projects" else None
    if known.project is None or tour is None or tour.step == OVER:
        return
    if _shown.get() == tour.id and (now := _advanced(tour, name)) != tour:
        _keep(tour := now)
    with place:
        _live(tour, name)


def on_download() -> Literal["ignore"] | Callable[[], None]:
    """What the button that gives the file does beside: it ends the tour that waits for it."""
    project_id = state.project_id()
    tour = None if project_id is None else _of(resources.store().projects.get(project_id))
    return _finish if tour is not None and tour.step == FILE and _shown.get() == tour.id else "ignore"


def _live(tour: Tour, page: str) -> None:
    """The bar looks by itself while labels are counted, for a label reruns the card alone."""

    @st.fragment(run_every=LOOK_EVERY_S if tour.step == LABEL else None)
    @feedback.guard
    def live() -> None:
        now = _of(resources.store().projects.get(tour.project))
        if now is None or now.step != tour.step:  # skipped, here or in another window
            st.rerun()
        if _shown.get() != tour.id:
            memory.ask(tour.id, lambda first: _answered(tour, first))
            return
        if _advanced(tour, page) != tour:
            st.rerun()
        _bar(tour, page)

    live()


def _bar(tour: Tour, page: str) -> None:
    sentence, target, link = _words(tour.step, page)
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="tour-bar"):
        step = tr("Step {n} of {total}", n=tour.step, total=STEPS)
        parts = [f'<span class="step">{escape(step)}</span>', f"<span>{escape(sentence)}</span>"]
        if tour.step == LABEL:
            count = tr("{n} of {total}", n=_labelled(tour.project), total=LABELS)
            parts.append(f'<span class="num">{escape(count)}</span>')
        st.html(f'<div class="hf-tour" role="status">{"".join(parts)}</div>', width="stretch")
        if page != target:
            st.page_link(f"pages/{target}.py", label=link, icon=":material/arrow_forward:", query_params=state.query())
        st.button(_("Skip the tour"), key="tour-skip", type="tertiary", on_click=_end, args=(tour.project,))


def _words(step: int, page: str) -> tuple[str, str, str]:
    """The sentence, the page where it is done, and the words of the link that leads there."""
    if step == LABEL:
        return _("Press the keys: label five items."), "label", _("Go to Label")
    if step == MAP:
        return _("Look at the map: what is alike lies together."), "map", _("Open the map")
    if page == "map":
        sentence = _("This is the map: what is alike lies together. Next, take the file.")
    elif page == "export":
        sentence = _("Take the file: press Download.")
    else:
        sentence = _("Take the file with your labels.")
    return sentence, "export", _("Open Export")


def _advanced(tour: Tour, page: str) -> Tour:
    """The step that is next to do, by what the person has done."""
    step = tour.step
    if step == LABEL and _labelled(tour.project) >= LABELS:
        step = MAP
    if step == MAP and page == "map":
        step = FILE
    return tour._replace(step=step)


def _labelled(project_id: int) -> int:
    """How many items of the project this person has labelled, up to five; counted when the journal has moved."""
    journal, person = resources.store().journal, state.author.get()

    def count() -> int:
        labels = journal.labels(project_id).values()
        return sum(one.author == person and one.source == "person" for one in labels)

    return min(LABELS, state.remember("tour.labelled", (project_id, person, journal.last_id(project_id)), count))


@feedback.in_callback
def _answered(tour: Tour, first: bool) -> None:
    if first:
        _shown.set(tour.id)
    else:
        _end(tour.project)


@feedback.in_callback
def _end(project_id: int) -> None:
    """For good."""
    if (tour := _of(resources.store().projects.get(project_id))) is not None:
        _keep(tour._replace(step=OVER))


def _finish() -> None:
    if (project_id := state.project_id()) is not None:
        _end(project_id)
        state.notice.set(_("That was the tour: you have labelled, looked and taken the file."))


def _setting() -> str:
    return f"{PERSONAL}tour:{state.author.get()}"


def _of(project: Project) -> Tour | None:
    """How far the tour of this person is there; None where it never was, or came in with the file of a project."""
    try:
        tour = Tour(**project.settings.get(_setting(), {}))
    except TypeError:
        return None
    return tour if tour.project == project.id else None


def _keep(tour: Tour) -> None:
    resources.store().projects.update(tour.project, settings={_setting(): tour._asdict()})
