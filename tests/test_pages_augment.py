"""The Augment page by AppTest: empty states, review with undo, the check, use and the way out."""

from __future__ import annotations

import time

import pytest

from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.tasks.augment import Batch
from fsl_core.jobs.tasks.augment_check import Check
from fsl_core.jobs.worker import serve
from fsl_core.workspace import augmented
from tests.page_fixtures import open_page, shown, text_project
from tests.store_fixtures import saved_before
from tests.test_augment import project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def generated(store: Store, **settings: object):
    number = project(store)
    if settings:
        store.projects.update(number, settings=settings)
    at = open_page("augment", number)
    assert not at.exception and "Nothing is generated yet" in shown(at)
    at.radio(key="augment-source").set_value("eda").run()
    at.number_input(key="augment-per-class").set_value(40).run()
    at.button(key="augment-go").click().run()
    finished(store, number, "augment")
    at.run()
    assert not at.exception
    return at, number


def finished(store: Store, number: int, kind: str, seconds: float = 60.0) -> None:
    """Wait for the job that was just started, whichever worker took it."""
    serve(store, idle_seconds=0.5)
    deadline = time.monotonic() + seconds
    while (job := store.jobs.recent(number, kind, limit=1)[0]).live:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    assert job.state == "done", job.error


def kept(store: Store, number: int) -> list:
    return store.projects.get(number).settings["person:augment_review"]["acts"]


def test_without_labels_the_page_leads_to_labelling(page_store):
    at = open_page("augment", text_project(page_store))
    assert not at.exception and "Not enough labels yet" in shown(at)


def test_a_project_of_several_classes_an_item_is_told(page_store):
    made = page_store.projects.create(
        "Many", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}, "multi_label": True}
    )
    page_store.items.add(made.id, [NewItem(text="one", label=("a",)), NewItem(text="two", label=("b",))])
    at = open_page("augment", made.id)
    assert not at.exception and "one class each" in shown(at)


def test_a_model_that_only_picks_labels_is_not_asked_to_write(page_store):
    at = open_page("augment", project(page_store))
    assert at.radio(key="augment-source").value == "language-model"
    assert at.button(key="augment-go").disabled
    assert [one.value for one in at.warning] == ["This model cannot write. Choose another one."]


def test_a_click_right_after_a_change_takes_the_change(page_store):
    number = project(page_store)
    at = open_page("augment", number)
    at.radio(key="augment-source").set_value("substitution").run()
    at.radio(key="augment-source").set_value("eda")
    at.number_input(key="augment-per-class").set_value(7)
    at.button(key="augment-go").click().run()
    params = page_store.jobs.recent(number, "augment", limit=1)[0].params
    assert (params["source"], params["per_class"]) == ("eda", 7)
    assert len(page_store.jobs.recent(number, "augment")) == 1
    finished(page_store, number, "augment")


def test_review_goes_one_by_one_and_every_decision_can_be_undone(page_store):
    at, number = generated(page_store)
    assert "passed the filters" in shown(at) and "Left out" in shown(at)
    first = page_store.runs.latest(number, Batch).payload.candidates
    assert at.text[0].value == first[0].text
    at.button(key="augment-keep").click().run()
    at.button(key="augment-reject").click().run()
    assert kept(page_store, number) == [[0, first[0].text], [1, ""]]
    assert at.text[0].value == first[2].text
    at.button(key="augment-undo").click().run()
    assert kept(page_store, number) == [[0, first[0].text]] and at.text[0].value == first[1].text
    at.button(key="augment-edit").click().run()
    box = next(area for area in at.text_area if "augment-text" in area.key)
    box.set_value("  another parcel  that is late ")
    next(button for button in at.button if button.label == "Keep as edited").click().run()
    assert kept(page_store, number)[-1] == [1, "another parcel that is late"]


def test_keeping_all_takes_what_is_visible_and_no_more(page_store):
    at, number = generated(page_store)
    n = len(page_store.runs.latest(number, Batch).payload.candidates)
    assert n > 5
    at.button(key="augment-keep-visible").click().run()
    assert [act[0] for act in kept(page_store, number)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", ["logistic", "prototype"])
def test_they_are_used_only_after_a_check_that_they_pass(page_store, method):
    at, number = generated(page_store, method={"name": method})
    assert at.button(key="augment-check").disabled
    at.button(key="augment-keep-visible").click().run()
    at.button(key="augment-check").click().run()
    finished(page_store, number, "augment_check")
    at.run()
    assert not at.exception and "Difference in accuracy" in shown(at)
    verdict = page_store.runs.latest(number, Check).payload.verdict
    use = at.button(key="augment-use")
    assert use.disabled != verdict.keep
    helped = verdict.keep and verdict.wins > verdict.losses
    assert ("They help" in shown(at)) == helped and ("They do not help" in shown(at)) != verdict.keep
    if verdict.keep:
        use.click().run()
        assert len(page_store.projects.get(number).settings[augmented.SETTING]["examples"]) == 5
        assert "learns from 5 generated examples" in shown(at)
        for page in ("label", "try_it"):
            assert "5 generated examples, at weight 0.3" in shown(open_page(page, number))
        at.button(key="augment-out").click().run()
        assert page_store.projects.get(number).settings[augmented.SETTING] is None
    at.button(key="augment-undo").click().run()
    assert "changed since" in shown(at) and at.button(key="augment-use").disabled


def test_a_method_that_cannot_weigh_is_named_with_those_that_can(page_store):
    at, _number = generated(page_store, method={"name": "ridge"})
    assert "cannot let an example count less" in shown(at) and "Logistic head" in shown(at)


def test_what_was_generated_is_shown_as_text(page_store):
    number = project(page_store)
    classes = page_store.classes.list(number)
    text, own = "<img src=x> **bold** [a](http://b)", classes[0].id
    figures = {"nearest": None, "p": 0.9, "margin": 0.8, "pvi": 1.0, "similarity": -1.0}
    one = {"text": text, "class": own, "intended": own, "parents": [], **figures}
    payload = {
        "source": "eda",
        "by": "<b>by</b>",
        "proposed": 1,
        "dropped": {},
        "candidates": [one],
        "partial": "<i>",
    }
    saved_before(page_store, number, "augment", payload)
    at = open_page("augment", number)
    assert not at.exception and at.text[0].value == one["text"]
    assert "<img" not in "".join(part.value for part in at.markdown)


def test_a_model_that_cannot_write_is_told(page_store):
    number = project(page_store)
    page_store.projects.update(number, settings={"generator": {"name": "masked", "settings": {"model": "a/b"}}})
    at = open_page("augment", number)
    assert not at.exception and "cannot write" in shown(at) and at.button(key="augment-go").disabled
