"""Pages whose model takes long to fit: the old answer meanwhile, one job for it, and its end when nobody waits."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from fsl_core.data.store import Job, NewItem, Store
from fsl_core.jobs.tasks import fit
from fsl_core.jobs.worker import serve
from pages.ui.kit import fitting, resources
from tests.page_fixtures import TEXTS, open_page, shown

SLOW = {"name": "reptile", "settings": {"steps": 2, "test_steps": 3}}
STAND_IN = "Until Reptile is fitted, Nearest prototype answers."


@pytest.fixture
def store(page_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the pages; the worker of the test is the test itself."""
    monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)
    fitting.followers.clear()
    return page_store


@pytest.fixture
def project(store: Store) -> int:
    made = store.projects.create(
        "Test", classes=["Delivery", "Refund"], settings={"encoder": {"name": "char-ngram"}, "method": SLOW}
    )
    items = [
        NewItem(text=text, label=("Delivery", "Refund")[i // 6] if i % 6 < 4 else None) for i, text in enumerate(TEXTS)
    ]
    store.items.add(made.id, items)
    return made.id


def fits_of(store: Store, project: int) -> list[Job]:
    """Newest first."""
    return store.jobs.recent(project, fit.Params.kind)


def go(at: AppTest, page: str, project: int) -> AppTest:
    at.query_params["project"] = str(project)
    return at.switch_page(f"pages/{page}.py").run()


def ask(at: AppTest, text: str) -> AppTest:
    at.text_area(key="try-text").set_value(text)
    return at.run()


@pytest.mark.parametrize("page", ["try_it", "label", "map", "results"])
def test_the_page_is_there_at_once_with_what_answers_meanwhile_and_then_with_the_answer(store, project, page):
    at = open_page(page, project)
    assert not at.exception and not at.error and STAND_IN in shown(at)
    assert [job.state for job in fits_of(store, project)] == ["queued"]
    at.run()
    assert len(fits_of(store, project)) == 1  # the same labels are fitted once
    serve(store, idle_seconds=0.2)
    at.run()
    assert not at.exception and "Until " not in shown(at)
    assert [job.state for job in fits_of(store, project)] == ["done"]


def test_the_answer_of_a_new_label_is_the_one_from_before_until_it_is_fitted(store, project):
    at = ask(open_page("try_it", project), "the parcel is late")
    serve(store, idle_seconds=0.2)
    at.run()
    assert "Fitted on 8 labelled items." in shown(at)
    workspace = resources.workspace(project)
    store.journal.label(project, [int(workspace.ids[5])], workspace.classes[0].id, author="Ada")
    at.run()
    assert "Until Reptile is fitted anew, its answers from before are shown." in shown(at)
    assert "Fitted on 8 labelled items." in shown(at) and "**Delivery**" in shown(at)
    serve(store, idle_seconds=0.2)
    at.run()
    assert "Fitted on 9 labelled items." in shown(at) and "Until " not in shown(at)


def test_a_fit_ends_when_one_leaves_for_a_page_without_a_model_and_begins_again_on_the_way_back(store, project):
    at = open_page("try_it", project)
    go(at, "label", project)
    assert [job.state for job in fits_of(store, project)] == ["queued"]  # the Label page waits for the same
    go(at, "classes", project)
    assert [job.state for job in fits_of(store, project)] == ["cancelled"]
    go(at, "try_it", project)
    assert [job.state for job in fits_of(store, project)] == ["queued", "cancelled"]


def test_another_label_or_another_method_takes_the_place_of_a_fit(store, project):
    at = open_page("try_it", project)
    workspace = resources.workspace(project)
    store.journal.label(project, [int(workspace.ids[5])], workspace.classes[0].id, author="Ada")
    at.run()
    assert [job.state for job in fits_of(store, project)] == ["queued", "cancelled"]
    store.projects.update(project, settings={"method": {"name": "ridge", "settings": {}}})
    at.run()
    assert [job.state for job in fits_of(store, project)] == ["cancelled", "cancelled"]
    assert "Until " not in shown(at)


def test_one_who_leaves_does_not_end_what_another_waits_for(store, project, monkeypatch):
    mine, theirs = open_page("try_it", project), open_page("results", project)
    go(mine, "classes", project)
    assert [job.state for job in fits_of(store, project)] == ["queued"]
    go(theirs, "classes", project)
    assert [job.state for job in fits_of(store, project)] == ["cancelled"]
    open_page("try_it", project)
    monkeypatch.setattr(fitting, "GONE_AFTER_S", 0.0)  # that window was closed: it looks no more
    go(go(mine, "try_it", project), "classes", project)
    assert fits_of(store, project)[0].state == "cancelled"


def test_a_reload_finds_the_fit_that_runs(store, project):
    open_page("try_it", project)
    at = open_page("try_it", project)
    assert STAND_IN in shown(at) and len(fits_of(store, project)) == 1


def test_a_stop_by_hand_holds_until_somebody_fits_again(store, project):
    at = open_page("try_it", project)
    job = fits_of(store, project)[0]
    at.button(key=f"fit-stop-{job.id}").click().run()
    at.run()
    assert [one.state for one in fits_of(store, project)] == ["cancelled"]
    assert "stopped" in shown(at) and STAND_IN in shown(at)
    assert "stopped" in shown(open_page("try_it", project))  # after a reload, too
    at.button(key="fit-again").click().run()
    assert [one.state for one in fits_of(store, project)] == ["queued", "cancelled"]


def test_a_fit_that_fails_says_why_and_the_page_stays(store, project):
    wrong = {"name": "reptile", "settings": {"start": "gone"}}
    store.projects.update(project, settings={"method": wrong})
    at = open_page("try_it", project)
    serve(store, idle_seconds=0.2)
    at.run()
    assert not at.exception and "There is no meta-trained model 'gone'" in at.error[0].value
    assert STAND_IN in shown(at)
    ask(at, "the parcel is late")
    assert at.success and len(fits_of(store, project)) == 1  # it does not come back by itself


def test_where_nothing_can_be_fitted_the_page_says_so_without_a_job(store):
    made = store.projects.create(
        "Test", classes=["a", "b"],
        settings={"encoder": {"name": "char-ngram"}, "method": {"name": "reptile", "settings": {"name_prior": 0.0}}},
    )  # fmt: skip
    store.items.add(made.id, [NewItem(text="one"), NewItem(text="two")])
    at = open_page("results", made.id)
    serve(store, idle_seconds=0.2)
    at.run()
    assert "no labelled example" in at.error[0].value


def test_no_file_is_offered_with_the_answers_of_another_model(store, project):
    resources.workspace(project).encode()
    at = open_page("export", project)
    assert not at.exception and STAND_IN in shown(at) and not at.get("download_button")
    serve(store, idle_seconds=0.2)
    at.run()
    assert not at.exception and "Until " not in shown(at) and at.get("download_button")


def test_without_predictions_the_file_is_there_while_the_model_is_fitted(store, project):
    at = open_page("export", project)
    at.toggle(key="export-csv-predictions").set_value(False).run()
    assert not at.exception and at.get("download_button")
    assert "prediction," not in at.code[0].value
