"""The Tune page on a real store: what is missing, whether it pays, the verdict, the switch of the encoder and back."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation.metrics import Report, confusion_matrix, report
from fsl_core.jobs.scores import verdict_of
from fsl_core.jobs.tasks import export_model
from fsl_core.jobs.tasks import tune as task
from fsl_core.jobs.worker import serve
from fsl_core.learning.tuning import gate
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models
from pages.ui.tuning import figures, sentences, use
from tests.engine_fixtures import SUPPORT
from tests.page_fixtures import open_page, shown, text_project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
FAST = {"epochs": 12, "learning_rate": 3e-3, "batch_size": 9}
NEW = ("late parcel late", "the password", "refund money money")


def words(at: AppTest) -> str:
    return shown(at).replace("\\", "")


def scored(right: int, n: int) -> Report:
    """A report of ``right`` among ``n`` items of two classes."""
    guessed = np.repeat([0, 1], [right, n - right])
    return report(confusion_matrix(np.zeros(n, dtype=np.int64), guessed, 2), ("a", "b"))


def payload(right_before: int, right_after: int, n: int, *, wins: int, losses: int, keep: bool, **more) -> task.Tuning:
    """What the job would save of such a tuning."""
    found = gate.Verdict(
        keep, scored(right_before, n), scored(right_after, n), gate.paired_difference(wins, losses, n),
        wins, losses, 0.9, 0.5 if keep else 0.95, 3.0,
    )  # fmt: skip
    common = {
        "method": "contrastive", "settings": {}, "encoder": "", "n": n, "classes": ["a", "b"], "counts": [n - 3, 3],
        "left_for_score": 2, "last_entry": 10**9, "verdict": verdict_of(found).plain(), "model": None, "notes": [],
        "moved": [], "curve": [{"run": "fold 1", "step": 1, "loss": 2.0}], "seconds": 24.4,
    }  # fmt: skip
    return task.Tuning.model_validate(common | more)


def tunable_project(store: Store, tunable, name: str = "Tune") -> int:
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    made = store.projects.create(name, classes=list(SUPPORT.classes), settings={"encoder": choice})
    rows = [
        NewItem(text=f"{text} {extra}", label=label)
        for text, label in zip(SUPPORT.items, SUPPORT.labels, strict=True)
        for extra in ("please", "hello", "my")
    ]
    store.items.add(made.id, [*rows, *(NewItem(text=text) for text in NEW)])
    return made.id


def tuned(store: Store, number: int, **params) -> task.Tuning:
    """Tune in a real worker; the payload of its run."""
    job = store.jobs.submit("tune", {"method": "contrastive", "settings": FAST, "check": False, **params}, number)
    serve(store, idle_seconds=0.2)
    assert store.jobs.get(job.id).state == "done", store.jobs.get(job.id).error
    return store.runs.latest(number, task.Tuning).payload


# -- what is missing -------------------------------------------------------------------------------


def test_without_a_project_it_says_where_to_get_one(page_store):
    at = open_page("tune")
    assert not at.exception and "No project is open" in shown(at)


def test_an_encoder_without_weights_leads_to_models_where_another_is_tried_and_used(page_store):
    number = text_project(page_store)
    at = open_page("tune", number)
    assert not at.exception and "This encoder cannot be trained" in shown(at)
    assert "sentence-transformers" in shown(at) and "Character n-grams" in words(at)
    assert [link.proto.page for link in at.get("page_link") if link.proto.label == "Choose another"] == ["models"]
    at = open_page("models", number)
    at.radio(key=f"encoder-{number}").set_value("minilm").run()
    at.button(key="encoder-use").click().run()
    assert not at.exception and at.button(key="encoder-use").disabled
    assert chosen.encoder_choice(page_store.projects.get(number).settings)[0] == "minilm"


def test_with_several_labels_per_item_only_methods_that_can_are_offered(page_store, tunable):
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    settings = {"encoder": choice, "multi_label": True, "audit_share": 0.0}
    made = page_store.projects.create("Many", classes=["a", "b"], settings=settings)
    page_store.items.add(made.id, [NewItem(text=f"parcel {i}") for i in range(5)])
    ids = page_store.items.all(made.id).ids.tolist()
    a, b = (one.id for one in page_store.classes.list(made.id))
    for item, own in zip(ids, [(a,), (a,), (b,), (a, b)], strict=False):
        page_store.journal.label(made.id, [item], own, author="me")
    at = open_page("tune", made.id)
    assert not at.exception
    assert at.radio(key="tune-method").options == ["Contrastive tuning", "Adapter"]


@pytest.mark.parametrize(("labels", "missing"), [([], 4), (["a"], 3), (["a", "a", "a"], 2), (["a", "a", "b"], 1)])
def test_too_few_labels_say_how_many_are_missing(page_store, tunable, labels, missing):
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    made = page_store.projects.create("Few", classes=["a", "b"], settings={"encoder": choice, "audit_share": 0.0})
    marks = labels + [None] * (6 - len(labels))
    page_store.items.add(made.id, [NewItem(text=f"parcel {i}", label=mark) for i, mark in enumerate(marks)])
    at = open_page("tune", made.id)
    assert not at.exception and "Not enough labels to tune" in shown(at)
    assert f"Label at least {missing} more item" in words(at)
    assert not [one for one in at.button if one.key == "tune-go"]


def test_check_items_do_not_count_as_examples(page_store, tunable):
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    made = page_store.projects.create("Aside", classes=["a", "b"], settings={"encoder": choice, "audit_share": 1.0})
    page_store.items.add(made.id, [NewItem(text=f"parcel {i}", label="ab"[i % 2]) for i in range(8)])
    assert "Label at least 4 more items" in words(open_page("tune", made.id))


# -- before and while ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "n", "says"),
    [(60, 96, "Yes, likely"), (95, 96, "No, unlikely"), (86, 96, "either way"), (5, 9, "cannot be said yet")],
)
def test_the_outlook_says_why_with_figure_interval_and_n(right, n, says):
    headline, why = sentences.outlook(gate.outlook(scored(right, n)), n)
    assert says in headline
    if n >= 10:
        wrong = scored(n - right, n).accuracy
        assert f"{wrong.value:.1%}" in why and f"{wrong.low:.1%} to {wrong.high:.1%}" in why and f"n = {n}" in why
    else:
        assert "Label 1 more" in why


def test_every_method_that_trains_can_be_chosen_and_the_job_gets_what_was_set(page_store, tunable, monkeypatch):
    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)
    number = tunable_project(page_store, tunable)
    at = open_page("tune", number)
    assert not at.exception and "Is it likely to pay?" in shown(at)
    titles = [method.info.title for method in registry.methods().values() if method.info.trains]
    assert at.radio(key="tune-method").options == titles
    at.toggle(key="tune-check").set_value(False).run()
    at.select_slider(key="tune-seconds").set_value(30).run()
    at.button(key="tune-go").click().run()
    assert not at.exception
    (job,) = page_store.jobs.live(number)
    assert (job.kind, job.params["method"], job.params["check"]) == ("tune", "contrastive", False)
    assert job.params["settings"]["seconds"] == 30
    assert job.params["encoder"] == page_store.projects.get(number).settings["encoder"]
    assert not [one for one in at.button if one.key == "tune-go"]  # one at a time
    at.button(key=f"job-stop-{job.id}").click().run()
    assert "stopped, nothing was changed" in shown(open_page("tune", number))


def test_a_failed_tuning_is_shown_with_its_reason(page_store, tunable):
    number = tunable_project(page_store, tunable)
    job = page_store.jobs.submit("tune", {"method": "contrastive"}, number)
    page_store.jobs.claim(1)
    page_store.jobs.fail(job.id, "The loss stopped being a number.", "Lower the learning rate.")
    at = open_page("tune", number)
    assert "The loss stopped being a number" in words(at) and "Lower the learning rate" in words(at)
    assert at.button(key="tune-go")


def test_curves_have_a_line_for_each_training_and_held_out_scores_only_where_measured():
    points = [
        ("fold 1", 1, 2.0, None),
        ("fold 1", 5, 1.0, 0.75),
        ("all labels", 1, 1.5, None),
    ]
    loss = figures.curves([(run, step, value) for run, step, value, _right in points], "")
    assert [(line.name, list(line.y)) for line in loss.data] == [
        ("Check 1", [2.0, 1.0, 1.0]),
        ("All labels", [1.5, 1.5]),
    ]
    scores = [(run, step, value) for run, step, _loss, value in points]
    right = figures.curves(scores, "", share=True)
    assert [(line.name, line.x[0], line.y[0]) for line in right.data] == [("Check 1", 5, 0.75)]
    assert right.data[0].line.color == loss.data[0].line.color
    assert figures.curves(scores[:1], "") is None


# -- the verdict -----------------------------------------------------------------------------------


def test_a_win_is_said_with_both_figures_n_and_interval():
    headline, says = sentences.verdict(payload(69, 84, 96, wins=18, losses=3, keep=True))
    assert headline == "Kept: it answers better"
    low, high = (100 * end for end in (gate.paired_difference(18, 3, 96).low, gate.paired_difference(18, 3, 96).high))
    assert says == (
        "Tuned: 87.5% against 71.9% for the encoder as it is, on the same 96 left-out labels; 18 items better, "
        f"3 worse; difference +15.6 points ({low:+.1f} to {high:+.1f})."
    )


def test_a_win_that_may_be_chance_says_so():
    headline, says = sentences.verdict(payload(69, 70, 96, wins=3, losses=2, keep=True))
    assert "small margin" in headline and "may be chance" in says and "0.50 against 0.90" in says


def test_below_ten_labels_it_is_not_enough_to_say():
    for keep in (True, False):
        headline, says = sentences.verdict(payload(3, 8, 9, wins=5, losses=0, keep=keep))
        assert headline == "Not enough to say" and "Only 9 labels" in says and "%" not in says


def test_a_tuning_without_a_check_promises_nothing():
    headline, says = sentences.verdict(payload(69, 84, 96, wins=18, losses=3, keep=True, verdict=None))
    assert "not checked" in headline and "Nobody knows yet" in says


def test_what_was_not_kept_says_that_nothing_changed_and_what_to_try(page_store, tunable):
    number = tunable_project(page_store, tunable)
    found = payload(84, 80, 96, wins=2, losses=6, keep=False, notes=["Stopped after 3 of 9 steps: the time ran out."])
    page_store.runs.save(number, found)
    at = open_page("tune", number)
    assert not at.exception
    assert "Not kept" in words(at) and "Nothing was changed" in words(at)
    assert "fewest examples: b (3)" in words(at) and "Stopped after 3 of 9 steps" in words(at)
    assert not [one for one in at.button if str(one.key).startswith("tune-use")]
    assert "Before and after" not in shown(at)


def test_labels_made_since_are_mentioned(page_store, tunable):
    number = tunable_project(page_store, tunable)
    last = page_store.journal.last_id(number)
    page_store.runs.save(number, payload(69, 84, 96, wins=18, losses=3, keep=False, last_entry=last))
    assert "Labels changed since this tuning" not in shown(open_page("tune", number))
    item = int(page_store.items.all(number).ids[-1])
    page_store.journal.label(number, [item], page_store.classes.list(number)[0].id)
    assert "Labels changed since this tuning" in shown(open_page("tune", number))


# -- use it, go back -------------------------------------------------------------------------------


def test_use_switches_the_encoder_and_one_click_goes_back(page_store, tunable):
    number = tunable_project(page_store, tunable)
    before = page_store.projects.get(number).settings["encoder"]
    found = tuned(page_store, number)
    at = open_page("tune", number)
    assert not at.exception and "Tuned, not checked" in shown(at)
    at.button(key="tune-use").click().run()
    assert not at.exception and "reads with a tuned encoder" in shown(at) and at.button(key="tune-use").disabled
    name, settings = chosen.encoder_choice(page_store.projects.get(number).settings)
    assert (name, settings["model"]) == ("sentence-transformers", f"tuned:{found.model}")
    learned = f"learned from {found.n} of these labels"
    assert learned in "\n".join(str(one.proto.body) for one in open_page("label", number).get("html"))
    assert learned in shown(open_page("try_it", number))
    at = open_page("tune", number)
    at.button(key="tune-back").click().run()
    assert not at.exception and page_store.projects.get(number).settings["encoder"] == before
    assert not [one for one in at.button if one.key == "tune-back"]


def test_tuning_again_begins_from_the_encoder_as_it_was(page_store, tunable, monkeypatch):
    number = tunable_project(page_store, tunable)
    before = page_store.projects.get(number).settings["encoder"]
    first = tuned(page_store, number)
    at = open_page("tune", number)
    at.button(key="tune-use").click().run()
    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)
    at.button(key="tune-go").click().run()
    (job,) = page_store.jobs.live(number)
    assert job.params["encoder"] == before
    page_store.jobs.cancel(job.id)
    second = tuned(page_store, number, encoder=before)
    assert second.encoder == first.encoder  # not on top of what has seen the labels
    use.use(number, second.model)
    assert use.base_of(page_store.projects.get(number)) == before


def test_changed_answers_show_the_nearest_examples_and_can_be_labelled(page_store, tunable):
    number = tunable_project(page_store, tunable)
    found = tuned(page_store, number)
    table = page_store.items.all(number)
    item = int(table.ids[table.texts.index(NEW[0])])
    page_store.projects.update(number, settings={"audit_share": 0.0})
    page_store.runs.save(number, found.model_copy(update={"moved": (task.Moved(item, 0, 1, 0.5, 0.9),)}))
    at = open_page("tune", number)
    assert not at.exception and "1 unlabelled text is answered otherwise" in words(at)
    row = at.dataframe[0].value.iloc[0]
    assert (row["text"], row["before"], row["after"]) == (
        NEW[0],
        f"{found.classes[0]} (50%)",
        f"{found.classes[1]} (90%)",
    )
    why = "\n".join(str(one.proto.body) for one in at.get("html"))
    assert "Before: the labelled examples" in why and "late late parcel" in why
    wanted = page_store.classes.list(number)[1].id
    at.button(key=f"tune-label-{item}-{wanted}").click().run()
    assert not at.exception and page_store.journal.labels(number)[item].label == wanted
    assert "No answer for an unlabelled text changed" in shown(at)


def test_a_model_in_use_is_not_deleted_and_one_without_use_is(page_store, tunable):
    number = tunable_project(page_store, tunable, "Complaints")
    model = tuned(page_store, number).model
    at = open_page("tune", number)
    run = page_store.runs.latest(number, task.Tuning).id
    at.button(key=f"tune-use-{run}").click().run()
    at.button(key=f"tune-delete-{run}").click().run()
    assert "in use by Complaints" in words(at)
    assert [one.name for one in tuned_models.models()] == [model]
    at.button(key="tune-back").click().run()
    at.button(key=f"tune-delete-{run}").click().run()
    assert not at.exception and tuned_models.models() == [] and "deleted since" in words(at)


def test_a_tuned_encoder_that_is_gone_leaves_a_way_back(page_store, tunable):
    number = tunable_project(page_store, tunable)
    before = page_store.projects.get(number).settings["encoder"]
    choice = {**use.tuned_choice("p9-j9"), "before": before}
    page_store.projects.update(number, settings={"encoder": choice})
    shutil.rmtree(paths.models_dir() / "p9-j9", ignore_errors=True)
    at = open_page("tune", number)
    assert not at.exception and "not on this machine" in shown(at)
    at.button(key="tune-back").click().run()
    assert not at.exception and page_store.projects.get(number).settings["encoder"] == before
    assert "Is it likely to pay?" in shown(at)


def test_the_model_is_made_as_a_zip_by_a_job_and_offered(page_store, tunable, monkeypatch):
    number = tunable_project(page_store, tunable)
    model = tuned(page_store, number).model
    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)
    at = open_page("tune", number)
    assert not at.get("download_button")
    at.button(key="tune-export-folder-go").click().run()
    assert not at.exception and "Writing the model" in "\n".join(one.proto.text for one in at.get("progress"))
    serve(page_store, idle_seconds=0.2)
    (job,) = page_store.jobs.recent(number, "export_model")
    assert job.state == "done", job.error
    at = open_page("tune", number)
    assert not at.exception and len(at.get("download_button")) == 1
    with zipfile.ZipFile(export_model.file_of(model, "folder")) as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        card = archive.read("handful-tune-contrastive-encoder-folder/README.md").decode()
    assert {"README.md", "labels.json", "metrics.json", "modules.json", "head.safetensors"} <= names
    assert "Tune" in card and str(tunable) not in card
