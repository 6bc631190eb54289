"""From a file to a sorted file and a model that leaves, in a real browser: for texts with repeats, and for pictures."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.leaving import bare
from tests.test_pictures_browser import shapes
from tests.test_spine_browser import go, label_some

LONG_MS = PATIENCE_S * 1000
N_ROWS, N_TEXTS = 300, 252
CLASSES = ("Refund", "Delivery")
WORDS = {
    "Refund": ("I want my money back for order {n}", "please refund the broken lamp from order {n}"),
    "Delivery": ("where is parcel {n}, it should have been here", "the courier left box {n} in the rain"),
}


def rows() -> list[tuple[str, str, str]]:
    """Id, text and class of 300 rows, of which every sixth or so repeats an earlier text under an id of its own."""
    made: list[tuple[str, str, str]] = []
    for i in range(N_TEXTS):
        name = CLASSES[i % 2]
        made.append((f"T-{i:03}", WORDS[name][i // 2 % 2].format(n=100 + i), name))
    again = [(f"R-{i:03}", *made[5 * i][1:]) for i in range(N_ROWS - N_TEXTS)]
    return made[:150] + again[:20] + made[150:] + again[20:]


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("road"))
    started.start()
    yield started
    started.stop()


def project_of(page: Page) -> int:
    found = re.search(r"project=(\d+)", page.url)
    assert found is not None, page.url
    return int(found[1])


def correct_the_doubtful(page: Page, server: Server, texts: dict[int, str], keys: dict[str, str], n: int) -> None:
    """The ``n`` most doubtful of the table that nobody labelled, each by the key (by its text) of its class."""
    page.locator(".sheet:not(.waiting) .row:visible").first.wait_for(timeout=LONG_MS)
    settle(page)
    page.locator(".sheet .grid").focus()
    known = set(server.labels(project_of(page)))
    done = 0
    for _step in range(N_ROWS):
        if done == n:
            break
        current = page.locator(".sheet .row.current")
        item = int(current.get_attribute("data-id") or 0)
        text = texts[item]
        if text in known:
            page.keyboard.press("ArrowDown")
            continue
        page.keyboard.press(keys[text])
        done += 1
        expect(page.locator(".sheet .row.current")).not_to_have_attribute("data-id", str(item))
    assert done == n
    expect(page.locator(".sheet .status")).to_contain_text("Saved", timeout=LONG_MS)
    settle(page)


def fetch(page: Page, name: re.Pattern[str], folder: Path) -> Path:
    """Press the button that downloads, once it is there."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible(timeout=2 * LONG_MS)
    settle(page)
    with page.expect_download() as got:
        button.click()
    file = folder / got.value.suggested_filename
    got.value.save_as(file)
    return file


def take_the_model(page: Page, folder: Path) -> Path:
    """The folder in the zip of the model in use."""
    page.get_by_text("The model", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Make the file").click()
    file = fetch(page, re.compile(r"^Download handful-"), folder)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "model")
    (inside,) = (folder / "model").iterdir()
    return inside


def test_texts_from_a_file_with_repeats_to_a_sorted_file_and_a_model_that_says_the_same(
    page: Page, road: Server, tmp_path: Path
) -> None:
    source = io.StringIO()
    csv.writer(source).writerows([("id", "message"), *((one, text) for one, text, _name in rows())])
    page.goto(road.url)
    settle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "inbox.csv", "mimeType": "text/csv", "buffer": source.getvalue().encode()}
    )
    page.get_by_role("button", name=f"Import {N_TEXTS} texts").wait_for(timeout=LONG_MS)
    settle(page)
    page.get_by_role("textbox", name="Classes, one per line").fill("\n".join(CLASSES))
    page.keyboard.press("Control+Enter")
    settle(page)
    page.get_by_role("button", name=f"Import {N_TEXTS} texts").click()
    page.locator(".card .item:not(.empty)").wait_for(timeout=2 * LONG_MS)
    settle(page)
    project = project_of(page)
    label_some(page, {text: name for _id, text, name in rows()}, list(CLASSES), 10)
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=LONG_MS)
    settle(page)
    assert len(road.labels(project)) == 20

    go(page, "Results")
    with road.store() as store:
        table = store.items.all(project)
    keys = {text: str(1 + CLASSES.index(name)) for _id, text, name in rows()}
    correct_the_doubtful(page, road, dict(zip(table.ids.tolist(), table.texts, strict=True)), keys, 10)
    labels = road.labels(project)
    assert len(labels) == 30 and labels.items() <= {text: name for _id, text, name in rows()}.items()
    expect(page.get_by_text(re.compile("Accept|accept")).first).to_be_visible()

    go(page, "Export")
    written = fetch(page, re.compile(r"^Download .*\.csv"), tmp_path)
    lines = list(csv.DictReader(io.StringIO(written.read_text("utf-8-sig"))))
    assert [line["id"] for line in lines] == [one for one, _text, _name in rows()]  # repeats and their ids, in order
    assert [line["message"] for line in lines] == [text for _id, text, _name in rows()]
    assert sum(bool(line["label"]) for line in lines) == sum(text in labels for _id, text, _name in rows())
    assert all(line["prediction"] in CLASSES or line["prediction_state"] == "none of these" for line in lines)

    folder = take_the_model(page, tmp_path)
    (tmp_path / "inbox.csv").write_text(source.getvalue(), "utf-8")
    ran = bare(folder, tmp_path / "away", str(tmp_path / "inbox.csv"), "-o", str(tmp_path / "sorted.csv"))
    assert ran.returncode == 0, ran.stderr
    outside = list(csv.DictReader(io.StringIO((tmp_path / "sorted.csv").read_text("utf-8-sig"))))
    assert [line["id"] for line in outside] == [line["id"] for line in lines]
    for here, there in zip(lines, outside, strict=True):
        assert abs(float(here["probability"]) - float(there["probability"])) <= 2e-4
        assert (there["none_of_these"] == "yes") == (here["prediction_state"] == "none of these")
        assert (there["unsure"] == "yes") == (here["unsure"] == "yes")
        assert here["prediction"] in ("", there["prediction"])


