"""Pages run by AppTest on a real store in a temporary folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from fsl_core.data.store import NewItem, Store
from fsl_core.models import chosen
from pages.ui.kit import resources

APP = str(Path(__file__).resolve().parents[1] / "app.py")


TEXTS = [f"parcel {i} is late" for i in range(6)] + [f"money back for order {i}" for i in range(6)]


@pytest.fixture
def page_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store the pages open, and navigation as a server remembers it (AppTest forgets it before each run)."""
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    monkeypatch.delenv("HANDFUL_DATABASE_URL", raising=False)
    make = PagesManager.__init__

    def init(self: PagesManager, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)
    yield resources.store()
    for name in ("_workspace", "_encoder", "_vectors", "_store", "_project_names"):
        if (cached := getattr(resources, name, None)) is not None:
            cached.clear()
    chosen._cache.cache_clear()


def text_project(
    store: Store, texts: Sequence[str] = TEXTS, classes: Sequence[str] = ("Delivery", "Refund"), **settings: Any
) -> int:
    """A project on the encoder that needs no model."""
    made = store.projects.create("Test", classes=classes, settings={"encoder": {"name": "char-ngram"}, **settings})
    store.items.add(made.id, [NewItem(text=text) for text in texts])
    return made.id


def open_page(page: str, project_id: int | None = None) -> AppTest:
    """app.py at one of its pages, with a project open."""
    at = AppTest.from_file(APP, default_timeout=120)
    if project_id is not None:
        at.query_params["project"] = str(project_id)
    at.run()
    if project_id is not None:
        at.query_params["project"] = str(project_id)
    return at.switch_page(f"pages/{page}.py").run()


def shown(at: AppTest) -> str:
    """All words on the page."""
    parts = [*at.markdown, *at.title, *at.subheader, *at.caption, *at.error, *at.warning, *at.info, *at.success]
    parts += at.get("html")
    return "\n".join(str(getattr(part, "value", "") or part.proto) for part in parts)


def table_rows(at: AppTest, place: int = 0) -> list[list[str]]:
    """The cells of one of the page's tables, row by row, without its head; what stands below in a cell follows it."""
    bodies = [str(part.proto.body) for part in at.get("html") if "hf-table" in part.proto.body]
    body = bodies[place].partition("<tbody>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)
    return [
        [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in rows
    ]
