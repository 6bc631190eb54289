"""Tuning in a real browser: it starts, draws its curve, outlives reload and restart, is used, given back, stopped."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from fsl_core.data.store import Job
from fsl_core.jobs.tasks.tune import Tuning
from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.engine_fixtures import SUPPORT, WORDS

LONG_MS = PATIENCE_S * 1000
ROUNDS = 200
"""The most there are: long enough to reload the page meanwhile, on a tiny model."""


def make(server: Server, tunable: Path) -> int:
    """A project of some hundred labelled items on the tiny model."""
    extras = [f"{one} {two}" for one in WORDS[:6] for two in WORDS[:6]]
    rows = [
        (f"{text} {extra}", label)
        for text, label in zip(SUPPORT.items, SUPPORT.labels, strict=True)
        for extra in extras
    ]
    texts, labels = [text for text, _label in rows], [label for _text, label in rows]
    encoder = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    free = ["late parcel late", "the password", "refund money money"]
    return server.project(texts + free, SUPPORT.classes, labels + [None] * len(free), encoder=encoder)


def begin(page: Page, server: Server, project: int, *, check: bool) -> None:
    page.goto(f"{server.url}/tune?project={project}")
    page.get_by_role("button", name="Tune", exact=True).wait_for(timeout=LONG_MS)
    settle(page)
    if not check:
        page.get_by_text("Only keep it when it wins").click()
        settle(page)
    page.get_by_text("Settings of this method").click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill(str(ROUNDS))
    epochs.press("Enter")
    settle(page)
    page.get_by_role("button", name="Tune", exact=True).click()


def live(page: Page) -> Locator:
    """The box of the tuning that runs, once it trains and has drawn some of its curve."""
    box = page.locator(".st-key-tune-live")
    expect(box.get_by_text("Training: step").first).to_be_visible(timeout=LONG_MS)
    expect(box.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible(timeout=LONG_MS)
    return box


def job_of(server: Server, project: int) -> Job:
    with server.store() as store:
        return store.jobs.recent(project, "tune", limit=1)[0]


def test_a_tuning_outlives_reload_and_restart_and_its_encoder_is_used_and_given_back(
    page: Page, own_server: Server, tunable: Path
) -> None:
    project = make(own_server, tunable)
    begin(page, own_server, project, check=False)
    live(page)
    page.reload()
    live(page)
    own_server.kill()
    own_server.start()
    page.goto(f"{own_server.url}/tune?project={project}")
    expect(page.get_by_role("heading", name="Tuned, not checked")).to_be_visible(timeout=3 * LONG_MS)
    settle(page)
    assert job_of(own_server, project).state == "done"
    expect(page.locator(".st-key-tune-curves .js-plotly-plot .scatterlayer .trace").first).to_be_visible()
    expect(page.locator(".st-key-tune-map-before .js-plotly-plot")).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".st-key-tune-map-after .js-plotly-plot")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Use the tuned encoder").click()
    banner = page.get_by_text("This project reads with a tuned encoder.")
    expect(banner).to_be_visible(timeout=LONG_MS)
    with own_server.store() as store:
        used = store.projects.get(project).settings["encoder"]
    assert used["settings"]["model"].startswith("tuned:") and used["before"]["settings"]["model"] == str(tunable)
    settle(page)
    page.get_by_role("button", name="Back to the encoder as it was").click()
    expect(banner).to_be_hidden(timeout=LONG_MS)
    with own_server.store() as store:
        assert store.projects.get(project).settings["encoder"] == used["before"]


def test_a_stopped_tuning_says_that_nothing_was_changed_and_another_can_start(
    page: Page, own_server: Server, tunable: Path
) -> None:
    project = make(own_server, tunable)
    begin(page, own_server, project, check=True)
    live(page).get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Tuning the encoder: stopped, nothing was changed.")).to_be_visible()
    expect(page.locator(".st-key-tune-live")).to_be_hidden()
    expect(page.get_by_role("button", name="Tune", exact=True)).to_be_enabled()
    assert job_of(own_server, project).state == "cancelled"
    with own_server.store() as store:
        assert store.runs.latest(project, Tuning) is None
    assert not [folder for folder in (own_server.home / "models").glob("*") if not folder.name.startswith(".")]