def test_pictures_from_a_zip_to_sorted_folders_and_a_model_that_says_the_same(
    page: Page, road: Server, tmp_path: Path
) -> None:
    archive = shapes(150)
    page.goto(road.url)
    settle(page)
    if not page.get_by_test_id("stFileUploader").count():  # with projects, the way in is one click further
        page.get_by_text("Import a file", exact=True).first.click()
        settle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "shapes.zip", "mimeType": "application/zip", "buffer": archive}
    )
    go_on = page.get_by_role("button", name=re.compile(r"^Import \d+ pictures"))
    go_on.wait_for(timeout=LONG_MS)
    settle(page)
    go_on.click()
    page.get_by_role("heading", level=1, name="Label", exact=True).wait_for(timeout=2 * LONG_MS)
    settle(page)
    project = project_of(page)
    # The labels that the folders gave are taken back: a person gives them again.
    with road.store() as store:
        names = [one.name for one in store.classes.list(project)]
        store.journal.label(project, sorted(store.journal.labels(project)), None)
        table = store.items.all(project)
    truth = {text: text[:6] for text in table.texts}  # circle7.png is a circle
    page.goto(f"{road.url}/label?project={project}")
    page.locator(".card .item:not(.empty)").wait_for(timeout=2 * LONG_MS)
    settle(page)
    label_some(page, truth, names, 10)
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=LONG_MS)
    settle(page)

    go(page, "Results")
    keys = {text: str(1 + names.index(name)) for text, name in truth.items()}
    correct_the_doubtful(page, road, dict(zip(table.ids.tolist(), table.texts, strict=True)), keys, 10)
    labels = road.labels(project)
    assert len(labels) == 30 and labels.items() <= truth.items()

    go(page, "Export")
    page.get_by_text("Class folders", exact=True).click()
    settle(page)
    folders = fetch(page, re.compile(r"^Download .*\.zip"), tmp_path)
    with zipfile.ZipFile(folders) as found:
        (name,) = [one for one in found.namelist() if one.endswith("predictions.csv")]
        lines = list(csv.DictReader(io.StringIO(found.read(name).decode("utf-8-sig"))))
        found.extractall(tmp_path / "folders")
    assert 280 < len(lines) == len(table.ids) < 300  # some of the 300 files are the same picture
    assert {line["prediction"] for line in lines} <= {"circle", "square", ""}
    folder = take_the_model(page, tmp_path)
    ran = bare(folder, tmp_path / "away", str(tmp_path / "folders"), "-o", str(tmp_path / "sorted.csv"))
    assert ran.returncode == 0, ran.stderr
    outside = {
        Path(line["file"]).name: line
        for line in csv.DictReader(io.StringIO((tmp_path / "sorted.csv").read_text("utf-8-sig")))
        if not line["file"].endswith(".csv")
    }
    assert len(outside) == len(lines)
    for here in lines:
        there = outside[Path(next(iter(here.values()))).name]
        assert here["prediction"] in ("", there["prediction"])
        assert abs(float(here["probability"]) - float(there["probability"])) <= 2e-4
