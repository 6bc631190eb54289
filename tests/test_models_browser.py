"""The Models page in a real browser, against a real server over sockets: find it, fail, pass, use, keep."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from benchmarks.support.faulty_server import KEY, MODEL, faulty
from tests.browser_fixtures import PATIENCE_S, Server, settle

LONG_MS = PATIENCE_S * 1000


def language(page: Page) -> Locator:
    """The part of the page about language models; its buttons stand in the other parts too."""
    return page.get_by_role("tabpanel", name="Language models")


def fill(page: Page, label: str, value: str) -> None:
    box = language(page).get_by_role("textbox", name=label, exact=True)
    box.fill(value)
    box.press("Enter")
    settle(page)


def test_a_server_is_tested_before_it_is_used_and_stays_chosen(page: Page, server: Server) -> None:
    project = server.project(["my card", "good food"], ("Card", "Food"), encoder={"name": "char-ngram"})
    with faulty(["500"], reply='<img src=x onerror="document.title=1"> **ready** [x](http://example.org)') as model:
        page.goto(f"{server.url}/models?project={project}&part=language")
        language(page).get_by_text("Model server", exact=True).first.click(timeout=LONG_MS)
        settle(page)
        fill(page, "Address", model.url)
        fill(page, "Model", MODEL)
        language(page).get_by_text("More settings").click()
        retries = language(page).get_by_role("slider", name="Retries")
        for _press in range(3):
            retries.press("ArrowLeft")
        settle(page)
        use = language(page).get_by_role("button", name="Use for this project")
        expect(use).to_be_disabled()
        language(page).get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_text("answered 500: Out of memory in the server")).to_be_visible(timeout=LONG_MS)
        settle(page)
        box = page.get_by_role("alert").filter(has_text="answered 500")
        copied = box.evaluate("node => { getSelection().selectAllChildren(node); return getSelection().toString(); }")
        assert f"server {model.url} (model" in copied and box.locator("a").count() == 0
        expect(use).to_be_disabled()
        language(page).get_by_role("button", name="Test", exact=True).click()
        answer = page.locator(".st-key-models-answer")
        expect(answer).to_contain_text("<img src=x onerror=", timeout=LONG_MS)
        assert answer.locator("img, a").count() == 0 and page.title() != "1"
        settle(page)
        use.click()
        expect(language(page).get_by_role("button", name="In use")).to_be_visible(timeout=LONG_MS)
    page.reload()
    expect(page.get_by_text(f"asks: {MODEL}")).to_be_visible(timeout=LONG_MS)


class WithSecrets(Server):
    """A server whose key stands in Streamlit's file of secrets."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "STREAMLIT_SECRETS_FILES": str(self.home.parent / "secrets.toml")}


def test_a_key_in_streamlits_secrets_reaches_the_model_server_and_nothing_else(page: Page, tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text(f'HANDFUL_MODEL_KEY = "{KEY}"\n', encoding="utf-8")
    server = WithSecrets(tmp_path / "home")
    server.home.mkdir()
    project = server.project(["my card", "good food"], ("Card", "Food"), encoder={"name": "char-ngram"})
    server.start()
    try:
        with faulty(["401"]) as model:
            page.goto(f"{server.url}/models?project={project}&part=language")
            language(page).get_by_text("Model server", exact=True).first.click(timeout=LONG_MS)
            settle(page)
            fill(page, "Address", model.url)
            fill(page, "Model", MODEL)
            language(page).get_by_text("More settings").click()
            fill(page, "Variable with the key", "HANDFUL_MODEL_KEY")
            expect(page.get_by_text("The key in HANDFUL_MODEL_KEY is set")).to_be_visible(timeout=LONG_MS)
            test = language(page).get_by_role("button", name="Test", exact=True)
            test.click()
            expect(page.get_by_text("Incorrect API key provided")).to_be_visible(timeout=LONG_MS)
            assert KEY not in page.content()
            settle(page)
            test.click()
            expect(page.locator(".st-key-models-answer")).to_be_visible(timeout=LONG_MS)
            settle(page)
            language(page).get_by_role("button", name="Use for this project").click()
            expect(language(page).get_by_role("button", name="In use")).to_be_visible(timeout=LONG_MS)
            assert set(model.keys[-2:]) == {f"Bearer {KEY}"} and KEY not in page.content()
    finally:
        server.stop()
    kept = [file for file in server.home.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in kept)
    assert not [file.name for file in kept if KEY.encode() in file.read_bytes()], "neither the store nor a log has it"
