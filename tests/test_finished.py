"""A job that has ended says so on other pages, once, with the way to what came of it."""

from __future__ import annotations

import pytest

from fsl_core.jobs import queue
from pages.ui.kit import finished, navigation
from tests.page_fixtures import open_page, shown, text_project


def links(at) -> set[str]:
    return {link.proto.page for link in at.get("page_link") if link.proto.label == "Show"}


@pytest.mark.parametrize(("state", "words"), [("done", "The methods are compared."), ("failed", "It broke")])
def test_a_job_that_ends_tells_on_another_page_until_it_was_read(page_store, state, words) -> None:
    project = text_project(page_store)
    at = open_page("classes", project)
    job = page_store.jobs.submit("compare", {"folds": 2, "repeats": 1}, project)
    at.run()
    assert words not in shown(at)
    page_store.jobs.claim(1)
    if state == "done":
        page_store.jobs.finish(job.id, {})
    else:
        page_store.jobs.fail(job.id, "It broke", "")
    at.run()
    assert words in shown(at) and links(at) == {"compare"}
    at.run()
    assert words in shown(at)
    at.button(key=f"job-read-{job.id}").click().run()
    assert words not in shown(at)


def test_a_job_that_was_over_before_one_came_and_one_that_only_serves_a_page_say_nothing(page_store) -> None:
    project = text_project(page_store)
    old = page_store.jobs.submit("compare", {}, project)
    page_store.jobs.claim(1)
    page_store.jobs.finish(old.id, {})
    at = open_page("classes", project)
    page_store.jobs.submit("umap", {}, project)
    at.run()
    page_store.jobs.claim(1)
    at.run()
    assert not links(at)


def test_every_kind_that_tells_is_a_job_and_leads_to_a_page() -> None:
    files = {screen.file for entry in navigation._entries() for screen in entry.screens}
    assert set(finished.OUTCOMES) <= set(queue._tasks())
    assert {one.page for one in finished.OUTCOMES.values()} <= files
