"""Export: the model in use as one file, and a new file sorted without importing it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from fsl_core import jobs
from fsl_core.base import paths
from fsl_core.data import images
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.tasks import export_in_use, sort_file
from fsl_core.jobs.worker import serve
from fsl_core.learning.model_exporting import opening
from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.page_fixtures import TEXTS, open_page, shown, text_project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
LONG_MS = PATIENCE_S * 1000


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "server" not in request.fixturenames:
        monkeypatch.setattr("fsl_core.jobs.queue._spawn", lambda url, slot: None)


def labeled(store: Store) -> int:
    """Twelve texts, all of them labelled."""
    made = store.projects.create("Test", classes=["Delivery", "Refund"], settings={"encoder": {"name": "char-ngram"}})
    store.items.add(made.id, [NewItem(text=one, label="Delivery" if "parcel" in one else "Refund") for one in TEXTS])
    return made.id


def at_part(project: int, part: str) -> AppTest:
    at = open_page("label", project).switch_page("pages/export.py").run()
    return at.pills(key="export-format").set_value(part).run()


def test_the_model_in_use_is_one_button_and_a_file_that_says_what_it_is(page_store: Store) -> None:
    number = labeled(page_store)
    page_store.projects.update(number, settings={"method": {"name": "logistic", "settings": {"c": 5.0}}})
    at = at_part(number, "model")
    assert not at.exception and not at.error and not at.get("download_button")
    at.button(key="export-model-go").click().run()
    assert not at.exception and "Writing the model" in "\n".join(one.proto.text for one in at.get("progress"))
    serve(page_store, idle_seconds=0.2)
    at.run()
    assert not at.exception
    (job,) = page_store.jobs.recent(number, export_in_use.Params.kind)
    result = jobs.result_of(job, export_in_use.Result)
    assert result is not None, job.error
    (button,) = at.get("download_button")
    assert result.file.startswith("handful-test-logistic-20") and result.file.endswith(".zip")
    assert "predict.py" in result.inside and "handful_model/model.py" in result.inside
    assert "logistic" in button.proto.label
    file = export_in_use.file_of(number, result)
    assert file is not None and [one.name for one in file.parent.iterdir()] == [file.name]
    with zipfile.ZipFile(file) as archive:
        card = archive.read(f"{file.stem}/README.md").decode()
    assert "c 5.0" in card and "# Test: Logistic head" in card
    with opening.opened(file) as model:
        assert model.answers(["the parcel"])[0].nearest == "Delivery"

    (refund,) = [one.id for one in page_store.classes.list(number) if one.name == "Refund"]
    page_store.journal.label(number, [page_store.items.all(number).ids.tolist()[0]], refund)
    at.run()
    assert not at.get("download_button") and at.button(key="export-model-go"), "that file was of other labels"


def test_what_cannot_leave_is_said_before_the_button(page_store: Store) -> None:
    number = text_project(page_store)
    server = {"name": "openai-compatible", "settings": {"base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    page_store.projects.update(number, settings={"encoder": server})
    at = open_page("export", number)
    at.pills(key="export-format").set_value("model").run()
    assert not at.exception
    assert "cannot be taken along" in at.error[0].value and "MiniLM" in at.error[0].value
    assert not [one for one in at.button if one.key == "export-model-go"]
    assert not page_store.jobs.live(number), "nothing was sent or read for it"


def upload(at: AppTest, name: str, data: bytes) -> AppTest:
    return at.file_uploader[0].set_value([(name, data, "application/octet-stream")]).run()


def test_a_new_file_is_sorted_and_nothing_of_it_is_imported(page_store: Store) -> None:
    number = labeled(page_store)
    at = at_part(number, "sort")
    assert not at.exception and not at.error
    content = "num\u00e9ro;betreff;mail\n1;a;the parcel is late\n2;b;I want my money back\n".encode("cp1252")
    at = upload(at, "mails.csv", content)
    assert not at.exception and not at.error
    (column,) = [one for one in at.selectbox if str(one.key).startswith("export-sort-column")]
    assert column.options == ["num\u00e9ro", "betreff", "mail"] and column.value == "mail"
    at.button(key="export-sort-go").click().run()
    assert not at.exception
    serve(page_store, idle_seconds=0.2)
    at.run()
    assert not at.exception and "2 rows" in shown(at)
    (job,) = page_store.jobs.recent(number, sort_file.Params.kind)
    result = jobs.result_of(job, sort_file.Result)
    assert result is not None, job.error
    file = sort_file.file_of(job, result)
    assert file is not None and file.name == "mails-sorted.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8")), delimiter=";"))
    assert [row["prediction"] for row in rows] == ["Delivery", "Refund"] and rows[1]["num\u00e9ro"] == "2"
    assert page_store.items.count(number) == len(TEXTS) and not list(paths.uploads_dir().iterdir())


def test_a_file_that_cannot_be_sorted_says_why(page_store: Store) -> None:
    number = labeled(page_store)
    at = upload(at_part(number, "sort"), "broken.xlsx", b"no workbook")
    assert not at.exception and "damaged" in at.error[0].value
    at = upload(at_part(number, "sort"), "lines.jsonl", b'{"text": "a"}\n{"text": \n')
    assert not at.exception and "line 2" in at.error[0].value


def test_pictures_of_an_archive_are_sorted_into_a_table(page_store: Store) -> None:
    from tests.test_encoders_omniglot import LINES, drawing
    from tests.test_model_in_use_pictures import png

    settings = {"encoder": {"name": "omniglot"}}
    made = page_store.projects.create("Signs", kind="image", classes=list(LINES), settings=settings)
    blobs = {(name, seed): images.keep(png(drawing(name, seed)), "x.png").blob for name in LINES for seed in range(3)}
    page_store.items.add(made.id, [NewItem(blob=blob, label=name) for (name, _seed), blob in blobs.items()])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("new/gate.png", png(drawing("gate", 40)))
        archive.writestr("new/broken.png", b"no picture")
        archive.writestr("../outside.png", png(drawing("gate", 41)))
    at = upload(at_part(made.id, "sort"), "signs.zip", packed.getvalue())
    at.button(key="export-sort-go").click().run()
    serve(page_store, idle_seconds=0.2)
    at.run()
    assert not at.exception and "1 could not be read" in shown(at)
    (job,) = page_store.jobs.recent(made.id, sort_file.Params.kind)
    result = jobs.result_of(job, sort_file.Result)
    assert result is not None, job.error
    file = sort_file.file_of(job, result)
    assert file is not None and file.name == "signs-sorted.csv"
    with file.open(encoding="utf-8-sig", newline="") as held:
        rows = {row["file"]: row for row in csv.DictReader(held)}
    assert rows["new/gate.png"]["prediction"] == "gate" and rows["new/broken.png"]["problem"]
    assert set(rows) == {"new/gate.png", "new/broken.png"}


def test_a_sorting_that_is_stopped_leaves_nothing(page_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsl_core.base.errors import Cancelled
    from fsl_core.models import chosen
    from fsl_core.workspace import Workspace

    number = labeled(page_store)
    path = paths.uploads_dir() / "x.jsonl"
    path.write_text("".join(json.dumps({"text": f"parcel {i}"}) + "\n" for i in range(600)), "utf-8")
    params = sort_file.Params(path=path, filename="x.jsonl", method="prototype", encoder="char-ngram")
    job = page_store.jobs.submit(params.kind, params.plain(), number)
    Workspace(page_store, number, chosen.cached_encoder("char-ngram")).encode()

    def report(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        sort_file.run(params, job, page_store, report)
    assert not path.exists() and not any(file.is_file() for file in sort_file.folder_of(number).rglob("*"))


def test_in_the_browser_the_model_and_a_sorted_file_are_downloaded(server: Server, page: Page, tmp_path: Path) -> None:
    labels = ["Delivery" if "parcel" in one else "Refund" for one in TEXTS]
    number = server.project(TEXTS, ("Delivery", "Refund"), labels, encoder={"name": "char-ngram"})
    page.goto(f"{server.url}/export?project={number}")
    page.get_by_text("The model", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Make the file").click()
    download = page.get_by_role("button", name="Download handful-")
    expect(download).to_be_visible(timeout=LONG_MS)
    with page.expect_download() as got:
        download.click()
    file = tmp_path / got.value.suggested_filename
    got.value.save_as(file)
    assert file.name.endswith(".zip")
    with opening.opened(file) as model:
        assert model.answers(["parcel 3 is late"])[0].classes == ("Delivery",)

    page.get_by_text("Sort a new file", exact=True).click()
    settle(page)
    source = tmp_path / "new.jsonl"
    source.write_text('{"text": "money back for me"}\n', "utf-8")
    page.locator("input[type=file]").set_input_files(source)
    page.get_by_role("button", name="Sort it").click()
    download = page.get_by_role("button", name="Download new-sorted.jsonl")
    expect(download).to_be_visible(timeout=LONG_MS)
    with page.expect_download() as got:
        download.click()
    got.value.save_as(tmp_path / "sorted.jsonl")
    assert json.loads((tmp_path / "sorted.jsonl").read_text("utf-8"))["prediction"] == "Refund"
