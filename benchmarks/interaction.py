"""How fast the app answers a hand: a real Chromium against the running app, a project of 5,000 items.

Every figure is taken in the browser (performance.now), from the key or the end of the drag to the
frame after which the change is on the screen, or to the words that promise it is saved. Items and
classes are made by the benchmark; the encoder is the character n-grams, so that no figure depends on
how long reading the texts takes.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.common import Row, machine, parser, table, write
from benchmarks.support.running_app import FLAGS, ROOT, Server, chromium_path, settle
from fsl_core import registry
from fsl_core.data.store import NewItem

N_ITEMS = 5_000
MANY_ITEMS = 100_000
CLASSES = ("Refund", "Delivery", "Login", "Praise", "Billing", "Other")
LONG = {"epochs": 200, "seconds": 3600.0}
TARGETS_MS = {
    "key to next item painted": 50,
    "key to saved": None,
    "save, in the store": 50,
    "label to refreshed predictions": 500,
    "undo to item painted": None,
    "undo to saved": None,
    "lasso of 50 points to labelled on screen": 1000,
    "lasso of 50 points to saved": None,
    "page switch": None,
    "results: key to next row painted": 50,
    "results: sort or filter": 300,
    "results of 100,000 items: open": 2000,
    "results of 100,000 items: sort or filter": None,
}
# Finds the card through shadow roots; resolves with milliseconds until the wanted change is painted.
SCRIPT = """
window.handful = {
  find(selector, node = document) {
    const here = node.querySelector(selector);
    if (here) return here;
    for (const one of node.querySelectorAll("*")) {
      const inside = one.shadowRoot && this.find(selector, one.shadowRoot);
      if (inside) return inside;
    }
    return null;
  },
  text(selector) { const node = this.find(selector); return node ? node.textContent : ""; },
  painted() {
    return new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now());
      channel.port2.postMessage(0);
    }));
  },
  async until(test, limit = 20000) {
    const start = performance.now();
    while (!test()) {
      if (performance.now() - start > limit) throw new Error("nothing happened: " + test);
      await this.painted();
    }
    return this.painted();
  },
  press(key) { window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); },
};
"""
KEY = """async (key) => {
  const h = window.handful;
  await h.until(() => h.find(".card .item:not(.empty)"));
  const before = h.text(".card .text");
  const strip = () => (document.body.innerText.match(/([\\d,]+) labels/) || [])[1];
  const first = strip(), start = performance.now();
  h.press(key);
  const shown = await h.until(() => h.text(".card .text") !== before);
  const saved = await h.until(() => /Saved/.test(h.text(".card .status")));
  const fresh = await h.until(() => strip() !== first);
  return [shown - start, saved - start, fresh - start];
}"""
UNDO = """async () => {
  const h = window.handful, before = h.text(".card .text"), start = performance.now();
  h.press("u");
  const shown = await h.until(() => h.text(".card .text") !== before);
  const saved = await h.until(() => /Saved/.test(h.text(".card .status")));
  return [shown - start, saved - start];
}"""

# A circle around the 50 items nearest to one of them; the clock starts when the button is let go.
LASSO = """async ({ ids, center, key }) => {
  const map = handful.find(".map"), stage = handful.find(".stage");
  stage.setPointerCapture = () => {};
  const [x, y] = map.locate(center);
  const far = ids.map((id) => map.locate(id)).map((at) => Math.hypot(at[0] - x, at[1] - y)).sort((a, b) => a - b);
  const reach = Math.max(far[49] + 0.01, 8);
  const send = (name, angle) => stage.dispatchEvent(new PointerEvent(name, {
    clientX: x + reach * Math.cos(angle), clientY: y + reach * Math.sin(angle),
    pointerId: 1, pointerType: "mouse", button: 0, bubbles: true }));
  send("pointerdown", 0);
  for (let i = 1; i < 60; i++) send("pointermove", (i * Math.PI) / 30);
  await handful.painted();
  const start = performance.now();
  send("pointerup", 0);
  window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const shown = await handful.painted();
  if (!/labelled|already/.test(handful.text(".what"))) throw new Error(handful.text(".what"));
  const saved = await handful.until(() => handful.text(".status").startsWith("Saved"));
  return [shown - start, saved - start];
}"""

ROW = """async (key) => {
  const h = window.handful, here = () => h.find(".sheet .row.current")?.dataset.id;
  const before = here(), start = performance.now();
  h.press(key);
  return (await h.until(() => here() !== before)) - start;
}"""
# A column of the head, or a state: how long until the new order is painted.
SORT = """async (place) => {
  const columns = [...handful.find(".sheet .head").querySelectorAll(".sort")], start = performance.now();
  columns[place].click();
  return (await handful.painted()) - start;
}"""
FILTER = """async (value) => {
  const state = handful.find(".sheet .filters select"), start = performance.now();
  state.value = value;
  state.dispatchEvent(new Event("change"));
  return (await handful.painted()) - start;
}"""
COLUMNS = (1, 2, 3, 4, 5)
STATES = ("open", "unsure", "work", "all")


def main() -> None:
    quick = "10 repeats of each act instead of 40"
    made = parser("interaction", __doc__ or "", quick=quick, reads_data=False)
    made.add_argument("--tuning", action="store_true", help="while a job tunes the encoder of another project")
    arguments = made.parse_args()
    repeats = 10 if arguments.quick else 40
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        project = prepared(server)
        many = 0 if arguments.tuning else prepared(server, MANY_ITEMS)
        server.start()
        try:
            with tuning(server) if arguments.tuning else nullcontext():
                found = measured(server, project, repeats, many)
        finally:
            server.stop()
    rows = [row for name, values in found.items() for row in rows_of(name, values)]
    text = markdown(found) + (" A job tuned another project's encoder all the while." if arguments.tuning else "")
    write("interaction_tuning" if arguments.tuning else "interaction", rows, text, arguments.out)
    print(text)


def prepared(server: Server, n: int = N_ITEMS) -> int:
    """A project whose texts are read and whose first labels are given before the clock starts."""
    rng = random.Random(0)
    words = {name: [f"{name.lower()}{i}" for i in range(40)] for name in CLASSES}
    filler = [f"word{i}" for i in range(400)]

    def text(name: str, i: int) -> str:
        return " ".join(rng.choices(words[name], k=4) + rng.choices(filler, k=8)) + f" ({i})"

    server.home.mkdir(parents=True, exist_ok=True)
    with server.store() as store:
        project = store.projects.create(f"{n:,} items", classes=CLASSES, settings={"encoder": {"name": "char-ngram"}})
        names = [CLASSES[i % len(CLASSES)] for i in range(n)]
        rows = [NewItem(text=text(name, i), label=name if i < 60 else None) for i, name in enumerate(names)]
        store.items.add(project.id, rows)
        return project.id


@contextmanager
def tuning(server: Server) -> Iterator[None]:
    """A worker trains the bundled encoder on another project of the same server, all the while."""
    with server.store() as store:
        made = store.projects.create("Tuning", classes=CLASSES)
        texts = [f"{name} {' '.join(f'word{i * j % 97}' for j in range(1, 40))}" for name in CLASSES for i in range(60)]
        store.items.add(made.id, [NewItem(text=text, label=text.split()[0]) for text in texts])
        job = store.jobs.submit("tune", {"method": "contrastive", "check": False, "settings": LONG}, made.id)
        worker = subprocess.Popen([sys.executable, "-m", "fsl_core.jobs.worker"], env=server.environment(), cwd=ROOT)
        try:
            while not store.jobs.get(job.id).curve:
                time.sleep(0.2)
            yield
            ended = store.jobs.get(job.id)
            assert ended.live, f"The job ended before the measurement: {ended.error or ended.state}"
            print(f"{len(ended.curve or [])} training steps were made meanwhile.")
        finally:
            worker.kill()
            worker.wait()


def measured(server: Server, project: int, repeats: int, many: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in TARGETS_MS}
    found["save, in the store"] = store_times(server, project, repeats)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for act in (labelling, lassoing, switching, results):
            for name, milliseconds in act(page, server, project, repeats):
                found[name].append(milliseconds)
        if many:
            for name, milliseconds in results_of_many(page, server, many, repeats):
                found[name].append(milliseconds)
        browser.close()
    return {name: values for name, values in found.items() if values}


def store_times(server: Server, project: int, repeats: int) -> list[float]:
    """One label into the store, durable on return, without a page around it."""
    times = []
    with server.store() as store:
        ids = store.items.all(project).ids.tolist()[-repeats:]
        class_id = store.classes.list(project)[0].id
        for item in ids:
            start = time.perf_counter()
            store.journal.label(project, [item], class_id, author="benchmark")
            times.append(1000 * (time.perf_counter() - start))
    return times


def open_page(page: Page, server: Server, path: str, project: int) -> None:
    page.goto(f"{server.url}/{path}?project={project}")
    settle(page)
    page.evaluate(SCRIPT)


def labelling(page: Page, server: Server, project: int, repeats: int) -> Iterator[tuple[str, float]]:
    open_page(page, server, "label", project)
    page.locator(".card .item:not(.empty)").wait_for(timeout=120_000)
    settle(page)
    for i in range(repeats + 3):
        shown, saved, fresh = page.evaluate(KEY, str(1 + i % len(CLASSES)))
        settle(page)
        if i >= 3:  # the first ones warm caches up
            yield "key to next item painted", shown
            yield "key to saved", saved
            yield "label to refreshed predictions", fresh
    for _ in range(repeats // 2):
        shown, saved = page.evaluate(UNDO)
        settle(page)
        yield "undo to item painted", shown
        yield "undo to saved", saved


def lassoing(page: Page, server: Server, project: int, repeats: int) -> Iterator[tuple[str, float]]:
    open_page(page, server, "map", project)
    page.locator(".map:not(.waiting) .stage").wait_for(timeout=120_000)
    # The map is drawn by PCA first; the clock starts when its final layout is there.
    page.get_by_text("UMAP is on its way").wait_for(state="hidden", timeout=300_000)
    settle(page)
    with server.store() as store:
        ids = store.items.all(project).ids.tolist()
    centers = random.Random(1).sample(ids, repeats // 2 + 3)
    for i, center in enumerate(centers):
        shown, saved = page.evaluate(LASSO, {"ids": ids, "center": center, "key": str(1 + i % len(CLASSES))})
        settle(page)
        if i >= 3:
            yield "lasso of 50 points to labelled on screen", shown
            yield "lasso of 50 points to saved", saved


def switching(page: Page, server: Server, project: int, repeats: int) -> Iterator[tuple[str, float]]:
    open_page(page, server, "label", project)
    names = (("Map", "Map"), ("Try", "Try"), ("Improve", "Compare"), ("Label", "Label"))
    for i in range(repeats + len(names)):
        line, heading = names[i % len(names)]
        start = time.perf_counter()
        page.get_by_test_id("stSidebar").get_by_role("link", name=line, exact=True).click()
        page.get_by_role("heading", name=heading, level=1).wait_for()
        settle(page)
        if i >= len(names):
            yield "page switch", 1000 * (time.perf_counter() - start)


def results(page: Page, server: Server, project: int, repeats: int) -> Iterator[tuple[str, float]]:
    open_page(page, server, "results", project)
    page.locator(".sheet:not(.waiting) .row:visible").first.wait_for(timeout=120_000)
    settle(page)
    for i in range(repeats + 3):
        shown = page.evaluate(ROW, str(1 + i % len(CLASSES)))
        settle(page)
        if i >= 3:
            yield "results: key to next row painted", shown
    for milliseconds in sorting(page, repeats):
        yield "results: sort or filter", milliseconds


def sorting(page: Page, repeats: int) -> Iterator[float]:
    for i in range(repeats // 2):
        yield page.evaluate(SORT, COLUMNS[i % len(COLUMNS)])
        yield page.evaluate(FILTER, STATES[i % len(STATES)])


def results_of_many(page: Page, server: Server, project: int, repeats: int) -> Iterator[tuple[str, float]]:
    """From another page of the same project, as the sidebar does it; the texts are read before the clock starts."""
    rows = page.locator(".sheet:not(.waiting) .row:visible").first
    open_page(page, server, "results", project)
    rows.wait_for(timeout=600_000)
    settle(page)
    for i in range(repeats // 4 + 1):
        page.get_by_test_id("stSidebar").get_by_role("link", name="Export", exact=True).click()
        page.get_by_role("heading", name="Export", level=1).wait_for()
        settle(page)
        start = time.perf_counter()
        page.get_by_test_id("stSidebar").get_by_role("link", name="Results", exact=True).click()
        rows.wait_for(timeout=120_000)
        if i:
            yield "results of 100,000 items: open", 1000 * (time.perf_counter() - start)
        settle(page)
    for milliseconds in sorting(page, repeats):
        yield "results of 100,000 items: sort or filter", milliseconds


def percentiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def rows_of(name: str, values: list[float]) -> Iterator[Row]:
    p50, p95 = percentiles(values)
    yield Row("interaction", f"{N_ITEMS} items", name, "app", "p50 ms", p50, n=len(values))
    yield Row("interaction", f"{N_ITEMS} items", name, "app", "p95 ms", p95, n=len(values))


def markdown(found: dict[str, list[float]]) -> str:
    lines = []
    for name, values in found.items():
        p50, p95 = percentiles(values)
        target = TARGETS_MS[name]
        lines.append([name, f"{p50:.0f}", f"{p95:.0f}", f"{target}" if target else "", str(len(values))])
    note = (
        f"{N_ITEMS:,} items, {len(CLASSES)} classes, method {registry.get_method('prototype').info.title}; {machine()}."
    )
    return f"# Interaction\n\n{table(['Act', 'p50 ms', 'p95 ms', 'target p95', 'n'], lines)}\n\n{note}"


if __name__ == "__main__":
    main()
