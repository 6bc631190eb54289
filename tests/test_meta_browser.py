"""Meta-learning in a real browser: a training with its curve, outliving a reload, judged, kept, and begun with."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from fsl_core.learning.meta.pairing import PLAIN
from tests.browser_fixtures import PATIENCE_S, Server, choose, settle
from tests.test_pages_meta import ENDS, WORDS

LONG_MS = PATIENCE_S * 1000
MORE = ("ticket", "window", "coffee", "ladder")


def make(server: Server) -> int:
    words = (*WORDS, *MORE)
    pairs = [(f"{word} {end}", word) for word in words for end in ENDS]
    texts, labels = zip(*pairs, strict=True)
    return server.project(texts, words, labels, encoder={"name": "char-ngram"}, audit_share=0.0)


def test_a_training_is_watched_judged_kept_and_used(page: Page, server: Server) -> None:
    project = make(server)
    page.goto(f"{server.url}/meta?project={project}")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled(timeout=LONG_MS)
    settle(page)
    start.click()
    line = page.locator(".st-key-meta-live .js-plotly-plot .scatterlayer .trace").first
    expect(line).to_be_visible(timeout=LONG_MS)
    page.reload()

    verdict = page.locator(".st-key-meta-result")
    expect(verdict).to_be_visible(timeout=3 * LONG_MS)
    settle(page)
    with server.store() as store:
        (job,) = store.jobs.recent(project, "meta_train", limit=1)
    assert job.state == "done", job.error
    plain = max(PLAIN, key=lambda name: job.result["accuracies"][name]["value"])
    for name in (job.result["learner"], plain):
        assert f"{job.result['accuracies'][name]['value']:.1%}" in verdict.inner_text()
    assert set(job.result["classes held out"]).isdisjoint(job.result["classes trained on"])
    expect(page.locator(".st-key-meta-curves .js-plotly-plot .scatterlayer .trace").first).to_be_visible()

    name = page.get_by_role("textbox", name="Keep it under a name")
    name.fill("words first")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept as “words first”.").first).to_be_visible(timeout=LONG_MS)
    page.goto(f"{server.url}/try?project={project}")
    settle(page)
    page.get_by_role("button", name="Nearest prototype").click()
    choose(page, "Method", "Prototypical networks")
    choose(page, "Begin with", "words first")
    expect(page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')).to_have_count(0)
    expect(page.get_by_text("Fitted on 72 labelled items.")).to_be_visible(timeout=LONG_MS)
