"""The Models page in a real browser, against a real server over sockets: find it, fail, pass, use, keep."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.faulty_server import MODEL, faulty

LONG_MS = PATIENCE_S * 1000


def fill(page: Page, label: str, value: str) -> None:
    box = page.get_by_role("textbox", name=label, exact=True)
    box.fill(value)
    box.press("Enter")
    settle(page)


def test_a_server_is_tested_before_it_is_used_and_stays_chosen(page: Page, server: Server) -> None:
    project = server.project(["my card", "good food"], ("Card", "Food"), encoder={"name": "char-ngram"})
    with faulty(["500"], reply='<img src=x onerror="document.title=1"> **ready** [x](http://example.org)') as model:
        page.goto(f"{server.url}/models?project={project}")
        page.get_by_text("Model server", exact=True).first.click(timeout=LONG_MS)
        settle(page)
        fill(page, "Address", model.url)
        fill(page, "Model", MODEL)
        page.get_by_text("More settings").click()
        retries = page.get_by_role("slider", name="Retries")
        for _press in range(3):
            retries.press("ArrowLeft")
        settle(page)
        use = page.get_by_role("button", name="Use for this project")
        expect(use).to_be_disabled()
        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_text("answered 500: Out of memory in the server")).to_be_visible(timeout=LONG_MS)
        settle(page)
        expect(use).to_be_disabled()
        page.get_by_role("button", name="Test", exact=True).click()
        answer = page.locator(".st-key-models-answer")
        expect(answer).to_contain_text("<img src=x onerror=", timeout=LONG_MS)
        assert answer.locator("img, a").count() == 0 and page.title() != "1"
        settle(page)
        use.click()
        expect(page.get_by_role("button", name="In use")).to_be_visible(timeout=LONG_MS)
    page.reload()
    expect(page.get_by_text(f"asks: {MODEL}")).to_be_visible(timeout=LONG_MS)
