"""The drawing sheet in a real browser: mouse, finger, undo, redo, clear, width, themes, a sharp screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle
from tests.drawing_hand import draw, expect_strokes, ink, touch

DOWN = np.linspace([0.3, 0.2], [0.3, 0.8], 12)
ACROSS = np.linspace([0.2, 0.5], [0.8, 0.5], 12)


def open_sheet(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/draw")
    page.locator(".paper").first.wait_for()
    settle(page)


def at(dark: np.ndarray, x: float, y: float) -> bool:
    side = len(dark)
    return bool(dark[int(y * side), int(x * side)])


def test_strokes_come_back_and_go_again_with_buttons_and_keys(page: Page, server: Server) -> None:
    open_sheet(page, server)
    assert not ink(page).any()
    draw(page, DOWN, ACROSS)
    expect_strokes(page, "2 strokes")
    both = ink(page)
    assert at(both, 0.3, 0.25)
    assert at(both, 0.7, 0.5)
    page.keyboard.press("Control+z")
    expect_strokes(page, "1 stroke")
    assert at(ink(page), 0.3, 0.25)
    assert not at(ink(page), 0.7, 0.5)
    page.keyboard.press("Control+Shift+z")
    expect_strokes(page, "2 strokes")
    assert (ink(page) == both).all()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect_strokes(page, "nothing drawn")
    assert not ink(page).any()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect_strokes(page, "2 strokes")
    assert (ink(page) == both).all()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("button", name="Redo", exact=True).click()
    assert (ink(page) == both).all()


def test_a_new_stroke_after_undo_ends_what_could_be_redone(page: Page, server: Server) -> None:
    open_sheet(page, server)
    draw(page, DOWN)
    page.keyboard.press("Control+z")
    draw(page, ACROSS)
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_disabled()
    assert not at(ink(page), 0.3, 0.25)


def test_a_click_is_a_dot_and_the_brush_has_a_width(page: Page, server: Server) -> None:
    open_sheet(page, server)
    draw(page, np.array([[0.5, 0.5]]))
    expect_strokes(page, "1 stroke")
    thin = ink(page).sum()
    assert thin > 0
    page.keyboard.press("Control+z")
    page.get_by_role("slider", name="Width of the brush").press("End")
    draw(page, np.array([[0.5, 0.5]]))
    assert ink(page).sum() > 4 * thin


def test_a_finger_draws_and_does_not_scroll(new_page: Callable[..., Page], server: Server) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2)
    open_sheet(page, server)
    page.locator(".paper").first.scroll_into_view_if_needed()
    before = page.get_by_test_id("stMain").evaluate("(node) => node.scrollTop")
    touch(page, DOWN)
    expect_strokes(page, "1 stroke")
    assert page.get_by_test_id("stMain").evaluate("(node) => node.scrollTop") == before
    dark = ink(page)
    assert at(dark, 0.3, 0.25)
    box = page.locator(".paper").first.bounding_box()
    assert box is not None
    assert box["width"] <= 390
    assert len(dark) == round(box["width"] * 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_paper_stays_white_and_keeps_its_strokes_when_the_theme_changes(
    new_page: Callable[..., Page], server: Server, scheme: str
) -> None:
    page = new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    open_sheet(page, server)
    draw(page, DOWN)
    expect_strokes(page, "1 stroke")
    before = ink(page)
    assert 0 < before.mean() < 0.2
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    settle(page)
    assert (ink(page) == before).all()
    expect_strokes(page, "1 stroke")
