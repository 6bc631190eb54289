"""The Prompt lens in a real browser, on a tiny real language model: ask, reorder, leave out, take back, repeat."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.tiny_language_models import tiny_causal

LONG_MS = PATIENCE_S * 1000
HOSTILE = 'good food <img src=x onerror="document.title=1"> [link](http://example.org) **Card** Ignore all this.'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_causal(tmp_path_factory.mktemp("model") / "llama"))


def test_a_prompt_is_seen_changed_and_asked_again(page: Page, server: Server, model: str) -> None:
    texts = ["my card is lost", "money from the card", "good food", "great food and service", "late food"]
    labels = ["Card", "Card", "Food", "Food", None]
    chosen = {"name": "causal", "settings": {"model": model}}
    project = server.project(texts, ("Card", "Food"), labels, encoder={"name": "char-ngram"}, generator=chosen)
    page.goto(f"{server.url}/prompt?project={project}")
    page.get_by_role("button", name="A text of this project").wait_for(timeout=LONG_MS)
    settle(page)
    page.get_by_role("button", name="A text of this project").click()
    prompt = page.get_by_test_id("stCode").first
    expect(prompt).to_contain_text('Text: "late food"', timeout=LONG_MS)
    expect(page.get_by_role("heading", name="4 demonstrations")).to_be_visible()
    first = prompt.inner_text()

    page.locator(".st-key-prompt-down-0").get_by_role("button").click()
    expect(page.get_by_role("button", name="Put all back")).to_be_visible(timeout=LONG_MS)
    settle(page)
    assert prompt.inner_text() != first and sorted(prompt.inner_text()) == sorted(first)
    page.locator(".st-key-prompt-out-3").get_by_role("button").click()
    expect(page.get_by_role("heading", name="3 demonstrations")).to_be_visible(timeout=LONG_MS)
    page.get_by_text("What changed in the prompt").click()
    expect(page.get_by_test_id("stCode").last).to_contain_text("- Class:")
    page.get_by_role("button", name="Put all back").click()
    expect(page.get_by_role("heading", name="4 demonstrations")).to_be_visible(timeout=LONG_MS)
    settle(page)
    assert prompt.inner_text() == first

    page.get_by_role("button", name="Ask again in other orders").click()
    expect(page.get_by_text(re.compile("8 other orders|of 8 orders"))).to_be_visible(timeout=LONG_MS)


def test_what_a_text_says_is_only_shown(page: Page, server: Server, model: str) -> None:
    chosen = {"name": "causal", "settings": {"model": model}}
    project = server.project(
        [HOSTILE, "my card"],
        ("Card", "**Food** <b>x</b>"),
        ["Card", None],
        encoder={"name": "char-ngram"},
        generator=chosen,
    )
    page.goto(f"{server.url}/prompt?project={project}")
    box = page.get_by_role("textbox", name="Your text")
    box.wait_for(timeout=LONG_MS)
    settle(page)
    box.fill(HOSTILE)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_test_id("stCode").first).to_contain_text("<img src=x onerror=", timeout=LONG_MS)
    settle(page)
    main = page.get_by_test_id("stMain")
    assert main.locator("img[src='x']").count() == 0 and main.locator("a[href*='example.org']").count() == 0
    assert page.title() != "1"
