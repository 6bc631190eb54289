"""Augment in a real browser: generated, reviewed by keys alone, undone, checked on real labels."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from fsl_core.jobs.tasks.augment import Batch
from tests.browser_fixtures import PATIENCE_S, Server, settle

LONG_MS = PATIENCE_S * 1000
ENDS = ["today", "yesterday", "monday", "again", "now", "still", "sadly", "sister", "brother", "strike"]


def make(server: Server) -> int:
    texts = [f"{'parcel late' if i % 2 else 'money back'} {ENDS[i % 10]} {ENDS[i // 10]}" for i in range(30)]
    labels = [("Money back", "Late parcel")[i % 2] for i in range(30)]
    return server.project(texts, ("Late parcel", "Money back"), labels, encoder={"name": "char-ngram"}, audit_share=0.0)


def acts(server: Server, project: int) -> list[list[object]]:
    with server.store() as store:
        return store.projects.get(project).settings.get("person:augment_review", {}).get("acts", [])


def test_examples_are_reviewed_by_key_and_checked(page: Page, server: Server) -> None:
    project = make(server)
    page.goto(f"{server.url}/augment?project={project}")
    page.get_by_text("Word edits (EDA, a baseline)").click(timeout=LONG_MS)
    settle(page)
    amount = page.get_by_role("spinbutton", name="For each class")
    amount.fill("40")
    amount.press("Enter")
    settle(page)
    page.get_by_role("button", name="Generate").click()
    card = page.locator(".st-key-augment-card")
    expect(card).to_be_visible(timeout=LONG_MS)
    settle(page)
    expect(card.get_by_text("The most similar real text")).to_be_visible()
    with server.store() as store:
        candidates = store.runs.latest(project, Batch).payload.candidates
    page.get_by_role("heading", name="Review").click()  # the keys go to the page, not into a box

    for key, text in (("k", candidates[0].text), ("x", "")):
        before = len(acts(server, project))
        page.keyboard.press(key)
        page.wait_for_function(
            "n => document.querySelector('.stProgress').innerText.includes(n + ' of')", arg=str(before + 1)
        )
        settle(page)
        assert acts(server, project)[-1] == [before, text]
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('.stProgress').innerText.includes('1 of')")
    settle(page)
    assert acts(server, project) == [[0, candidates[0].text]]
    page.keyboard.press("e")
    box = page.locator(".st-key-augment-card textarea")
    expect(box).to_be_visible(timeout=LONG_MS)
    box.fill("parcel late since tuesday")
    page.get_by_role("button", name="Keep as edited").click()
    page.wait_for_function("() => document.querySelector('.stProgress').innerText.includes('2 of')")
    settle(page)
    assert acts(server, project)[-1] == [1, "parcel late since tuesday"]
    page.reload()
    expect(page.get_by_text("2 kept")).to_be_visible(timeout=LONG_MS)
    settle(page)
    page.get_by_role("button", name="Check on real labels").click()
    verdict = page.locator(".st-key-augment-verdict")
    expect(verdict.get_by_text("Difference in accuracy")).to_be_visible(timeout=LONG_MS)
    expect(verdict.get_by_text(re.compile("Difference in accuracy.*n = 30"))).to_be_visible()
