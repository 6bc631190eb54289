"""Suggestions of a language model: asked by a job, shown beside the item, measured on check items nobody could see."""

from __future__ import annotations

import pytest

from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.tasks.compare import Comparison
from fsl_core.jobs.worker import serve
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, llm_suggestions
from fsl_core.workspace.llm_suggestions import Suggestions
from pages.ui.labelling import desk_card, queueing
from pages.ui.labelling.desk import Desk
from tests.page_fixtures import open_page, shown
from tests.store_fixtures import saved_before
from tests.tiny_language_models import tiny_causal

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(tiny_causal(tmp_path_factory.mktemp("model") / "llama"))


def project(store: Store, model: str, n: int = 60, labeled: int = 12, **settings: object) -> int:
    made = store.projects.create(
        "Test",
        classes=["Card", "Food"],
        settings={
            "encoder": {"name": "char-ngram"},
            "generator": {"name": "causal", "settings": {"model": model}},
            "audit_share": 0.3,
            **settings,
        },
    )
    rows = [
        NewItem(
            text=f"{'my card' if i % 2 else 'good food'} {i}", label=("Food", "Card")[i % 2] if i < labeled else None
        )
        for i in range(n)
    ]
    store.items.add(made.id, rows)
    return made.id


def opened(store: Store, number: int) -> Workspace:
    workspace = Workspace(store, number, chosen.cached_encoder("char-ngram"))
    workspace.encode()
    return workspace


def test_a_job_asks_about_the_next_items_and_the_check_items(working_store, model):
    number = project(working_store, model)
    job = working_store.jobs.submit("suggest", {"n": 10}, number)
    serve(working_store, idle_seconds=0.5)
    done = working_store.jobs.get(job.id)
    assert done.state == "done", done.error
    found = llm_suggestions.latest(working_store, number)
    workspace = opened(working_store, number)
    classes = {one.id for one in workspace.classes}
    assert all(one.class_id in classes and 0.5 <= one.p <= 1 for one in found.said)
    audit = {int(workspace.ids[row]) for row in workspace.audit_rows()}
    assert audit <= set(found.by_item) and len(set(found.by_item) - audit) >= 7
    assert not any(s.source == "model" for s in workspace.labels.values()), "a suggestion is no label"


def test_no_check_item_stands_in_a_prompt(working_store, model):
    workspace = opened(working_store, project(working_store, model, labeled=60))
    support = llm_suggestions.support_without_audit(workspace)
    audit = {workspace.texts[row] for row in workspace.audit_rows()}
    assert len(support) == 60 - len(audit) and len(audit) > 5
    assert not audit & set(support.items)


def test_agreement_counts_check_items_with_a_persons_label_alone(working_store, model):
    store = working_store
    number = project(store, model, labeled=0)
    workspace = opened(store, number)
    card, food = (one.id for one in workspace.classes)
    audit = [int(workspace.ids[row]) for row in workspace.audit_rows()][:12]
    other = next(int(i) for i in workspace.ids if int(i) not in audit)
    for item in [*audit[:9], other]:
        store.journal.label(number, [item], card, author="me", source="person")
    store.journal.label(number, [audit[9]], "none", author="me", source="person")
    workspace.sync()
    said = [(item, card if place < 6 else food, 0.9) for place, item in enumerate([*audit[:10], audit[11], other])]
    found = llm_suggestions.agreement(workspace, Suggestions(model="m", method="label-scores", said=said))
    assert (found.n, found.value) == (10, 0.6) and found.enough
    assert found.low == pytest.approx(0.3127, abs=1e-3) and found.high == pytest.approx(0.8318, abs=1e-3)


def test_the_card_tells_the_suggestion_but_never_of_a_check_item(page_store, model):
    number = project(page_store, model)
    workspace = opened(page_store, number)
    first = workspace.classes[0].id
    said = [[int(item), first, 0.75] for item in workspace.ids]
    saved_before(
        page_store, number, "suggest", {"model": "tiny <b>", "method": "label-scores", "said": said, "key": "k"}
    )
    payload = desk_card.payload(workspace, None, queueing.Wish("order"), Desk(), "me")
    kinds = {item["audit"] for item in payload["items"]}
    assert kinds == {True, False}
    for item in payload["items"]:
        assert ("tiny <b> suggests Card (75%)" in item["said"]) != item["audit"]


def test_the_label_page_offers_to_ask_and_says_how_far_people_agree(page_store, model, monkeypatch):
    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)  # the worker below does the work
    at = open_page("label", project(page_store, model))
    assert not at.exception and "It suggests; you decide" in shown(at)
    at.button(key="label-llm-ask").click().run()
    assert not at.exception
    serve(page_store, idle_seconds=0.5)
    at.run()
    assert "not enough to say" in shown(at) and "Asked about" in shown(at)


def test_what_was_answered_before_a_failure_is_kept(working_store, model, monkeypatch):
    from fsl_core.base.errors import MissingBackend
    from fsl_core.models.generators.causal import Causal

    score, calls = Causal.score, []

    def fails_later(self, prompts, options, **more):
        calls.append(len(prompts))
        if len(calls) > 3:  # one to calibrate, two parts of eight
            raise MissingBackend("The server is gone.", "Start it.")
        return score(self, prompts, options, **more)

    monkeypatch.setattr(Causal, "score", fails_later)
    number = project(working_store, model)
    job = working_store.jobs.submit("suggest", {"n": 20}, number)
    serve(working_store, idle_seconds=0.5)
    assert working_store.jobs.get(job.id).state == "failed"
    assert len(llm_suggestions.latest(working_store, number).said) == 16


def test_a_comparison_asks_the_language_model_when_told_to(working_store, model):
    number = project(working_store, model, n=24, labeled=24)
    job = working_store.jobs.submit(
        "compare", {"methods": ["prototype"], "folds": 2, "repeats": 1, "prompting": True}, number
    )
    serve(working_store, idle_seconds=0.5)
    assert working_store.jobs.get(job.id).state == "done", working_store.jobs.get(job.id).error
    payload = working_store.runs.latest(number, Comparison).payload
    assert [row.method for row in payload.rows] == ["prototype", "label-scores", "hidden-prototypes", "chat"]
    assert all(row.accuracy.n == 24 for row in payload.rows) and payload.model == model


def test_a_model_that_is_gone_is_listed_and_the_others_are_compared(working_store):
    number = project(working_store, "someone/never-downloaded", n=24, labeled=24)
    job = working_store.jobs.submit(
        "compare", {"methods": ["prototype"], "folds": 2, "repeats": 1, "prompting": True}, number
    )
    serve(working_store, idle_seconds=0.5)
    assert working_store.jobs.get(job.id).state == "done"
    payload = working_store.runs.latest(number, Comparison).payload
    assert [row.method for row in payload.rows] == ["prototype"]
    assert {one.method for one in payload.failed} == {"label-scores", "hidden-prototypes", "chat"}
    assert all("hub" in one.message for one in payload.failed)
