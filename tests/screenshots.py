"""Pictures of every page, to be looked at: ``python -m tests.screenshots [--readme] [part of a name ...]``.

Serves the app from a home of its own, makes projects, and writes ``screenshots/<shot>-<theme>-<width>.png``.
With ``--readme`` it also renews ``assets/screenshot.png``. A later page adds a line to ``SHOTS``. It fails
when a page throws, shows a traceback, or scrolls sideways at the width of a phone.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from fsl_core import registry, tasks
from fsl_core.store import NewItem, Store
from fsl_core.types import silent
from pages.ui import creating
from tests import made_data
from tests.browser_fixtures import FLAGS, ROOT, Server, chromium_path, settle

FOLDER = ROOT / "screenshots"
README_PICTURE = ROOT / "assets" / "screenshot.png"
THEMES = ("light", "dark")
WIDTHS = {1440: 900, 390: 844}
PATIENCE_MS = 60_000
TALLEST = 6000
Act = Callable[[Page], None]


# -- what a person does on a page before the picture -------------------------------------------------


def card(page: Page) -> None:
    """The labelling card with its first item."""
    page.locator(".card .item:not(.empty)").wait_for(timeout=PATIENCE_MS)


def some_keys(page: Page) -> None:
    """Two labels and a skip, so that undo and the last labels show."""
    card(page)
    settle(page)
    for key in ("1", "2", "Space"):
        page.keyboard.press(key)
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=PATIENCE_MS)
    for opener in page.locator("summary").filter(has_text="Your last labels").all():
        opener.click()


def drawn(page: Page) -> None:
    """Every chart of the page."""
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=PATIENCE_MS)


def map_by(name: str) -> Act:
    """The map in the colours of ``name``."""

    def act(page: Page) -> None:
        drawn(page)
        page.get_by_role("radio", name=name, exact=True).click()
        settle(page)

    return act


def lasso(page: Page) -> None:
    """A lasso around the middle of the map: the list below."""
    drawn(page)
    settle(page)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    x, y, w, h = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + w * 0.3, y + h * 0.3)
    page.mouse.down()
    for dx, dy in ((0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)):
        page.mouse.move(x + w * dx, y + h * dy, steps=6)
    page.mouse.up()
    expect(page.get_by_text("selected").first).to_be_visible(timeout=PATIENCE_MS)


def ask(text: str) -> Act:
    """A text typed on the Try page."""

    def act(page: Page) -> None:
        box = page.get_by_role("textbox", name="Your text")
        box.fill(text)
        box.press("Control+Enter")
        done = page.get_by_test_id("stDownloadButton") if "\n" in text else page.get_by_text("The labelled examples")
        done.first.wait_for(timeout=PATIENCE_MS)

    return act


def upload(page: Page) -> None:
    """A file chosen, columns guessed, not yet imported."""
    page.get_by_role("radio", name=re.compile("Import a file")).click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "hotel_mail.csv", "mimeType": "text/csv", "buffer": made_data.hotel_csv(made_data.hotel_rows(300))}
    )
    page.get_by_role("button", name=re.compile("Import 300")).wait_for(timeout=PATIENCE_MS)


def classes_open(page: Page) -> None:
    """The section that edits the classes."""
    page.locator("summary").filter(has_text="Classes of").click()
    settle(page)


def menu(page: Page) -> None:
    """The sidebar, which a phone hides."""
    expand = page.get_by_test_id("stExpandSidebarButton")
    if expand.is_visible():
        expand.click()
        page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click(trial=True)


# -- the pictures ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the page, the project (a key of ``make_projects``), and what is done before."""

    name: str
    path: str = ""
    project: str = ""
    act: Act | None = None
    fresh: bool = False
    """Whether it needs a home without projects."""


ENGLISH = "My parcel has been sitting in the depot for nine days and nobody answers."
SEVERAL = (
    "Where is my parcel?\nI was charged twice in March\nThe app closes when I log in\nBest lamp ever\nMoon and cheese"
)
CHINESE = "快递走了十天，箱子都压扁了"
BANK = "someone took my credit card, what now"

