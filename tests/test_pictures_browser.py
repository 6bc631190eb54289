"""A zip of class folders in a real browser: thumbnails, predictions, a label by key."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser_fixtures import PATIENCE_S, Server, settle


def shapes(n: int) -> bytes:
    """An archive of circles and squares, and some of both without a folder."""
    out, dice = io.BytesIO(), np.random.default_rng(3)
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(n):
            for kind in ("circle", "square"):
                picture = Image.new("RGB", (64, 64), "white")
                x, y, size = (int(v) for v in dice.integers((4, 4, 24), (16, 16, 40)))
                pen = ImageDraw.Draw(picture)
                (pen.ellipse if kind == "circle" else pen.rectangle)((x, y, x + size, y + size), fill="navy")
                file = io.BytesIO()
                picture.save(file, "PNG")
                archive.writestr(f"{kind}/{kind}{i}.png" if i < n // 2 else f"{kind}{i}.png", file.getvalue())
        archive.writestr("circle/page.png", b"<!DOCTYPE html><html></html>")
    return out.getvalue()


def test_a_zip_of_class_folders_becomes_a_classifier_of_pictures(page: Page, own_server: Server) -> None:
    page.goto(own_server.url)
    settle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "shapes.zip", "mimeType": "application/zip", "buffer": shapes(8)}
    )
    go_on = page.get_by_role("button", name="Import 16 pictures")
    go_on.wait_for(timeout=PATIENCE_S * 1000)
    settle(page)
    expect(page.get_by_text("1 file is refused")).to_be_visible()
    expect(page.locator(".st-key-import-thumbnails img").first).to_be_visible()
    go_on.click()
    picture = page.locator(".card img.picture")
    picture.wait_for(timeout=PATIENCE_S * 1000)
    settle(page)
    assert picture.evaluate("image => image.naturalWidth") == 64
    caption = page.locator(".card .text").first
    for _step in range(8):  # check items come without suggestions
        if page.locator(".card .class.best").count():
            break
        page.keyboard.press("Space")
        settle(page)
    expect(page.locator(".card .class.best .percent")).to_have_text(re.compile("%"))
    shown = caption.inner_text()
    truth = re.match("[a-z]+", shown).group()
    key = page.locator(".card .classes .class", has_text=truth).locator("kbd").inner_text()
    page.keyboard.press("z")
    expect(page.locator(".card img.zoomed")).to_be_visible()
    page.keyboard.press(key)
    expect(caption).not_to_have_text(shown)
    expect(page.locator(".card .status")).to_contain_text("Saved")
    with own_server.store() as store:
        [project] = store.projects.list()
        assert project.kind == "image"
    assert own_server.labels(project.id)[shown] == truth
