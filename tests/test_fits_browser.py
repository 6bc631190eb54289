"""A real server with a real worker: pages stay quick while a method that takes long is fitted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from fsl_core.data.store import Job
from fsl_core.jobs.tasks import fit
from pages.ui.projects import creating
from tests.browser_fixtures import Server, settle

LONG = 300_000
"""Milliseconds in which a busy machine fits a slow method; no claim is made about them."""


def chinese(server: Server, **settings: object) -> int:
    """The sample of Chinese reviews, as one click on the start page makes it."""
    sample = next(one for one in creating.samples() if one.language == "zh")
    with server.store() as store:
        project = creating.create_from_sample(store, sample, f"Chinese {time.time_ns()}")
        store.projects.update(project, settings=settings)
        return project


def fits_of(server: Server, project: int) -> list[Job]:
    with server.store() as store:
        return store.jobs.recent(project, fit.Params.kind)


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG / 1000
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_slow_method_is_fitted_beside_the_pages_and_given_up_when_one_leaves(server: Server, page: Page) -> None:
    project = chinese(server)
    page.goto(f"{server.url}/try?project={project}")
    settle(page)
    page.get_by_role("textbox", name="Your text").fill("送货很慢，包装坏了")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("The labelled examples behind it")).to_be_visible()
    page.locator(".st-key-method button").first.click()
    box = page.get_by_role("combobox", name="Method")
    box.press("ArrowDown")
    page.get_by_role("option", name="MAML", exact=True).click()
    line = page.locator(".st-key-fit-line")
    expect(line).to_contain_text("Until MAML is fitted, Nearest prototype answers.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("The labelled examples behind it")).to_be_visible()  # the old answer stays

    # The Label page is there with its card while the same fit goes on, and takes labels.
    go(page, "Label")
    expect(page.locator(".card .item:not(.empty)")).to_be_visible()
    assert [job.live for job in fits_of(server, project)] == [True]
    page.locator(".card .item").click()
    page.keyboard.press("2")
    expect(page.locator(".card .status")).to_contain_text("Saved")
    until(lambda: [job.live for job in fits_of(server, project)] == [True, False])  # for one more label now
    assert fits_of(server, project)[1].state == "cancelled"

    go(page, "Classes")  # nothing there answers with the model
    until(lambda: not any(job.live for job in fits_of(server, project)))
    assert {job.state for job in fits_of(server, project)} == {"cancelled"}


def test_the_answer_comes_by_itself_and_a_reload_in_between_changes_nothing(server: Server, page: Page) -> None:
    project = chinese(server, method={"name": "reptile", "settings": {"test_steps": 20}})
    page.goto(f"{server.url}/try?project={project}")
    line = page.locator(".st-key-fit-line")
    expect(line).to_contain_text("Until Reptile is fitted")
    page.reload()
    expect(line).to_contain_text("Until Reptile is fitted")
    assert len(fits_of(server, project)) == 1
    expect(line).to_have_count(0, timeout=LONG)
    expect(page.get_by_text(re.compile(r"Fitted on 16 labelled items"))).to_be_visible()
    assert [job.state for job in fits_of(server, project)] == ["done"]
    go(page, "Results")  # the same answer, from the cache
    settle(page)
    expect(line).to_have_count(0)
    assert len(fits_of(server, project)) == 1