SHOTS = (
    Shot("projects-empty", fresh=True),
    Shot("label-no-project", "label", fresh=True),
    Shot("compare-no-project", "compare", fresh=True),
    Shot("projects", "", "tickets"),
    Shot("projects-import", "", "tickets", upload),
    Shot("projects-classes-77", "", "bank", classes_open),
    Shot("menu", "label", "bank", menu),
    Shot("label-tickets", "label", "tickets", card),
    Shot("label-tickets-used", "label", "tickets", some_keys),
    Shot("label-triage", "label", "triage", card),
    Shot("label-chinese", "label", "chinese", card),
    Shot("label-77", "label", "bank", card),
    Shot("label-150", "label", "assistant", card),
    Shot("label-2", "label", "mail", card),
    Shot("label-long-english", "label", "long-en", card),
    Shot("label-long-chinese", "label", "long-zh", card),
    Shot("label-no-classes", "label", "no-classes"),
    Shot("label-no-texts", "label", "no-texts"),
    Shot("map-tickets", "map", "tickets", drawn),
    Shot("map-tickets-label", "map", "tickets", map_by("Label")),
    Shot("map-tickets-confidence", "map", "tickets", map_by("Confidence")),
    Shot("map-tickets-pca", "map", "tickets", map_by("PCA")),
    Shot("map-tickets-lasso", "map", "tickets", lasso),
    Shot("map-chinese", "map", "chinese", drawn),
    Shot("map-77", "map", "bank", drawn),
    Shot("map-150", "map", "assistant", drawn),
    Shot("map-2", "map", "mail", drawn),
    Shot("try-empty", "try", "tickets"),
    Shot("try-one", "try", "tickets", ask(ENGLISH)),
    Shot("try-unlike", "try", "tickets", ask("Zebra quantum 7781 %%%")),
    Shot("try-several", "try", "tickets", ask(SEVERAL)),
    Shot("try-chinese", "try", "chinese", ask(CHINESE)),
    Shot("try-77", "try", "bank", ask(BANK)),
    Shot("try-2", "try", "mail", ask("You won the lottery, send us your account number")),
    Shot("compare-tickets", "compare", "tickets", drawn),
    Shot("compare-triage", "compare", "triage"),
    Shot("compare-chinese", "compare", "chinese", drawn),
    Shot("compare-77", "compare", "bank", drawn),
    Shot("compare-150", "compare", "assistant", drawn),
    Shot("compare-2", "compare", "mail", drawn),
    Shot("compare-too-few", "compare", "long-en"),
)
NOT_COMPARED = ("triage", "long-en", "long-zh", "no-classes", "no-texts")


# -- the projects ------------------------------------------------------------------------------------


def make_projects(store: Store) -> dict[str, int]:
    """All projects of the pictures, read, mapped and compared, so that no picture waits."""
    made = {
        key: creating.create_from_sample(store, sample, sample.title)
        for key, sample in zip(("tickets", "triage", "chinese"), creating.samples(), strict=True)
    }
    made["bank"] = _add(store, "Talk of a bank, 77 classes", made_data.many_classes(77, 15), shots=3)
    made["assistant"] = _add(store, "Voice assistant, 150 classes", made_data.many_classes(150, 12), shots=3)
    made["mail"] = _add(store, "Spam or wanted", made_data.yes_or_no(), shots=8)
    english = [(text, ("Minutes", "Letter")[i % 2]) for i, text in enumerate(made_data.long_texts("en"))]
    made["long-en"] = _add(store, "Minutes of a very long committee meeting about the old library", english, shots=0)
    chinese = [(text, ("日记", "公告")[i % 2]) for i, text in enumerate(made_data.long_texts("zh"))]
    made["long-zh"] = _add(store, "图书馆日记（长文本）", chinese, shots=1, settings=creating.ANY_LANGUAGE)
    made["no-classes"] = store.projects.create("Letters without classes").id
    store.items.add(made["no-classes"], [NewItem(text=text) for text in made_data.long_texts("en", 5, 5)])
    made["no-texts"] = store.projects.create("Nothing in it", classes=("Yes", "No")).id
    for key, project in made.items():
        if store.items.count(project):
            for kind in ("umap", "compare")[: 1 if key in NOT_COMPARED else 2]:
                _work(store, kind, project)
    return made


def _add(
    store: Store, name: str, rows: Sequence[tuple[str, str]], *, shots: int, settings: dict[str, object] | None = None
) -> int:
    names = list(dict.fromkeys(label for _text, label in rows))
    marks = made_data.some_labels(rows, shots)
    items = [NewItem(text=text, label=mark) for (text, _label), mark in zip(rows, marks, strict=True)]
    return creating.create_with_items(store, name, items, classes=[(one, "") for one in names], settings=settings)


