"""The Meta-learning page on a real store: what is missing, a training, its verdict, keeping and deleting."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core import jobs
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.tasks.meta_train import Params, Result
from fsl_core.jobs.worker import serve
from fsl_core.learning.meta import kept
from pages.ui.kit import resources
from pages.ui.meta import episode, sentences
from pages.ui.tuning import training_live
from tests.page_fixtures import open_page, shown, text_project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
WORDS = ("parcel", "refund", "password", "invoice", "camera", "garden", "violin", "bicycle")
ENDS = ("is late", "came", "please help", "thank you", "not found", "broken again")


def words_project(store: Store, name: str = "Words", words=WORDS, **settings) -> int:
    encoder = {"name": "char-ngram"}
    made = store.projects.create(name, classes=words, settings={"encoder": encoder, "audit_share": 0.0, **settings})
    store.items.add(made.id, [NewItem(text=f"{word} {end}", label=word) for word in words for end in ENDS])
    resources.projects_changed()
    return made.id


def figure(value: float, low: float | None, high: float | None, n_classes: int = 9, **more) -> dict:
    return {"value": value, "low": low, "high": high, "n": 500, "n_classes": n_classes, "enough": True, **more}


def result(said: str, low: float | None, high: float | None, n_classes: int = 9) -> Result:
    plain = {
        "learner": "protonet", "encoder": "", "projects": [], "when": 0.0, "n_way": 5, "k_shot": 1,
        "check": {"episodes": 300},
        "accuracies": {
            "protonet": figure(0.712, 0.69, 0.73), "nearest mean": figure(0.61, 0.6, 0.62),
            "logistic": figure(0.68, 0.66, 0.7),
        },
        "differences": {
            "nearest mean": figure(0.102, 0.05, 0.15, verdict="beat"),
            "logistic": figure(0.032, low, high, n_classes, verdict=said),
        },
    }  # fmt: skip
    return Result.model_validate(plain)


def test_without_a_project_it_says_where_to_get_one(page_store):
    at = open_page("meta")
    assert not at.exception and "No project is open" in shown(at)


def test_items_with_several_classes_cannot_take_part(page_store):
    at = open_page("meta", text_project(page_store, multi_label=True))
    assert not at.exception and "several classes" in shown(at)


def test_too_few_classes_say_how_many_are_missing_and_nothing_can_be_started(page_store):
    at = open_page("meta", words_project(page_store, words=WORDS[:3]))
    assert not at.exception
    assert "there are 3" in shown(at) and "1 more such classes, 3 labelled examples" in shown(at)
    assert at.button(key="meta-go").disabled


def test_another_project_of_the_same_encoder_adds_its_classes(page_store):
    number = words_project(page_store, "Few", WORDS[:3])
    other = words_project(page_store, "More", WORDS[3:])
    words_project(page_store, "Elsewhere", encoder={"name": "minilm"})
    at = open_page("meta", number)
    assert at.multiselect(key="meta-projects").options == ["More"]
    at.multiselect(key="meta-projects").set_value([other]).run()
    assert not at.exception and not at.button(key="meta-go").disabled


def test_a_training_from_the_page_is_judged_kept_and_deleted(page_store, monkeypatch):

    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)  # the worker below does the work
    number = words_project(page_store)
    at = open_page("meta", number)
    at.select_slider(key="meta-training-protonet-steps").set_value(10)
    at.select_slider(key="meta-check-episodes").set_value(20).run()
    at.button(key="meta-go").click().run()
    assert not at.exception and training_live.live_job(Params.kind, number) is not None
    (job,) = page_store.jobs.live(number)
    assert job.params["projects"] == [number] and job.params["training"]["steps"] == 10
    serve(page_store, idle_seconds=0.2)
    assert page_store.jobs.get(job.id).state == "done", page_store.jobs.get(job.id).error
    at = open_page("meta", number)
    assert not at.exception
    headline, words = sentences.verdict(jobs.result_of(page_store.jobs.get(job.id), Result))
    assert headline in shown(at).replace("\\", "") and "Only 3 classes" in words
    at.text_input(key="meta-keep-name").set_value("first one")
    at.button(key="meta-keep").click().run()
    assert not at.exception and [model.name for model in kept.models()] == ["first one"]
    assert "Kept as “first one”" in shown(at) and "Kept models" in shown(at)
    at.button(key=f"meta-delete-{b'first one'.hex()}").click().run()
    assert not at.exception and kept.models() == [] and "Kept models" not in shown(at)
    at.text_input(key="meta-keep-name").set_value("../up")
    at.button(key="meta-keep").click().run()
    assert "cannot be the name" in shown(at)


@pytest.mark.parametrize(
    ("said", "low", "high", "n_classes", "headline", "words"),
    [
        ("beat", 0.011, 0.053, 9, "It beat", "difference +3.2 points (95 % interval +1.1 to +5.3). Keep it"),
        ("did not beat", -0.03, 0.004, 9, "It did not beat", "-3.0 to +0.4). The plain head does as well"),
        ("not enough to say", -0.01, 0.06, 9, "Not enough", "may be chance"),
        ("not enough to say", None, None, 1, "Not enough", "difference +3.2 points. Only 1 class was held out"),
    ],
)
def test_the_verdict_in_words_is_against_the_better_plain_head(said, low, high, n_classes, headline, words):
    found = sentences.verdict(result(said, low, high, n_classes))
    assert found[0].startswith(headline) and words in found[1]
    assert "71.2% against 68.0% for “Logistic head, not trained”" in found[1]


def test_the_dealt_episode_is_answered_by_the_nearest_card(page_store):
    number = words_project(page_store)
    open_page("meta", number)
    workspace = resources.workspace(number)
    workspace.sync()
    workspace.encode()
    codes = workspace.label_codes()
    support = np.array([0, len(ENDS), 2 * len(ENDS)])
    query = np.array([1, len(ENDS) + 1, 3 * len(ENDS)])
    nearest, right = episode.answered(workspace, support, query, codes)
    z = workspace.units - workspace.units.mean(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    for row, answer, ok in zip(query, nearest, right, strict=True):
        distances = [np.linalg.norm(z[row] - z[s]) for s in support]
        assert answer == int(np.argmin(distances)) and ok == (codes[support[answer]] == codes[row])
    assert not right[2]  # its class is not among the cards
