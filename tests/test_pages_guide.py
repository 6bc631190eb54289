"""The guided first run, page by page, with the browser's answer put where the pages look for it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fsl_core.data.store import Store
from pages.ui.components.messages import Met, read
from pages.ui.guide import tour
from pages.ui.projects import creating
from tests.page_fixtures import APP, TEXTS, open_page, shown, text_project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
MINE = "person:tour:me"


def kept(store: Store, project: int, setting: str = MINE) -> dict[str, Any]:
    return store.projects.get(project).settings[setting]


def guided(store: Store) -> int:
    """A project with the tour on, as opening a sample begins it."""
    project = text_project(store)
    tour.begin(project)
    return project


def opened(page: str, store: Store, project: int, **more: Any) -> AppTest:
    """A page in a browser that has met no other tour."""
    at = AppTest.from_file(APP, default_timeout=120)
    at.session_state["handful.tour"] = kept(store, project)["id"]
    at.query_params["project"] = str(project)
    for name, value in more.items():
        at.query_params[name] = value
    at.run()
    at.query_params["project"] = str(project)
    return at.switch_page(f"pages/{page}.py").run()


def bar(at: AppTest) -> str:
    """What the bar says; '' without one."""
    return next((part.proto.body for part in at.get("html") if 'role="status"' in part.proto.body), "")


def label(store: Store, project: int, places: range, author: str = "me") -> None:
    ids, first = store.items.all(project).ids.tolist(), store.classes.list(project)[0].id
    store.journal.label_many(project, {ids[place]: first for place in places}, author=author)


def links(at: AppTest) -> list[str]:
    return [one.proto.label for one in at.get("page_link")]


def test_a_sample_begins_the_tour_and_the_next_one_does_not(page_store: Store) -> None:
    for sample in creating.samples()[:2]:
        at = AppTest.from_file(APP, default_timeout=120).run()
        at.button(key=f"sample-open-{sample.slug}").click().run()
        assert not at.exception
    first, second = (page_store.projects.of_sample(sample.filename)[0] for sample in creating.samples()[:2])
    assert kept(page_store, first)["step"] == tour.LABEL
    assert MINE not in page_store.projects.get(second).settings


def test_a_project_of_ones_own_has_no_bar(page_store: Store) -> None:
    at = open_page("label", text_project(page_store))
    assert not at.exception and bar(at) == "" and not [one for one in at.button if one.key == "tour-skip"]


def test_nothing_is_shown_before_the_browser_has_answered(page_store: Store) -> None:
    at = open_page("label", guided(page_store))
    assert not at.exception and bar(at) == ""


def test_each_step_goes_on_by_itself(page_store: Store) -> None:
    project = guided(page_store)
    at = opened("label", page_store, project)
    assert "Step 1 of 3" in bar(at) and "label five items" in bar(at) and "0 of 5" in bar(at)
    label(page_store, project, range(3))
    label(page_store, project, range(6, 12), author="Ada")
    at.run()
    assert "3 of 5" in bar(at), "what others label is theirs"
    label(page_store, project, range(3, 5))
    at.run()
    assert not at.exception and "Step 2 of 3" in bar(at) and "Open the map" in links(at)
    at = opened("export", page_store, project)
    assert "Step 2 of 3" in bar(at), "the file comes after the map"
    at = opened("map", page_store, project)
    assert "Step 3 of 3" in bar(at) and "Open Export" in links(at)
    at = opened("export", page_store, project)
    assert "press Download" in bar(at) and "Open Export" not in links(at)
    at.get("download_button")[0].click().run()
    assert not at.exception and bar(at) == ""
    assert kept(page_store, project)["step"] == tour.OVER
    assert [one.value for one in at.toast] == ["That was the tour: you have labelled, looked and taken the file."]


@pytest.mark.parametrize("page", ["label", "map", "classes", "results", "export"])
def test_it_is_skipped_for_good_on_any_page(page_store: Store, page: str) -> None:
    project = guided(page_store)
    at = opened(page, page_store, project)
    assert "Step 1 of 3" in bar(at) and ("Go to Label" in links(at)) == (page != "label")
    at.button(key="tour-skip").click().run()
    assert not at.exception and bar(at) == ""
    assert bar(opened(page, page_store, project)) == ""
    tour.begin(project)
    assert kept(page_store, project)["step"] == tour.OVER


def test_another_name_goes_its_own_way(page_store: Store) -> None:
    project = guided(page_store)
    assert bar(opened("label", page_store, project, me="Ada")) == ""
    assert "Step 1 of 3" in bar(opened("label", page_store, project))


def test_the_tour_of_a_project_file_stays_where_it_was_made(page_store: Store) -> None:
    project = guided(page_store)
    other = text_project(page_store, TEXTS, **{MINE: kept(page_store, project)})
    assert bar(opened("label", page_store, other)) == ""


@pytest.mark.parametrize("broken", [{"id": "x"}, "x", 3, {"id": "x", "project": 1, "step": 1, "more": 2}, None])
def test_a_setting_of_another_shape_is_no_tour(page_store: Store, broken: object) -> None:
    project = text_project(page_store, TEXTS, **{MINE: broken})
    at = open_page("label", project)
    assert not at.exception and bar(at) == "" and "error" not in shown(at)


def test_only_a_plain_yes_or_no_of_the_browser_counts() -> None:
    assert read(Met, {"tour": "ab", "first": True}) == Met(tour="ab", first=True)
    for strange in ({"tour": "ab", "first": 1}, {"tour": 3, "first": True}, {"tour": "ab"}, "ab", None):
        assert read(Met, strange) is None
