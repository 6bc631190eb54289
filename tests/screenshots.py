"""Pictures of every page, to be looked at: ``python -m tests.screenshots [--readme] [part of a name ...]``.

Serves the app from a home of its own, makes projects, and writes ``screenshots/<shot>-<theme>-<width>.png``.
With ``--readme`` it also renews ``assets/screenshot.png``. A later page adds a line to ``SHOTS``. It fails
when a page throws, shows a traceback, or scrolls sideways at the width of a phone.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from fsl_core import registry, tasks
from fsl_core.store import NewItem, Store
from fsl_core.types import silent
from pages.ui import creating
from tests import made_data
from tests import screenshot_acts as acts
from tests.browser_fixtures import FLAGS, ROOT, Server, chromium_path, settle
from tests.screenshot_acts import PATIENCE_MS, Act

FOLDER = ROOT / "screenshots"
README_PICTURE = ROOT / "assets" / "screenshot.png"
THEMES = ("light", "dark")
WIDTHS = {1440: 900, 390: 844}
TALLEST = 3000


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
    brief: bool = False
    """A variant: light on the wide and dark on the narrow screen are enough."""

    def looks(self) -> list[tuple[str, int]]:
        """Its themes and widths."""
        wide, narrow = WIDTHS
        both = [(theme, width) for theme in THEMES for width in WIDTHS]
        return [("light", wide), ("dark", narrow)] if self.brief else both


ENGLISH = "My parcel has been sitting in the depot for nine days and nobody answers."
SEVERAL = (
    "Where is my parcel?\nI was charged twice in March\nThe app closes when I log in\nBest lamp ever\nMoon and cheese"
)
CHINESE = "快递走了十天，箱子都压扁了"
BANK = "someone took my credit card, what now"

SHOTS = (
    Shot("projects-empty", fresh=True),
    Shot("label-no-project", "label", fresh=True, brief=True),
    Shot("compare-no-project", "compare", fresh=True, brief=True),
    Shot("projects", "", "tickets"),
    Shot("projects-import", "", "tickets", acts.upload, brief=True),
    Shot("menu", "label", "bank", acts.menu, brief=True),
    Shot("label-tickets", "label", "tickets", acts.card),
    Shot("label-tickets-used", "label", "tickets", acts.some_keys, brief=True),
    Shot("label-triage", "label", "triage", acts.card, brief=True),
    Shot("label-chinese", "label", "chinese", acts.card),
    Shot("label-77", "label", "bank", acts.card),
    Shot("label-150", "label", "assistant", acts.card),
    Shot("label-2", "label", "mail", acts.card),
    Shot("label-long-english", "label", "long-en", acts.card, brief=True),
    Shot("label-long-chinese", "label", "long-zh", acts.card, brief=True),
    Shot("label-no-classes", "label", "no-classes", brief=True),
    Shot("label-no-texts", "label", "no-texts", brief=True),
    Shot("map-tickets", "map", "tickets", acts.mapped),
    Shot("map-tickets-label", "map", "tickets", acts.map_by("Label"), brief=True),
    Shot("map-tickets-confidence", "map", "tickets", acts.map_by("Confidence"), brief=True),
    Shot("map-tickets-pca", "map", "tickets", acts.map_layout("PCA"), brief=True),
    Shot("map-tickets-lasso", "map", "tickets", acts.lasso, brief=True),
    Shot("map-chinese", "map", "chinese", acts.mapped, brief=True),
    Shot("map-77", "map", "bank", acts.mapped),
    Shot("map-150", "map", "assistant", acts.mapped),
    Shot("map-2", "map", "mail", acts.mapped, brief=True),
    Shot("try-empty", "try", "tickets", brief=True),
    Shot("try-one", "try", "tickets", acts.ask(ENGLISH)),
    Shot("try-unlike", "try", "tickets", acts.ask("Zebra quantum 7781 %%%"), brief=True),
    Shot("try-several", "try", "tickets", acts.ask(SEVERAL)),
    Shot("try-chinese", "try", "chinese", acts.ask(CHINESE), brief=True),
    Shot("try-77", "try", "bank", acts.ask(BANK), brief=True),
    Shot("try-2", "try", "mail", acts.ask("You won the lottery, send us your account number"), brief=True),
    Shot("tune-no-project", "tune", fresh=True, brief=True),
    Shot("tune-start", "tune", "triage"),
    Shot("tune-running", "tune", "mail", acts.tuning),
    Shot("tune-tickets", "tune", "tickets", acts.drawn),
    Shot("tune-77", "tune", "bank", acts.drawn),
    Shot("tune-again", "tune", "tickets", acts.tune_again, brief=True),
    Shot("tune-chinese", "tune", "chinese", brief=True),
    Shot("tune-too-few", "tune", "long-en", brief=True),
    Shot("compare-tickets", "compare", "tickets", acts.drawn),
    Shot("compare-triage", "compare", "triage", brief=True),
    Shot("compare-chinese", "compare", "chinese", acts.drawn, brief=True),
    Shot("compare-77", "compare", "bank", acts.drawn),
    Shot("compare-150", "compare", "assistant", acts.drawn),
    Shot("compare-2", "compare", "mail", acts.drawn),
    Shot("models-tickets", "models", "tickets"),
    Shot("classes-tickets", "classes", "tickets"),
    Shot("classes-77", "classes", "bank", brief=True),
    Shot("classes-150", "classes", "assistant", brief=True),
    Shot("classes-2", "classes", "mail", acts.class_open, brief=True),
    Shot("classes-chinese", "classes", "chinese", acts.class_open, brief=True),
    Shot("classes-none", "classes", "no-classes", brief=True),
    Shot("check-tickets", "check", "tickets"),
    Shot("check-77", "check", "bank", brief=True),
    Shot("check-150", "check", "assistant", brief=True),
    Shot("check-2", "check", "mail", brief=True),
    Shot("check-long-chinese", "check", "long-zh", brief=True),
    Shot("check-no-labels", "check", "long-en", brief=True),
    Shot("history-tickets", "history", "tickets"),
    Shot("history-many-acts", "history", "acts", brief=True),
    Shot("history-150", "history", "assistant", brief=True),
    Shot("history-long-chinese", "history", "long-zh", brief=True),
    Shot("history-nothing", "history", "no-classes", brief=True),
    Shot("export-tickets", "export", "tickets"),
    Shot("export-150", "export", "assistant", brief=True),
    Shot("export-long-chinese", "export", "long-zh", brief=True),
    Shot("export-no-texts", "export", "no-texts", brief=True),
    Shot("compare-too-few", "compare", "long-en", brief=True),
)
TUNED = {"tickets": "contrastive", "bank": "adapter"}
NOT_COMPARED = ("triage", "long-en", "long-zh", "acts", "no-classes", "no-texts")


# -- the projects ------------------------------------------------------------------------------------


def make_projects(store: Store, compare: bool = True, tune: bool = True) -> dict[str, int]:
    """All projects of the pictures, read, mapped and (where one shows it) compared or tuned, so that none waits."""
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
    made["acts"] = _add(store, "Spam or wanted, by two people", made_data.yes_or_no(), shots=0)
    acts.journal(store, made["acts"])
    made["no-classes"] = store.projects.create("Letters without classes").id
    store.items.add(made["no-classes"], [NewItem(text=text) for text in made_data.long_texts("en", 5, 5)])
    made["no-texts"] = store.projects.create("Nothing in it", classes=("Yes", "No")).id
    for key, project in made.items():
        if store.items.count(project):
            for kind in ("umap", "compare")[: 2 if compare and key not in NOT_COMPARED else 1]:
                _work(store, kind, project)
    for key, method in TUNED.items() if tune else ():
        _work(store, "tune", made[key], {"method": method})
    return made


def _add(
    store: Store, name: str, rows: Sequence[tuple[str, str]], *, shots: int, settings: dict[str, object] | None = None
) -> int:
    names = list(dict.fromkeys(label for _text, label in rows))
    marks = made_data.some_labels(rows, shots)
    items = [NewItem(text=text, label=mark) for (text, _label), mark in zip(rows, marks, strict=True)]
    return creating.create_with_items(store, name, items, classes=[(one, "") for one in names], settings=settings)


def _work(store: Store, kind: str, project: int, params: dict[str, object] | None = None) -> None:
    """Do a job here and now, as a worker would."""
    name, settings = registry.encoder_choice(store.projects.get(project).settings)
    n = store.items.count(project)
    usual = {"folds": 5, "repeats": 2} if kind == "compare" else {"encoder": name, "settings": settings, "n": n}
    store.jobs.submit(kind, params or usual, project)
    job = store.jobs.claim(os.getpid())
    assert job is not None
    module = __import__(f"{tasks.__name__}.{kind}", fromlist=["run"])
    store.jobs.finish(job.id, module.run(job, store, silent))


# -- taking them -------------------------------------------------------------------------------------


def take(context: BrowserContext, url: str, shot: Shot, name: str, width: int) -> list[str]:
    """Take one picture; what is wrong with it, in words."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    try:
        page.goto(url)
        page.get_by_test_id("stMainBlockContainer").locator("h1, h3").first.wait_for(timeout=PATIENCE_MS)
        settle(page)
        if shot.act is not None:
            shot.act(page)
        calm(page)
        full_height(page, width)
        page.screenshot(path=FOLDER / f"{name}.png")
    except (Error, AssertionError) as error:  # one broken picture must not cost the others
        wrong.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        page.screenshot(path=FOLDER / f"{name}-failed.png")
    wrong += problems(page, width)
    page.evaluate("localStorage.clear()")  # a menu that was opened must not stay open
    page.close()
    for one in wrong:
        sys.stderr.write(f"{name}: {one}\n")
    return wrong


