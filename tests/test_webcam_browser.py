"""Pictures made in the browser: drawn, or taken by a webcam that a file plays, and there as items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright, expect

from fsl_core.data import images
from tests.browser_fixtures import FLAGS, PATIENCE_S, Server, chromium, settle
from tests.drawing_hand import draw

SIZE = (320, 240)
RED = (81, 90, 240)
"""Y, U, V."""


def film(file: Path) -> None:
    """Write a short raw film of nothing but red."""
    width, height = SIZE
    planes = zip(RED, (1, 4, 4), strict=True)
    frame = b"FRAME\n" + b"".join(bytes([value]) * (width * height // part) for value, part in planes)
    file.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode() + 5 * frame)


@pytest.fixture
def watched(playwright: Playwright, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser whose webcam sees red."""
    film(tmp_path / "red.y4m")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    camera.append(f"--use-file-for-fake-video-capture={tmp_path / 'red.y4m'}")
    browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *camera])
    yield browser.new_page(viewport={"width": 1280, "height": 900})
    browser.close()


def project(server: Server) -> int:
    with server.store() as store:
        name = f"Pictures {np.random.default_rng().integers(10**9)}"
        return store.projects.create(name, kind="image", classes=["Cat", "Dog"]).id


def open_dialog(page: Page, server: Server, project_id: int) -> None:
    page.goto(f"{server.url}/label?project={project_id}")
    page.get_by_role("button", name="Draw or photograph").click(timeout=PATIENCE_S * 1000)
    page.get_by_role("dialog").locator(".paper").wait_for()
    settle(page)


def choose(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Class").click()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    settle(page)


def found(server: Server, project_id: int) -> list[tuple[str | None, str]]:
    """Label and blob of each item, in order."""
    with server.store() as store:
        names = {one.id: one.name for one in store.classes.list(project_id)}
        rows = store.items.page(project_id)
        return [(names.get(row.label) if isinstance(row.label, int) else None, str(row.blob)) for row in rows]


def test_a_photo_and_a_drawing_become_items_and_a_label_is_taken_back(
    watched: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = project(server)
    open_dialog(watched, server, project_id)
    dialog = watched.get_by_role("dialog")
    choose(watched, "Dog")
    dialog.get_by_text("Webcam").click()
    dialog.locator("video").wait_for(timeout=PATIENCE_S * 1000)
    # A photo of the moment before the first frame is black.
    watched.wait_for_function("document.querySelector('video')?.currentTime > 0.3", timeout=PATIENCE_S * 1000)
    dialog.get_by_role("button", name="Take Photo").click()
    add = dialog.get_by_role("button", name="Add")
    expect(add).to_be_enabled()
    watched.keyboard.press("Enter")
    expect(dialog.get_by_text("Examples: Cat 0 · Dog 1")).to_be_visible()
    expect(dialog.locator("[data-testid=stImage] img")).to_have_count(1)
    dialog.get_by_text("Draw", exact=True).click()
    dialog.locator(".paper").wait_for()
    settle(watched)
    draw(watched, np.linspace([0.2, 0.2], [0.8, 0.8], 12))
    expect(add).to_be_enabled()
    # A new class by its name.
    choose(watched, "Hand")
    add.click()
    expect(dialog.get_by_text("Examples: Cat 0 · Dog 1 · Hand 1")).to_be_visible()
    (photo_label, photo), (drawing_label, drawing) = found(server, project_id)
    assert (photo_label, drawing_label) == ("Dog", "Hand")
    monkeypatch.setenv("HANDFUL_HOME", str(server.home))
    red, green, blue = np.asarray(images.pixels(images.path_of(photo))).reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert max(green, blue) < 60
    assert images.pixels(images.path_of(drawing)).size == (280, 280)
    dialog.get_by_role("button", name="Take the last label back").click()
    expect(dialog.get_by_text("Examples: Cat 0 · Dog 1 · Hand 0")).to_be_visible()
    assert [label for label, _blob in found(server, project_id)] == ["Dog", None]
    watched.keyboard.press("Escape")
    expect(watched.get_by_text("1 labelled, 1 to go")).to_be_visible(timeout=PATIENCE_S * 1000)


def test_keys_of_the_card_behind_do_nothing_while_somebody_draws(page: Page, server: Server) -> None:
    project_id = project(server)
    open_dialog(page, server, project_id)
    draw(page, np.linspace([0.2, 0.2], [0.8, 0.8], 12))
    expect(page.get_by_role("button", name="Add")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("[data-testid=stImage] img")).to_have_count(1)
    settle(page)
    page.keyboard.press("1")
    settle(page)
    assert [label for label, _blob in found(server, project_id)] == [None]
