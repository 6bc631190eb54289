"""One naming of plugins, and what was saved under a former id still opens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base.discovery import Plugins
from fsl_core.data import exporting, importing
from fsl_core.data.exporting import registry as export_registry
from fsl_core.data.importing import registry as import_registry
from fsl_core.data.project_file import export_project, import_project
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs import queue
from fsl_core.jobs.tasks.augment import Batch
from fsl_core.jobs.tasks.compare import Comparison
from fsl_core.jobs.worker import serve
from fsl_core.learning.augment import found
from fsl_core.learning.meta.learners import LEARNERS
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from tests.engine_fixtures import SUPPORT
from tests.page_fixtures import open_page, table_rows
from tests.store_fixtures import saved_before

KINDS: dict[str, Plugins[Any]] = {
    "method": registry.methods(),
    "encoder": registry.encoders(),
    "generator": registry.generators(),
    "strategy": registry.strategies(),
    "export format": export_registry._all(),
    "import format": import_registry.formats(),
    "source": found.sources(),
    "meta-learner": LEARNERS,
}
FORMER = {
    ("method", "tip_adapter"): "tip-adapter",
    ("method", "lp_plus"): "lp-plus",
    ("strategy", "cluster_margin"): "cluster-margin",
    ("strategy", "least_covered"): "least-covered",
    ("strategy", "like_search"): "like-search",
    ("strategy", "typical"): "typiclust",
    ("strategy", "uncertain"): "margin",
    ("export format", "label_studio"): "label-studio",
    ("export format", "folders"): "image-folder",
    ("import format", "label_studio"): "label-studio",
    ("source", "edits"): "eda",
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_id_is_in_lower_case_with_hyphens(kind: str) -> None:
    assert KINDS[kind] and all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in KINDS[kind])


def test_a_kind_of_job_is_the_name_of_its_module() -> None:
    folder = Path(queue.__file__).parent / "tasks"
    assert set(queue.kinds()) <= {file.stem for file in folder.glob("*.py")}


@pytest.mark.parametrize(("kind", "former"), list(FORMER))
def test_a_former_id_finds_the_plugin_of_today(kind: str, former: str) -> None:
    plugins, today = KINDS[kind], FORMER[kind, former]
    assert plugins.find(former) is plugins[today] and plugins.canonical(former) == today
    assert former in plugins and former not in list(plugins)


@pytest.fixture
def store(working_store: Store) -> Store:
    return working_store


def project(store: Store, **settings: Any) -> int:
    made = store.projects.create(
        "Old", classes=list(SUPPORT.classes), settings={"encoder": {"name": "char-ngram"}, **settings}
    )
    labelled = zip(SUPPORT.items, SUPPORT.labels, strict=True)
    store.items.add(made.id, [NewItem(text=text, label=label) for text, label in labelled])
    store.items.add(made.id, [NewItem(text=f"{text} again") for text in SUPPORT.items])
    return made.id


@pytest.mark.parametrize("through_a_file", [False, True])
def test_a_saved_project_answers_with_the_method_it_chose(store: Store, through_a_file: bool) -> None:
    number = project(store, method={"name": "tip_adapter", "settings": {"alpha": 2.0, "beta": 5.5}})
    if through_a_file:
        number = import_project(store, export_project(store, number), name="Opened again").id
    workspace = Workspace(store, number, chosen.encoder_of(store.projects.get(number)))
    workspace.encode()
    name, values = workspace.chosen_method()
    assert (name, values) == ("tip-adapter", {"alpha": 2.0, "beta": 5.5})
    named, today = (workspace.snapshot(one, values) for one in ("tip_adapter", "tip-adapter"))
    np.testing.assert_array_equal(named.probabilities, today.probabilities)
    assert [one.item_id for one in workspace.queue("typical", 5)] == [
        one.item_id for one in workspace.queue("typiclust", 5)
    ]


@pytest.mark.parametrize("name", ["tip-adapter", "lp-plus"])
def test_a_kept_model_opens_and_answers_as_before(name: str, context: Any, tmp_path: Path) -> None:
    method = registry.create_method(name, registry.get_method(name).info.fast, context).fit(SUPPORT)
    method.save(tmp_path / "kept")
    file = tmp_path / "kept" / "method.json"
    meta = json.loads(file.read_text(encoding="utf-8"))
    (former,) = [old for (kind, old), today in FORMER.items() if (kind, today) == ("method", name)]
    file.write_text(json.dumps({**meta, "method": former}), encoding="utf-8")
    loaded = registry.load_method(tmp_path / "kept", context)
    assert type(loaded) is type(method) and loaded.info.name == name
    np.testing.assert_array_equal(loaded.predict_proba(SUPPORT.items), method.predict_proba(SUPPORT.items))


def test_exports_and_imports_may_be_named_by_former_ids(store: Store) -> None:
    number = project(store)
    old, new = (exporting.export(store, number, name) for name in ("label_studio", "label-studio"))
    assert old.data == new.data
    source = import_registry.Source(old.data, "labels.json")
    assert import_registry.choose(source, "label_studio") is import_registry.choose(source)
    assert importing.read_table(old.data, "labels.json").format == "label-studio"


def test_a_job_that_waited_with_a_former_id_is_done(store: Store) -> None:
    number = project(store, method={"name": "tip_adapter", "settings": {"alpha": 2.0}})
    made = store.jobs.submit("augment", {"source": "edits", "per_class": 2}, number)
    compared = store.jobs.submit("compare", {"methods": ["tip_adapter", "ridge"], "folds": 3, "repeats": 1}, number)
    serve(store, idle_seconds=0.3)
    for job in (made, compared):
        assert store.jobs.get(job.id).state == "done", store.jobs.get(job.id).error
    assert store.runs.latest(number, Batch).payload.source == "eda"
    found = store.runs.latest(number, Comparison).payload
    assert (found.in_use, found.own_settings) == ("tip-adapter", {"alpha": 2.0})


def test_pages_show_what_was_kept_under_former_ids(page_store: Store) -> None:
    queue_kept = {"strategy": "cluster_margin", "state": "missing", "predicted": None}
    number = project(
        page_store,
        method={"name": "lp_plus", "settings": {}},
        **{"person:queue:me": {**queue_kept, "flagged": False, "unsure": False}},
    )
    label = open_page("label", number)
    assert not label.exception
    assert label.selectbox(key=f"label-strategy-{number}-me").value == "cluster-margin"
    tried = open_page("try_it", number)
    assert not tried.exception and tried.selectbox(key=f"method-{number}-1").value == "lp-plus"
    job = page_store.jobs.submit("compare", {"methods": ["tip-adapter", "ridge"], "folds": 3, "repeats": 1}, number)
    serve(page_store, idle_seconds=0.3)
    run = page_store.runs.latest(number, Comparison)
    assert page_store.jobs.get(job.id).state == "done"
    kept = run.payload.plain()
    rows = [{**row, "method": row["method"].replace("-", "_")} for row in kept["rows"]]
    saved_before(page_store, number, "compare", {**kept, "rows": rows, "in use": "tip_adapter"})
    compared = open_page("compare", number)
    assert not compared.exception
    assert sorted(row[0] for row in table_rows(compared)) == ["Ridge", "Tip-Adapter"]
