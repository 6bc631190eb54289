"""What surrounds every page, in a real browser: the logo, and where the keyboard is."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fsl_core.base import paths
from pages.ui.kit import chrome
from tests.browser_fixtures import Server, settle
from tests.test_contrast import RGB, SIGN, TEXT, THEMES, contrast, mix, rgb

FOCUSED = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  const behind = [];
  for (let one = node; one; one = one.parentElement) behind.push(getComputedStyle(one).backgroundColor);
  return { name: node.dataset.testid ?? node.tagName, width: style.outlineWidth, style: style.outlineStyle,
    ring: style.outlineColor, behind };
}"""
"""The focused element with its outline, and the backgrounds behind it from the inside out."""


def open_at(page: Page, server: Server, path: str, project: int) -> None:
    page.goto(f"{server.url}/{path}?project={project}")
    page.locator("h1").first.wait_for()
    settle(page)


def painted(layers: list[str]) -> RGB:
    """What 'rgb(11, 110, 105)' and 'rgba(11, 110, 105, 0.2)', topmost first, look like on top of each other."""
    seen: RGB = (1.0, 1.0, 1.0)
    for layer in reversed(layers):
        red, green, blue, *alpha = (float(part) for part in re.findall(r"[\d.]+", layer))
        seen = mix((red / 255, green / 255, blue / 255), seen, alpha[0] if alpha else 1.0)
    return seen


@pytest.fixture
def project(server: Server) -> int:
    texts = [f"parcel {i} is late, and nobody in the whole office of the depot answers any letter" for i in range(12)]
    return server.project(texts, ("Delivery", "Refund"), ["Delivery", "Refund"] * 6, encoder={"name": "char-ngram"})


# -- the logo --------------------------------------------------------------------------------------


def drawn_logo(page: Page) -> str:
    address = page.get_by_test_id("stSidebarLogo").get_attribute("src") or ""
    return base64.b64decode(address.partition("base64,")[2]).decode("utf-8")


@pytest.mark.parametrize(("theme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_name_in_the_logo_reads_well_on_its_background(theme: str, other: str) -> None:
    assert chrome.WORDMARK["light"] in (paths.ASSETS / "logo.svg").read_text(encoding="utf-8")
    assert contrast(rgb(chrome.WORDMARK[theme]), rgb(THEMES[theme]["sidebar"]["backgroundColor"])) >= TEXT
    # Until the run after somebody has changed the theme.
    assert contrast(rgb(chrome.WORDMARK[theme]), rgb(THEMES[other]["sidebar"]["backgroundColor"])) >= SIGN


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_logo_takes_the_colour_of_the_theme(
    new_page: Callable[..., Page], server: Server, project: int, scheme: str
) -> None:
    page = new_page(color_scheme=scheme)
    open_at(page, server, "history", project)
    assert chrome.WORDMARK[scheme] in drawn_logo(page)


@pytest.mark.parametrize("width", [700, 1000, 1280, 1920])
def test_the_whole_name_is_in_the_logo_whatever_the_width_and_the_fonts(
    new_page: Callable[..., Page], server: Server, project: int, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 700})
    open_at(page, server, "history", project)
    logo = page.get_by_test_id("stSidebarLogo")
    if not logo.is_visible():
        page.get_by_test_id("stExpandSidebarButton").click()
    expect(logo).to_be_visible()
    page.wait_for_function("""() => { // a sidebar that was opened slides in
      const now = document.querySelector('[data-testid="stSidebarHeader"]').getBoundingClientRect().x;
      const still = now === window.before;
      window.before = now;
      return still && now >= 0;
    }""")
    box, header = logo.bounding_box(), page.get_by_test_id("stSidebarHeader").bounding_box()
    assert box is not None and header is not None
    # Nothing of its picture is cut, at its sides or its top.
    assert box["width"] / box["height"] == pytest.approx(208 / 56, rel=0.02)
    assert header["x"] <= box["x"] and box["x"] + box["width"] <= header["x"] + header["width"]
    assert header["y"] + 4 < box["y"] and box["y"] + box["height"] <= header["y"] + header["height"]
    # No text of the SVG waits for a font, and every path ends inside of the picture.
    inside: dict[str, Any] = page.evaluate(
        """(svg) => {
          document.body.insertAdjacentHTML("beforeend", `<div id="probe">${svg}</div>`);
          const root = document.querySelector("#probe svg"), box = root.getBBox(), view = root.viewBox.baseVal;
          const found = { texts: root.querySelectorAll("text").length, right: box.x + box.width, of: view.width };
          document.querySelector("#probe").remove();
          return found;
        }""",
        drawn_logo(page),
    )
    assert inside["texts"] == 0 and 0.9 * inside["of"] < inside["right"] <= inside["of"]


# -- where the keyboard is -------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_keyboard_is_always_seen_among_the_pages_and_on_the_main_part(
    new_page: Callable[..., Page], server: Server, project: int, scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    open_at(page, server, "export", project)
    page.get_by_test_id("stCode").first.wait_for()
    page.get_by_test_id("stPageLink-NavLink").nth(2).wait_for()
    met: list[dict[str, Any]] = []
    for _step in range(60):
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
        if met[-1]["name"] == "stCode":
            break
    links = [one for one in met if one["name"] == "stPageLink-NavLink"]
    others = [one for one in met if one["name"] in ("stMain", "stCode", "stLogoLink")]
    assert len(links) >= 3 and {one["name"] for one in others} == {"stMain", "stCode", "stLogoLink"}
    for one in (*links, *others):
        assert one["style"] == "solid" and one["width"] == "2px", one
        for behind in (one["behind"], one["behind"][1:]):  # on the entry itself, and beside it
            assert contrast(painted([one["ring"]]), painted(behind)) >= SIGN, one


def test_the_preview_of_an_export_is_scrolled_by_keyboard(page: Page, server: Server, project: int) -> None:
    open_at(page, server, "export", project)
    preview = page.get_by_test_id("stCode").first
    preview.focus()
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("(node) => node.scrollLeft > 50", arg=preview.element_handle())
    # And there is one stop, not a second one inside that nobody sees.
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.tagName === 'PRE'")
