"""Pictures of every page, to be looked at: ``python -m tests.screenshots [--readme] [part of a name ...]``.

Serves the app from a home of its own, makes projects, and writes ``screenshots/<shot>-<theme>-<width>.png``.
With ``--readme`` it also renews ``assets/screenshot.png``. It fails when a page throws, shows a traceback, or
scrolls sideways at the width of a phone.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from fsl_core import jobs
from fsl_core.base.types import silent
from fsl_core.data.store import NewItem, Store
from fsl_core.models import chosen
from pages.ui.projects import creating
from tests import made_data
from tests import screenshot_acts as acts
from tests.browser_fixtures import FLAGS, ROOT, Server, chromium_path, settle
from tests.screenshot_acts import PATIENCE_MS
from tests.screenshot_list import SHOTS, THEMES, WIDTHS, Shot

FOLDER = ROOT / "screenshots"
README_PICTURE = ROOT / "assets" / "screenshot.png"
TALLEST = 3000


TUNED = {"tickets": "contrastive", "bank": "adapter"}
NOT_COMPARED = ("clinic", "news", "triage", "long-en", "long-zh", "acts", "no-classes", "no-texts")


# -- the projects ------------------------------------------------------------------------------------


def make_projects(store: Store, paths: Collection[str]) -> dict[str, int]:
    """All projects of the pictures, read and mapped, with the jobs that the pages at ``paths`` show: none waits."""
    made = {
        key: creating.create_from_sample(store, sample, sample.title)
        for key, sample in zip(("clinic", "news", "tickets", "triage", "chinese"), creating.samples(), strict=True)
    }
    made["bank"] = _add(store, "Talk of a bank, 77 classes", made_data.many_classes(77, 15), shots=3)
    made["assistant"] = _add(store, "Voice assistant, 150 classes", made_data.many_classes(150, 12), shots=3)
    made["mail"] = _add(store, "Spam or wanted", made_data.yes_or_no(), shots=8)
    english = [(text, ("Minutes", "Letter")[i % 2]) for i, text in enumerate(made_data.long_texts("en"))]
    made["long-en"] = _add(store, "Minutes of a very long committee meeting about the old library", english, shots=0)
    chinese = [(text, ("日记", "公告")[i % 2]) for i, text in enumerate(made_data.long_texts("zh"))]
    made["long-zh"] = _add(
        store, "图书馆日记（长文本）", chinese, shots=1, settings={"encoder": {"name": "char-ngram"}}
    )
    made["acts"] = _add(store, "Spam or wanted, by two people", made_data.yes_or_no(), shots=0)
    acts.journal(store, made["acts"])
    made["no-classes"] = store.projects.create("Letters without classes").id
    store.items.add(made["no-classes"], [NewItem(text=text) for text in made_data.long_texts("en", 5, 5)])
    made["no-texts"] = store.projects.create("Nothing in it", classes=("Yes", "No")).id
    for key, project in made.items():
        if store.items.count(project):
            for kind in ("umap", "compare")[: 2 if "compare" in paths and key not in NOT_COMPARED else 1]:
                _work(store, kind, project)
    for key, method in TUNED.items() if "tune" in paths else ():
        _work(store, "tune", made[key], {"method": method})
    if "augment" in paths:
        _work(store, "augment", made["tickets"], {"source": "eda", "per_class": 20})
    if "meta" in paths:
        _work(store, "meta_train", made["assistant"], {"projects": [made["assistant"]], "learner": "protonet"})
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
    name, settings = chosen.encoder_choice(store.projects.get(project).settings)
    n = store.items.count(project)
    usual = {"folds": 5, "repeats": 2} if kind == "compare" else {"encoder": name, "settings": settings, "n": n}
    store.jobs.submit(kind, params or usual, project)
    job = store.jobs.claim(os.getpid())
    assert job is not None
    store.jobs.finish(job.id, jobs.do(job, store, silent).plain())


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
                    projects = make_projects(store, {shot.path for shot in wanted})
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
