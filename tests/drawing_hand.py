"""A hand for the browser tests: strokes on the drawing sheet, by mouse or by finger."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from pages.ui.drawing import characters
from tests.browser_fixtures import PATIENCE_S, settle

INK = """(canvas) => canvas.toDataURL("image/png").split(",")[1]"""


def strokes_of(name: str) -> list[np.ndarray]:
    """The strokes of an invented character, in shares of the sheet, a little smaller and off the middle."""
    one = next(one for one in characters.characters() if one.name == name)
    return [0.17 + 0.68 * characters.curve(stroke) / characters.UNIT for stroke in one.strokes]


def draw_and_recognise(page: Page, name: str) -> None:
    """Draw an invented character of three strokes; the page names it."""
    draw(page, *strokes_of(name))
    expect_strokes(page, "3 strokes")
    expect(page.get_by_test_id("stAlert").first).to_contain_text(name, timeout=PATIENCE_S * 1000)


def places(page: Page, stroke: np.ndarray, nth: int = 0) -> np.ndarray:
    """Shares of the sheet as pixels of the window."""
    sheet = page.locator(".paper").nth(nth)
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    return np.array([box["x"], box["y"]]) + np.asarray(stroke) * np.array([box["width"], box["height"]])


def draw(page: Page, *strokes: np.ndarray, nth: int = 0) -> None:
    """Draw strokes with the mouse."""
    for stroke in strokes:
        line = places(page, stroke, nth)
        page.mouse.move(*line[0])
        page.mouse.down()
        for place in line[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def touch(page: Page, stroke: np.ndarray) -> None:
    """Draw a stroke with a finger."""
    line = places(page, stroke)
    session = page.context.new_cdp_session(page)

    def send(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [{"x": float(line[0][0]), "y": float(line[0][1])}])
    for x, y in line[1:]:
        send("touchMove", [{"x": float(x), "y": float(y)}])
    send("touchEnd", [])


def ink(page: Page, nth: int = 0) -> np.ndarray:
    """What is dark on the sheet, shape (side, side) of booleans."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    data = base64.b64decode(page.locator(".paper").nth(nth).evaluate(INK))
    return np.asarray(Image.open(io.BytesIO(data)).convert("L")) < 128


def expect_strokes(page: Page, words: str, nth: int = 0) -> None:
    """The sheet says how many strokes are on it."""
    expect(page.locator(".paper").nth(nth)).to_have_attribute("aria-label", re.compile(words))
    settle(page)
