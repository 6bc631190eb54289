"""The sidebar in the order of the work, tabs with addresses of their own, and links from before the order changed."""

from __future__ import annotations

import pytest

from pages.ui.kit import navigation
from tests.page_fixtures import open_page, text_project

ADDRESSES = {
    "projects": "", "label": "label", "map": "map", "try_it": "try", "tune": "tune", "augment": "augment",
    "prompt": "prompt", "compare": "compare", "models": "models", "meta": "meta", "draw": "draw",
    "classes": "classes", "check": "check", "history": "history", "export": "export",
}  # fmt: skip
"""What links and bookmarks of version 0.1.0 name."""


def lines(at):
    """The links of the sidebar, from top to bottom."""
    return [link.proto.label for link in at.sidebar.get("page_link")]


def tabs(at):
    return [link.proto.label for link in at.main.get("page_link")]


def test_every_old_address_still_leads_to_its_page():
    known = {screen.file: screen.path for entry in navigation._entries() for screen in entry.screens}
    assert ADDRESSES.items() <= known.items()


def test_the_sidebar_follows_the_work(page_store):
    at = open_page("label", text_project(page_store))
    groups = [caption.value for caption in at.sidebar.caption][:4]
    assert groups == ["Label", "Check", "Use", "Learn"]
    order = [
        "Projects", "Label", "Map", "Classes", "Results", "Review", "Try", "Improve", "Export", "Episodes", "Prompts",
        "Models",
    ]  # fmt: skip
    assert [line for line in lines(at) if line in order] == order


def test_without_a_project_only_what_needs_none_is_listed(page_store):
    at = open_page("projects")
    assert lines(at) == ["Projects", "Episodes", "Prompts", "Models"]


@pytest.mark.parametrize(
    ("page", "line", "shown"),
    [
        ("check", "Review", ["Check", "History"]),
        ("history", "Review", ["Check", "History"]),
        ("tune", "Improve", ["Compare", "Tune", "Augment"]),
        ("meta", "Episodes", ["Draw a character", "Meta-learning"]),
    ],
)
def test_tabs_are_pages_and_their_line_leads_to_the_one_that_is_on(page_store, page, line, shown):
    at = open_page(page, text_project(page_store))
    assert tabs(at)[: len(shown)] == shown
    target = next(link.proto.page for link in at.sidebar.get("page_link") if link.proto.label == line)
    assert target == ADDRESSES[page]


def test_a_project_lists_no_tab_that_it_cannot_use(page_store):
    several = text_project(page_store, multi_label=True)
    assert tabs(open_page("compare", several))[:2] == ["Compare", "Tune"]
    pictures = page_store.projects.create("Pictures", kind="image", classes=["a", "b"])
    at = open_page("compare", pictures.id)
    assert "Tune" not in tabs(at) and "Improve" in lines(at)


def test_a_page_that_stands_alone_has_no_tabs(page_store):
    assert "Label" not in tabs(open_page("label", text_project(page_store)))
