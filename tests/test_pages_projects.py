"""The Projects page on a real store in a temporary folder."""

from __future__ import annotations

import csv
import io
import os
import signal
import time
from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from fsl_core.base import paths
from fsl_core.data.store import NewItem, Store
from pages.ui.projects import creating, importer
from tests.page_fixtures import APP, open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def app(**query: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=120)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def csv_bytes(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


FILE = csv_bytes(
    [("id", "message", "category")]
    + [(str(i), f"My parcel number {i} has not arrived yet, where is it?", "Delivery") for i in range(30)]
    + [(str(i), f"Please give me back the money for order {i}, it broke.", "Refund") for i in range(30, 60)]
    + [("60", "", "Refund"), ("61", "My parcel number 3 has not arrived yet, where is it?", "Delivery")]
)


def upload(at: AppTest, data: bytes = FILE, name: str = "tickets.csv") -> AppTest:
    at.segmented_control(key="projects-way").set_value("file").run()
    return at.file_uploader[0].set_value([(name, data, "text/csv")]).run()


def test_first_visit_offers_the_samples_in_their_order_and_three_ways_to_start(page_store: Store) -> None:
    at = app()
    assert not at.exception
    assert at.title[0].value == "Label a handful, get a model you can trust."
    offered = [
        str(one.key).removeprefix("sample-open-") for one in at.button if str(one.key).startswith("sample-open-")
    ]
    assert offered == ["clinic_messages", "industry_news", "support_tickets", "triage_notes", "product_reviews_zh"]
    assert len(at.segmented_control(key="projects-way").options) == 3


def test_one_click_on_a_sample_makes_a_project_with_four_labels_a_class(page_store: Store) -> None:
    at = app()
    sample = creating.samples()[0]
    at.button(key=f"sample-open-{sample.slug}").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    assert (project.name, project.n_items, project.n_classes) == (sample.title, sample.n, len(sample.classes))
    labels = page_store.journal.labels(project.id)
    assert Counter(Counter(state.label for state in labels.values()).values()) == {4: len(sample.classes)}
    assert {state.source for state in labels.values()} == {"sample"}


def test_a_sample_that_was_opened_before_is_opened_again_and_a_fresh_copy_is_a_choice(page_store: Store) -> None:
    at = app()
    assert not [one for one in at.button if str(one.key).startswith("sample-fresh-")]
    at.button(key="sample-open-support_tickets").click().run()
    [first] = page_store.projects.list()
    page_store.projects.update(first.id, name="Mine now")
    mine = page_store.projects.create("Support", settings={"encoder": {"name": "char-ngram"}}).id
    page_store.items.add(mine, [NewItem(text="own")], source="import", filename="support_tickets.csv")
    at = app()
    at.button(key="sample-open-support_tickets").click().run()
    assert not at.exception and at.query_params["project"] in (str(first.id), [str(first.id)])
    assert {one.id for one in page_store.projects.list()} == {first.id, mine}
    at = app()
    at.button(key="sample-fresh-support_tickets").click().run()
    assert not at.exception and len(page_store.projects.list()) == 3
    page_store.projects.trash(first.id)
    assert len(page_store.projects.of_sample("support_tickets.csv")) == 1


def test_an_uploaded_file_shows_what_will_happen_before_it_does(page_store: Store) -> None:
    at = upload(app())
    assert not at.exception
    words = shown(at)
    assert "60 texts will be imported." in words
    assert "1 empty row is left out." in words
    assert "1 repeated text is left out." in words
    assert "2 classes found:" in words
    assert page_store.projects.list() == []


def test_the_file_is_a_project_after_one_more_click(page_store: Store) -> None:
    at = upload(app())
    at.button(key="import-go").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    assert (project.name, project.n_items, project.n_labeled, project.n_classes) == ("tickets", 60, 60, 2)
    assert at.query_params["project"] in (str(project.id), [str(project.id)])


def test_without_a_label_column_the_classes_are_asked_for(page_store: Store) -> None:
    at = upload(app())
    label = next(one for one in at.selectbox if str(one.key).startswith("import-label-"))
    label.set_value("").run()
    box = next(one for one in at.text_area if str(one.key).startswith("import-classes-"))
    box.set_value("Refund: money back\nDelivery").run()
    at.button(key="import-go").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    assert project.n_labeled == 0
    found = [(one.name, one.description) for one in page_store.classes.list(project.id)]
    assert found == [("Refund", "money back"), ("Delivery", "")]


def test_pasted_lines_become_items(page_store: Store) -> None:
    at = app()
    at.segmented_control(key="projects-way").set_value("paste").run()
    at.text_area[0].set_value("Where is my parcel?\nThe app closes when I log in.\n我要退款").run()
    assert "3 texts will be imported." in shown(at)
    at.button(key="import-go").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    assert project.n_items == 3


def test_a_file_that_cannot_be_read_gives_one_box_with_the_fix(page_store: Store) -> None:
    at = upload(app(), b"%PDF-1.7 and so on", "letter.csv")
    assert not at.exception
    assert len(at.error) == 1 and "PDF" in at.error[0].value


def test_an_empty_project_asks_for_texts_next(page_store: Store) -> None:
    at = app()
    at.segmented_control(key="projects-way").set_value("empty").run()
    at.text_input(key="projects-empty-name").set_value("Claims")
    at.text_area(key="projects-empty-classes").set_value("Fire\nWater: burst pipes")
    next(one for one in at.button if one.key == "projects-empty-go").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    assert (project.name, project.n_items, project.n_classes) == ("Claims", 0, 2)
    assert at.segmented_control(key="projects-way").value == "file"


def test_a_project_is_renamed_trashed_and_restored(page_store: Store) -> None:
    project = page_store.projects.create("Old", classes=["a", "b"])
    at = app(project=str(project.id))
    at.text_input(key=f"project-name-{project.id}-Old").set_value("New").run()
    assert page_store.projects.get(project.id).name == "New"
    at.button(key=f"project-trash-{project.id}").click().run()
    assert not at.exception
    assert page_store.projects.list() == []
    assert "project" not in at.query_params
    at.button(key=f"project-restore-{project.id}").click().run()
    assert [one.name for one in page_store.projects.list()] == ["New"]


@pytest.mark.parametrize("was_open", [True, False])
def test_the_trash_offers_its_undo_on_the_spot(page_store: Store, was_open: bool) -> None:
    made = page_store.projects.create("Old", classes=["a", "b"])
    at = app(project=str(made.id)) if was_open else app()
    at.button(key=f"project-trash-{made.id}").click().run()
    assert page_store.projects.list() == []
    assert any("Old is in the trash" in one.value for one in at.markdown)
    at.button(key="projects-undo").click().run()
    assert not at.exception and [one.name for one in page_store.projects.list()] == ["Old"]
    assert ("project" in at.query_params) == was_open
    assert not any("is in the trash" in one.value for one in at.markdown)
    at.button(key=f"project-trash-{made.id}").click().run()
    at.button(key=f"project-restore-{made.id}").click().run()
    assert not [one for one in at.button if one.key == "projects-undo"], "nothing is left to undo"


def test_an_empty_name_is_refused_in_one_box(page_store: Store) -> None:
    project = page_store.projects.create("Old", classes=["a", "b"])
    at = app()
    at.text_input(key=f"project-name-{project.id}-Old").set_value("  ").run()
    assert not at.exception
    assert len(at.error) == 1
    assert page_store.projects.get(project.id).name == "Old"


def test_the_project_of_the_link_is_current_and_a_dead_link_is_forgotten(page_store: Store) -> None:
    one = page_store.projects.create("One", classes=["a", "b"])
    page_store.projects.create("Two", classes=["a", "b"])
    at = app(project=str(one.id))
    assert at.selectbox(key="shell-project").value == one.id
    for dead in ("999", "x", "-1", "²"):
        at = app(project=dead)
        assert not at.exception
        assert at.selectbox(key="shell-project").value is None
        assert "project" not in at.query_params
        assert [f"**There is no project {dead} here**" in one.value for one in at.info] == [True]
    at.selectbox(key="shell-project").set_value(one.id).run()
    assert not at.info, "one is open now"


@pytest.mark.parametrize("page", ["label", "map", "classes", "history", "export", "projects"])
def test_a_link_to_a_project_that_is_not_there_names_it_and_the_way_out(page_store: Store, page: str) -> None:
    gone = page_store.projects.create("Old *one*", classes=["a", "b"]).id
    page_store.projects.trash(gone)
    for asked, says in (("999", "There is no project 999 here"), (str(gone), "“Old \\*one\\*” is in the trash")):
        at = open_page(page, int(asked))
        assert not at.exception and says in shown(at)
        assert page == "projects" or [
            one.proto.label for one in at.get("page_link") if one.proto.label.startswith("Go to")
        ]


def test_the_picker_writes_the_project_into_the_link(page_store: Store) -> None:
    one = page_store.projects.create("One", classes=["a", "b"])
    at = app()
    at.selectbox(key="shell-project").set_value(one.id).run()
    assert at.query_params["project"] in (str(one.id), [str(one.id)])


def test_a_large_file_is_imported_by_the_worker_and_then_opens(page_store: Store) -> None:
    rows = [("text", "label")] + [(f"order {i} never came", f"class {i % 3}") for i in range(importer.INLINE_ROWS)]
    at = upload(app(), csv_bytes(rows), "large.csv")
    at.button(key="import-go").click().run()
    assert not at.exception
    (project,) = page_store.projects.list()
    (job,) = page_store.jobs.recent(project.id, "import_file", 1)
    until = time.monotonic() + 60
    while page_store.jobs.get(job.id).live and time.monotonic() < until:
        time.sleep(0.1)
    job = page_store.jobs.get(job.id)
    try:
        assert (job.state, job.error) == ("done", "")
        at.run()
        assert not at.exception
        (project,) = page_store.projects.list()
        assert (project.name, project.n_items, project.n_labeled, project.n_classes) == ("large", 5000, 5000, 3)
        assert not list(paths.uploads_dir().iterdir())
    finally:
        if job.pid:
            os.kill(job.pid, signal.SIGTERM)


def test_an_import_that_fails_in_the_background_says_why_and_leaves_no_project(page_store: Store) -> None:
    project = page_store.projects.create("P", classes=["a", "b"])
    job = page_store.jobs.submit("import_file", {"path": "x"}, project.id)
    page_store.jobs.claim(1)
    page_store.jobs.fail(job.id, "Row 3 is broken.", "Mend row 3.")
    at = AppTest.from_file(APP, default_timeout=120)
    at.session_state["handful.import_job"] = (job.id, project.id, True)
    at.run()
    assert not at.exception
    assert "Row 3 is broken" in at.error[0].value and "Mend row 3" in at.error[0].value
    assert page_store.projects.list() == []
    at.button(key="import-close").click().run()
    assert not at.error


def test_an_import_that_is_called_dead_though_its_items_are_there_keeps_its_project(page_store: Store) -> None:
    project = page_store.projects.create("P", classes=["a", "b"])
    job = page_store.jobs.submit("import_file", {"path": "x"}, project.id)
    page_store.jobs.claim(1)
    page_store.items.add(project.id, [NewItem("where is my parcel", label="a")])
    page_store.jobs.fail(job.id, "The worker process ended unexpectedly.", "Start it again.")
    at = AppTest.from_file(APP, default_timeout=120)
    at.session_state["handful.import_job"] = (job.id, project.id, True)
    at.run()
    assert not at.exception
    assert "ended unexpectedly" in at.error[0].value
    assert [(one.name, one.n_items) for one in page_store.projects.list()] == [("P", 1)]
    assert page_store.projects.list(trashed=True) == []


def test_after_a_reload_the_running_import_of_the_project_is_followed_again(page_store: Store) -> None:
    project = page_store.projects.create("P", classes=["a", "b"])
    job = page_store.jobs.submit("import_file", {"path": "x"}, project.id)
    page_store.jobs.claim(os.getpid())
    at = app(project=str(project.id))
    assert not at.exception
    assert at.session_state["handful.import_job"] == (job.id, project.id, True)
    at.button(key=f"job-stop-{job.id}").click().run()
    assert page_store.jobs.get(job.id).cancel
