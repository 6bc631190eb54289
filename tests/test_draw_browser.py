"""The demo in a real browser: from the start page to a recognised drawing, own examples, a fresh start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from pages.ui.drawing import characters
from pages.ui.pictures import capture
from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.drawing_hand import draw, draw_and_recognise, expect_strokes, ink, strokes_of

PATIENCE_MS = PATIENCE_S * 1000


def answer(page: Page) -> str:
    settle(page)
    return page.get_by_test_id("stAlert").first.inner_text()


def test_one_click_from_the_start_page_and_the_sixth_drawing_is_recognised(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Start drawing").click()
    page.locator(".paper").wait_for(timeout=PATIENCE_MS)
    settle(page)
    draw_and_recognise(page, "Kesh")
    assert "None" not in answer(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)


def test_the_answer_follows_every_stroke_and_reset_empties_the_sheet(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/draw")
    page.locator(".paper").wait_for(timeout=PATIENCE_MS)
    settle(page)
    first, *rest = strokes_of("Vual")
    draw(page, first)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2, timeout=PATIENCE_MS)
    draw(page, *rest)
    expect_strokes(page, f"{len(rest) + 1} strokes")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Vual")
    page.keyboard.press("s")
    expect_strokes(page, "nothing drawn")
    assert not ink(page).any()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(0)


def test_a_key_deals_five_others_and_the_link_brings_them_back(
    page: Page, new_page: Callable[..., Page], server: Server
) -> None:
    page.goto(f"{server.url}/draw")
    page.locator(".paper").wait_for(timeout=PATIENCE_MS)
    settle(page)
    page.keyboard.press("n")
    dealt = [one.name for one in characters.deal(1)]
    for name in dealt:
        expect(page.locator(".draw-card", has_text=name)).to_be_visible()
    other = new_page(viewport={"width": 390, "height": 844})
    other.goto(page.url)
    for name in dealt:
        expect(other.locator(".draw-card", has_text=name)).to_be_visible(timeout=PATIENCE_MS)


def test_a_drawing_of_ones_own_becomes_the_example_of_its_class(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/draw")
    page.locator(".paper").wait_for(timeout=PATIENCE_MS)
    settle(page)
    # Ombo is from now on a zigzag that looks like none of the printed five.
    zigzag = np.concatenate(
        [
            np.linspace([x, 0.2 + 0.6 * (i % 2)], [x + 0.15, 0.8 - 0.6 * (i % 2)], 8)
            for i, x in enumerate([0.2, 0.35, 0.5, 0.65])
        ]
    )
    page.keyboard.press("1")
    dialog = page.get_by_role("dialog")
    dialog.locator(".paper").wait_for()
    settle(page)
    draw(page, zigzag, nth=1)
    expect(dialog.get_by_role("button", name="Use my drawing")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator(".draw-card", has_text="Ombo")).to_contain_text("yours")
    settle(page)
    draw(page, zigzag)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Ombo", timeout=PATIENCE_MS)
    assert "None" not in answer(page)


def test_a_drawing_on_the_try_page_is_answered_with_the_examples_behind_it(page: Page, server: Server) -> None:
    names = ("Kesh", "Vual")
    rng = np.random.default_rng(1)
    with pytest.MonkeyPatch.context() as patch, server.store() as store:
        patch.setenv("HANDFUL_HOME", str(server.home))
        project = store.projects.create("Characters", kind="image", classes=names)
        for one in characters.characters():
            for copy in range(4 if one.name in names else 0):
                capture.add(store, project, characters.redrawn(one, rng), f"{one.name} {copy}", one.name)
    page.goto(f"{server.url}/try?project={project.id}")
    page.locator(".paper").wait_for(timeout=PATIENCE_MS)
    settle(page)
    draw_and_recognise(page, "Kesh")
    expect(page.locator(".hf-table")).to_be_visible()
    kept = list((server.home / "images").rglob("*.png"))
    draw(page, *strokes_of("Vual"))
    settle(page)
    assert list((server.home / "images").rglob("*.png")) == kept, "what is tried is not kept"
