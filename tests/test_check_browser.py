"""The Check page in a real browser: a planted wrong label is mended by one key, and brought back by another."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle

LATE = [f"My parcel number {n} has not arrived yet" for n in range(10)]
MONEY = [f"Please send back the money for order {n}" for n in range(10)]
PLANTED = "My parcel number 77 has not arrived yet"


def planted(server: Server) -> int:
    texts, labels = [*LATE, *MONEY, PLANTED], ["Late parcel"] * 10 + ["Money back"] * 11
    return server.project(texts, ("Late parcel", "Money back"), labels)


def open_check(page: Page, server: Server, project: int) -> None:
    page.goto(f"{server.url}/check?project={project}")
    page.locator(".st-key-check-card").wait_for(timeout=60_000)
    settle(page)
    page.wait_for_timeout(1_500)  # Streamlit listens to shortcuts only a moment after the first paint
    settle(page)


def test_a_planted_wrong_label_is_mended_by_one_key_and_undone_by_another(page: Page, server: Server) -> None:
    project = planted(server)
    open_check(page, server, project)
    card = page.locator(".st-key-check-card")
    expect(card).to_contain_text(PLANTED)
    expect(card).to_contain_text("Suspected instead")
    page.keyboard.press("a")
    expect(card.filter(has_text=PLANTED)).to_have_count(0)
    settle(page)
    assert server.labels(project)[PLANTED] == "Late parcel"
    page.keyboard.press("u")
    expect(card).to_contain_text(PLANTED)
    settle(page)
    assert server.labels(project)[PLANTED] == "Money back"


def test_a_kept_label_stays_away_after_a_reload(page: Page, server: Server) -> None:
    project = planted(server)
    open_check(page, server, project)
    page.keyboard.press("k")
    card = page.locator(".st-key-check-card")
    expect(card.filter(has_text=PLANTED)).to_have_count(0)
    settle(page)
    page.reload()
    expect(page.get_by_text("No suspected mistake is left")).to_be_visible(timeout=60_000)
    settle(page)
    assert server.labels(project)[PLANTED] == "Money back"
