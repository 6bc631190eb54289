"""The Export page, and a project file brought back on the Projects page."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from fsl_core.data.project_file import export_project
from fsl_core.data.store import NewItem, Store
from pages.ui.kit import resources
from tests.browser_fixtures import Server, settle
from tests.page_fixtures import APP, open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def project(store: Store) -> int:
    made = store.projects.create("Tickets", classes=["Refund", "Delivery"])
    rows = [NewItem(text=f"Where is my parcel number {i}", label="Delivery") for i in range(4)]
    rows += [NewItem(text=f"=Give me back the money {i}", label="Refund") for i in range(4)]
    rows += [NewItem(text=f"The parcel {i} did not come") for i in range(3)]
    store.items.add(made.id, rows, author="ada")
    return made.id


def label(at: AppTest) -> str:
    (button,) = at.get("download_button")
    return str(button.proto.label)


def test_without_a_project_the_page_says_where_to_go(page_store: Store) -> None:
    at = open_page("export")
    assert not at.exception
    assert "No project is open" in shown(at)


def test_the_page_offers_a_csv_at_once_and_says_what_is_in_it(page_store: Store) -> None:
    at = open_page("export", project(page_store))
    assert not at.exception and not at.error
    assert label(at) == "Download tickets.csv"
    words = shown(at)
    assert "11 rows: 8 labelled by people, 3 predicted by Nearest prototype, of which " in words
    assert "look like formulas" in words and "not labels of people" in words
    first, *lines = at.code[0].value.splitlines()
    assert "prediction,probability,unsure,prediction_state,predicted_by" in first
    assert lines[0].startswith("Where is my parcel number 0,Delivery,labeled,ada")
    assert all("model: prototype" in line for line in lines)


@pytest.mark.parametrize("name", ["xlsx", "jsonl", "parquet", "label-studio", "prodigy", "argilla", "datasets"])
def test_every_format_is_one_click_with_a_preview(page_store: Store, name: str) -> None:
    at = open_page("export", project(page_store))
    at.pills(key="export-format").set_value(name).run()
    assert not at.exception and not at.error
    assert label(at).startswith("Download tickets.")
    assert at.code or at.dataframe
    assert "11 rows: 8 labelled by people, 3 predicted by Nearest prototype" in shown(at)
    at.toggle(key=f"export-{name}-predictions").set_value(False).run()
    assert not at.exception and not at.error
    assert "11 rows: 8 labelled by people, 3 without a label." in shown(at)
    at.toggle(key=f"export-{name}-unlabeled").set_value(False).run()
    assert not at.exception and "8 rows: 8 labelled by people" in shown(at)


def said(at: AppTest) -> list[str]:
    """The predictions of the items without a label."""
    lines = [json.loads(line) for line in at.code[0].value.splitlines()]
    return [line["prediction"] for line in lines if line["state"] == "unlabeled"]


def test_a_file_with_predictions_is_kept_by_what_they_say_and_not_by_where_they_lie(page_store: Store) -> None:
    project_id = project(page_store)
    page_store.projects.update(project_id, settings={"encoder": {"name": "char-ngram"}})
    at = open_page("export", project_id)
    at.pills(key="export-format").set_value("jsonl").run()
    assert said(at) == ["Delivery"] * 3
    key, (_content, file) = at.session_state["handful.memo.export.file"]
    resources._workspace.clear()  # the same model, fitted anew
    at.run()
    again, (_content, same) = at.session_state["handful.memo.export.file"]
    assert not at.exception and again == key and same is file, "nothing was written again"
    [refund, delivery] = [one.id for one in page_store.classes.list(project_id)]
    items = page_store.items.all(project_id).ids.tolist()
    page_store.journal.label_many(project_id, {item: refund if i < 4 else delivery for i, item in enumerate(items[:8])})
    at.run()
    assert said(at) == ["Refund"] * 3


def test_several_labels_an_item_are_predicted_as_sets(page_store: Store) -> None:
    made = page_store.projects.create(
        "Many", classes=["Refund", "Delivery"], settings={"multi_label": True, "encoder": {"name": "char-ngram"}}
    )
    rows = [NewItem(text=f"Where is my parcel number {i}", label=("Delivery",)) for i in range(6)]
    rows += [NewItem(text=f"Give me back the money {i}", label=("Refund",)) for i in range(6)]
    rows += [NewItem(text=f"Where is my parcel {i}, give me back the money") for i in range(3)]
    page_store.items.add(made.id, rows)
    at = open_page("export", made.id)
    at.pills(key="export-format").set_value("jsonl").run()
    assert not at.exception and not at.error
    assert all(isinstance(one, list) for one in said(at))
    assert "15 rows: 12 labelled by people, 3 predicted" in shown(at)


def test_a_whole_file_leaves_repeats_included_and_says_so(page_store: Store) -> None:
    lines = ["id,message", *(f"{i},The parcel number {i % 20} did not come" for i in range(30)), "30,"]
    at = uploaded("\n".join(lines).encode(), "tickets.csv")
    at.button(key="import-go").click().run()
    (made,) = page_store.projects.list()
    page_store.classes.add(made.id, "Late")
    at = open_page("export", made.id)
    assert not at.exception and not at.error
    assert "Predictions need two classes" in shown(at)
    assert "31 rows: 0 labelled by people, 30 without a label." in shown(at) and "1 without a text" in shown(at)
    assert at.code[0].value.splitlines()[1].startswith("0,The parcel number 0 did not come,")


def test_no_labels_and_nothing_else_is_said_with_what_to_do(page_store: Store) -> None:
    made = page_store.projects.create("P", classes=["a", "b"])
    page_store.items.add(made.id, [NewItem(text="one"), NewItem(text="two")])
    at = open_page("export", made.id)
    at.toggle(key="export-csv-unlabeled").set_value(False).run()
    assert not at.exception
    assert "nothing to export" in at.error[0].value and "without a label" in at.error[0].value
    assert not at.get("download_button")


def test_the_whole_project_is_one_click(page_store: Store) -> None:
    at = open_page("export", project(page_store))
    at.pills(key="export-format").set_value("handful").run()
    assert not at.exception and not at.error
    assert label(at) == "Download tickets.handful"
    assert "11 items, 8 labelled" in shown(at)


def uploaded(data: bytes, name: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=120).run()
    at.segmented_control(key="projects-way").set_value("file").run()
    return at.file_uploader[0].set_value([(name, data, "application/zip")]).run()


def test_a_project_file_comes_back_as_the_same_project_under_a_free_name(page_store: Store) -> None:
    first = project(page_store)
    packed = export_project(page_store, first)
    at = uploaded(packed, "tickets.handful")
    assert not at.exception
    assert "11 items, 8 labelled" in shown(at) and len(page_store.projects.list()) == 1
    at.button(key="project-import-go").click().run()
    assert not at.exception and not at.error
    names = {one.name: one.id for one in page_store.projects.list()}
    assert set(names) == {"Tickets", "Tickets 2"}
    again = zipfile.ZipFile(io.BytesIO(export_project(page_store, names["Tickets 2"])))
    original = zipfile.ZipFile(io.BytesIO(packed))
    for member in ("classes.json", "items.jsonl", "journal.jsonl"):
        assert again.read(member) == original.read(member)
    assert at.query_params["project"] in (str(names["Tickets 2"]), [str(names["Tickets 2"])])


def test_a_broken_project_file_is_refused_with_the_reason(page_store: Store) -> None:
    packed = export_project(page_store, project(page_store))
    for data, name in [(packed[:-30], "tickets.handful"), (b"hello", "notes.handful"), (packed[:-30], "a.csv")]:
        at = uploaded(data, name)
        assert not at.exception
        assert "damaged" in at.error[0].value and "nothing was imported" in at.error[0].value
        assert len(page_store.projects.list()) == 1


def test_a_file_with_several_labels_a_text_makes_a_project_for_them(page_store: Store) -> None:
    rows = [{"text": f"Message number {i} about it", "labels": ["a", "b"] if i % 2 else ["a"]} for i in range(8)]
    at = uploaded(json.dumps(rows).encode(), "many.json")
    assert not at.exception
    assert "several labels" in shown(at)
    at.button(key="import-go").click().run()
    assert not at.exception and not at.error
    (made,) = page_store.projects.list()
    assert page_store.projects.get(made.id).settings["multi_label"] is True
    assert {len(state.label) for state in page_store.journal.labels(made.id).values()} == {1, 2}


def test_in_a_browser_one_click_brings_the_project_and_an_upload_brings_it_back(server: Server, page: Page) -> None:
    texts = [f"Where is my parcel number {i}" for i in range(6)]
    project_id = server.project(texts, ["Refund", "Delivery"], ["Delivery", None] * 3)
    page.goto(f"{server.url}/export?project={project_id}")
    settle(page)
    with page.expect_download() as csv:
        page.get_by_role("button", name="Download").click()
    assert csv.value.path().read_text(encoding="utf-8-sig").splitlines()[1].startswith(f"{texts[0]},Delivery,")
    page.get_by_role("radio", name="Whole project").click()
    with page.expect_download() as whole:
        page.get_by_role("button", name=".handful").click()
    assert whole.value.suggested_filename.endswith(".handful")
    packed = whole.value.path().read_bytes()
    with server.store() as store:
        assert packed == export_project(store, project_id)
    page.goto(server.url)
    settle(page)
    page.get_by_role("radio", name="Import a file").click()
    file = {"name": "back.handful", "mimeType": "application/zip", "buffer": packed}
    page.locator("input[type=file]").set_input_files([file])
    page.get_by_role("button", name="Import the project").click()
    page.wait_for_url("**/label?project=*")
    with server.store() as store:
        newest = max(one.id for one in store.projects.list())
        assert newest != project_id
    assert server.labels(newest) == server.labels(project_id)