def calm(page: Page) -> None:
    """No run, no toast, no skeleton; fonts are there and nothing moves."""
    settle(page)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stToast"], [data-testid="stSkeleton"]')
          && document.getAnimations().every((one) => one.playState !== "running"
            || one.effect?.getTiming().iterations === Infinity)""",
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
    broken = page.get_by_test_id("stException").or_(page.get_by_text("BidiComponent Error"))
    found = ["a traceback or a broken component" for _one in broken.all()]
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
    acts.card(page)
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
                    paths = {shot.path for shot in wanted}
                    projects = make_projects(store, "compare" in paths, "tune" in paths)
            server.start()
            try:
                if "--readme" in arguments and not fresh:
                    readme_picture(browser, server, projects)
                for theme in THEMES:
                    context = browser.new_context(color_scheme=theme)  # type: ignore[arg-type]
                    for shot in wanted:
                        query = f"?project={projects[shot.project]}" if shot.project else ""
                        for width in (width for look, width in shot.looks() if look == theme):
                            url = f"{server.url}/{shot.path}{query}"
                            wrong += take(context, url, shot, f"{shot.name}-{theme}-{width}", width)
                    context.close()
            finally:
                server.stop()
        browser.close()
    n = sum(len(shot.looks()) for shot in shots)
    sys.stdout.write(f"{n} pictures in {FOLDER.name}/, {len(wrong)} problems\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
