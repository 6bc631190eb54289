"""The tests for the change at hand, nearest first, until the time is over: ``python -m tests.quick``.

The change is what differs from the main branch; where nothing does, the last commit. A test is near when few imports
lie between it and a changed file. What a file is used by without an import (a page, a script, a plugin that a walk of
its folder finds) is known by its name in the source of others. Tests with a real browser or PostgreSQL wait for
``make test``, unless they have changed themselves.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fsl_core", "pages", "benchmarks", "tests")
FOR_ALL = {"requirements.txt", "tests/requirements.txt", ".pytest.ini", ".streamlit/config.toml", "tests/conftest.py"}
"""Files that every test depends on."""
NEAREST = 30
"""Test files that are read at most: more than two cores get through in the time there is."""
SECONDS = 60
"""No test begins later than this after the first; to read the files and to end the last test takes a while too."""
CHANGED = "HANDFUL_QUICK_CHANGED"
"""The variable that tells the workers which files have changed."""


def main() -> int:
    """Choose, say what, run."""
    changed = changed_files()
    chosen = Uses().tests_of(changed)
    near, far = chosen[:NEAREST], chosen[NEAREST:]
    _say(f"{len(changed)} files have changed. The tests nearest to them: {' '.join(near) or 'none'}")
    if not near:
        return 0
    side_by_side = ("-n", "logical", "--maxprocesses", "8", "--dist", "loadfile", "--no-loadscope-reorder")
    command = [sys.executable, "-m", "pytest", "-p", "tests.quick", *side_by_side, *near]
    result = subprocess.call(command, cwd=ROOT, env={**os.environ, CHANGED: os.pathsep.join(changed)})
    if far:
        _say(
            f"For make test: {len(far)} test files that are farther away ({', '.join(Path(one).name for one in far)})."
        )
    return result


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


# -- what has changed ------------------------------------------------------------------------------


def changed_files() -> list[str]:
    """Paths below the root, new files included."""
    known = (branch for branch in ("origin/HEAD", "origin/main", "origin/master", "main", "master") if _git(branch))
    base = (_git("HEAD", "merge-base", next(known, "HEAD")) or ["HEAD"])[0]
    return _changed_since(base) or _changed_since("HEAD~1")


def _changed_since(commit: str) -> list[str]:
    found = subprocess.run(
        f"git diff --name-only {commit} && git ls-files --others --exclude-standard",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return sorted(set(found.stdout.split("\n")) - {""})


def _git(name: str, *command: str) -> list[str]:
    """The commit that this name, or this command, comes to; nothing where there is none."""
    words = ["git", *(command or ("rev-parse", "--verify", "--quiet")), name]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.split()


# -- what depends on it ----------------------------------------------------------------------------


class Uses:
    """Who uses which file, by imports and by names."""

    def __init__(self) -> None:
        self.graph = grimp.build_graph(*PACKAGES, cache_dir=None)
        files = [ROOT / "app.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]
        ours = [file for file in files if "node_modules" not in file.parts]
        self.sources = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in ours}
        # The graph knows packages alone, and app.py lies in none.
        lines = re.findall(r"^\s*from ([\w.]+) import (.+)$", self.sources["app.py"], re.M)
        self.of_app = {
            name for place, names in lines for name in (place, *(f"{place}.{one}" for one in names.split(", ")))
        }
        self.tests = {path for path in self.sources if Path(path).name.startswith("test_")}

    def tests_of(self, changed: Iterable[str]) -> list[str]:
        """The test files that these files matter to, the nearest first; a word of the name in common counts as near."""
        distances = self.distances(changed)
        words = {word for path in changed for word in Path(path).with_suffix("").parts[1:]}

        def rank(path: str) -> tuple[int, str]:
            return distances[path] - 3 * len(words.intersection(Path(path).stem.split("_"))), path

        skipped = {path for path in self.tests if path.endswith("_browser.py")}.difference(changed)
        return sorted((path for path in self.tests - skipped if path in distances), key=rank)

    def distances(self, changed: Iterable[str]) -> dict[str, int]:
        """How many uses lie between a file and the nearest change."""
        found = dict.fromkeys(changed, 0)
        waiting = list(found)
        for path in waiting:
            for user in self.users(path):
                if user not in found:
                    found[user] = found[path] + 1
                    waiting.append(user)
        return found

    def users(self, path: str) -> set[str]:
        """The files that use this one themselves."""
        if path in FOR_ALL:
            return set(self.tests)
        importers = self.importers(_module(path))
        if path in self.tests or not self.tests.issuperset(importers):
            return importers
        return importers | self.naming(Path(path).name) | self.beside(path) | self.walkers(path)

    def importers(self, module: str) -> set[str]:
        """The files that import this module or package."""
        known = self.graph.find_modules_that_directly_import(module) if module in self.graph.modules else ()
        return {_path(other) for other in known} | ({"app.py"} if module in self.of_app else set())

    def beside(self, path: str) -> set[str]:
        """The modules in the folder of a script or a style, which they are parts of."""
        folder = Path(path).parent
        return {
            user for user in self.sources if folder.name and Path(user).parent == folder and not path.endswith(".py")
        }

    def walkers(self, path: str) -> set[str]:
        """The files that have the name of the module as a text, or else use the nearest folder that anybody uses."""
        found = self.naming(f'"{_module(path)}"')
        for folder in Path(path).parents:
            if self.tests.issuperset(found) and folder.name:
                found |= self.importers(_module(folder.as_posix())) | self.naming(f'"{_module(folder.as_posix())}"')
        return found

    def naming(self, name: str) -> set[str]:
        """The files in which this name stands."""
        alone = re.compile(rf"(?<![\w-]){re.escape(name)}")
        return {path for path, source in self.sources.items() if name in source and alone.search(source)}


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _path(module: str) -> str:
    place = module.replace(".", "/")
    return f"{place}/__init__.py" if (ROOT / place).is_dir() else f"{place}.py"


# -- in each worker --------------------------------------------------------------------------------


class Choice:
    """What one worker leaves out; its clock begins with its first test."""

    def __init__(self, changed: set[Path], seconds: float) -> None:
        self.changed = changed
        self.seconds = seconds
        self.began: float | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leave out what is for ``make test``, and what there is no time for."""
        self.began = self.began or time.monotonic()
        if _is_real(item) and item.path not in self.changed:
            pytest.skip("Real browsers and databases are for make test.")
        if time.monotonic() > self.began + self.seconds:
            pytest.skip(f"No time was left: {item.path.name}")


def pytest_configure(config: pytest.Config) -> None:
    """Only where ``main`` has chosen: other runs, which may import this file, leave nothing out."""
    if CHANGED in os.environ:
        changed = {ROOT / path for path in os.environ[CHANGED].split(os.pathsep)}
        config.pluginmanager.register(Choice(changed, SECONDS))


def _is_real(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    return bool(
        {"browser", "playwright", "postgres"}.intersection(getattr(item, "fixturenames", ()))
        or (parameters and "postgresql" in parameters.params.values())
    )


if __name__ == "__main__":
    sys.exit(main())
