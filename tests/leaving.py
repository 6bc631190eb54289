"""Models that leave: the same answers here and there, and an interpreter that finds nothing of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsl_core.data.store import Store
from fsl_core.learning.model_exporting.standalone.model import Model
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


@pytest.fixture
def away_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))
    yield tmp_path
    chosen._cache.cache_clear()


@pytest.fixture
def away_store(away_home: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{away_home}/here.db") as made:
        yield made


def assert_same(workspace: Workspace, snapshot: Any, model: Model, items: Sequence[Any]) -> None:
    """The answers for items that the project has (its standing) and for others (Try)."""
    standing, own = workspace.standing(snapshot), model.answers(list(workspace.items))
    assert [one.nearest for one in own] == [snapshot.classes[c] for c in standing.predicted]
    np.testing.assert_allclose([one.probability for one in own], standing.confidence, atol=1e-4)
    assert [one.second for one in own] == [snapshot.classes[c] for c in standing.second]
    assert [one.none_of_these for one in own] == standing.new.tolist()
    assert [one.unsure for one in own] == standing.unsure.tolist()
    members = (
        standing.sets if standing.sets is not None else np.eye(len(snapshot.classes), dtype=bool)[standing.predicted]
    )
    named = [tuple(snapshot.classes[c] for c in np.flatnonzero(row)) for row in members]
    assert [one.classes for one in own] == named
    for item, answer in zip(items, model.answers(list(items)), strict=True):
        said = workspace.explain(item, snapshot)
        np.testing.assert_allclose(list(answer.probabilities.values()), said.probabilities, atol=1e-4)
        assert answer.none_of_these == said.unknown and answer.nearest == said.classes[said.probabilities.argmax()]


def bare(folder: Path, place: Path, *given: str, without: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """``predict.py`` in an empty folder, by an interpreter that finds neither the project nor ``without``."""
    place.mkdir(exist_ok=True)
    code = (
        f"import runpy, sys\nfor name in {without!r}: sys.modules[name] = None\n"
        f"sys.argv = ['predict.py', *{given!r}]\nsys.path.insert(0, {str(folder)!r})\n"
        "try:\n    import fsl_core\nexcept ImportError: pass\nelse: raise SystemExit('fsl_core is there')\n"
        f"runpy.run_path({str(folder / 'predict.py')!r}, run_name='__main__')\n"
    )
    around = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=place, env=around, capture_output=True, text=True, timeout=300
    )