def _work(store: Store, kind: str, project: int) -> None:
    """Do a job here and now, as a worker would."""
    name, settings = registry.encoder_choice(store.projects.get(project).settings)
    n = store.items.count(project)
    params = {"folds": 5, "repeats": 2} if kind == "compare" else {"encoder": name, "settings": settings, "n": n}
    store.jobs.submit(kind, params, project)
    job = store.jobs.claim(os.getpid())
    assert job is not None
    module = __import__(f"{tasks.__name__}.{kind}", fromlist=["run"])
    store.jobs.finish(job.id, module.run(job, store, silent))


# -- taking them -------------------------------------------------------------------------------------


def take(
    browser: Browser, server: Server, projects: Mapping[str, int], shot: Shot, theme: str, width: int
) -> list[str]:
    """Take one picture; what is wrong with it, in words."""
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    name = f"{shot.name}-{theme}-{width}"
    try:
        query = f"?project={projects[shot.project]}" if shot.project else ""
        page.goto(f"{server.url}/{shot.path}{query}")
        page.get_by_test_id("stMainBlockContainer").locator("h1, h3").first.wait_for(timeout=PATIENCE_MS)
        settle(page)
        if shot.act is not None:
            shot.act(page)
        calm(page)
        full_height(page, width)
        page.screenshot(path=FOLDER / f"{name}.png")
        wrong += problems(page, width)
    except Exception as error:  # one broken picture must not cost the others
        page.screenshot(path=FOLDER / f"{name}-failed.png")
        wrong.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    finally:
        context.close()
    return [f"{name}: {one}" for one in wrong]


def calm(page: Page) -> None:
    """No run, no toast, no skeleton; fonts are there and nothing moves."""
    settle(page)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stToast"], [data-testid="stSkeleton"]')
          && document.getAnimations().every((one) =>
            one.playState !== "running" || one.effect?.getTiming().iterations === Infinity)""",
        timeout=PATIENCE_MS,
    )
    settle(page)


def full_height(page: Page, width: int) -> None:
    """Streamlit scrolls inside its main part, so the window grows to hold it all."""
    inner = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(TALLEST, max(int(inner), WIDTHS[width]))})
    # Two frames after a resize the charts have their new size.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    calm(page)


def problems(page: Page, width: int) -> list[str]:
    """Tracebacks, and content wider than a phone."""
    found = ["a traceback" for _one in page.get_by_test_id("stException").all()]
    if width < 640:
        found += page.evaluate(
            """() => [["the page", document.documentElement],
                ["its main part", document.querySelector('[data-testid="stMain"]')]]
              .filter(([, node]) => node && node.scrollWidth > node.clientWidth)
              .map(([name, node]) => `${name} scrolls sideways: ${node.scrollWidth} in ${node.clientWidth}`)"""
        )
    return found


def readme_picture(browser: Browser, server: Server, projects: Mapping[str, int]) -> None:
    """The Label page of the support tickets, for the README."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto(f"{server.url}/label?project={projects['tickets']}")
    card(page)
    calm(page)
    page.screenshot(path=README_PICTURE)
    page.close()


def main(arguments: Sequence[str]) -> int:
    """Take the pictures whose name holds one of the arguments, or all."""
    parts = [one for one in arguments if not one.startswith("--")]
    shots = [shot for shot in SHOTS if not parts or any(part in shot.name for part in parts)]
    FOLDER.mkdir(exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="handful-shots-") as home, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for fresh in (True, False):
            wanted = [shot for shot in shots if shot.fresh == fresh]
            if not wanted and not ("--readme" in arguments and not fresh):
                continue
            server = Server(Path(home) / ("fresh" if fresh else "full"))
            server.home.mkdir()
            os.environ["HANDFUL_HOME"] = str(server.home)
            projects: Mapping[str, int] = {}
            if not fresh:
                with server.store() as store:
                    projects = make_projects(store)
            server.start()
            try:
                if "--readme" in arguments and not fresh:
                    readme_picture(browser, server, projects)
                for shot in wanted:
                    for theme in THEMES:
                        for width in WIDTHS:
                            wrong += take(browser, server, projects, shot, theme, width)
            finally:
                server.stop()
        browser.close()
    for line in wrong:
        sys.stderr.write(line + "\n")
    sys.stdout.write(f"{len(shots) * len(THEMES) * len(WIDTHS)} pictures in {FOLDER.name}/, {len(wrong)} problems\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
