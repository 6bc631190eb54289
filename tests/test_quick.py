"""The quick run takes the tests near a change, and says which ones it had no time for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fsl_core import registry
from fsl_core.data.store import journal
from tests.quick import ROOT, Uses

SMALL = """
import pytest

@pytest.fixture
def browser():
    pass

def test_of_a_page(browser):
    raise AssertionError("a real browser was opened")

def test_of_nothing():
    pass
"""
CHOOSING = """
from tests.quick import Choice

def pytest_configure(config):
    config.pluginmanager.register(Choice(set(), {seconds}))
"""


@pytest.fixture(scope="module")
def uses() -> Uses:
    return Uses()


def path_of(module: str) -> str:
    return Path(sys.modules[module].__file__).relative_to(ROOT).as_posix()


def test_what_is_imported_leads_to_the_tests_that_import_it(uses):
    chosen = uses.tests_of([path_of(journal.__name__)])
    assert set(chosen[:12]) >= {"tests/test_store_journal.py", "tests/test_store_history.py"}
    assert chosen.index("tests/test_store_journal.py") < chosen.index("tests/test_pages_label.py")


def test_a_plugin_that_a_walk_finds_leads_to_the_contract_of_its_kind(uses):
    chosen = uses.tests_of([path_of(registry.get_method("prototype").__module__)])
    assert "tests/test_methods_contract.py" in chosen[:3]


def test_a_page_is_known_by_name(uses):
    assert "tests/test_pages_label.py" in uses.tests_of(["pages/label.py"])[:8]


@pytest.mark.parametrize("name", ["card.js", "card.css"])
def test_a_script_leads_to_the_pages_that_show_it(uses, name):
    path = f"pages/ui/components/card/{name}"
    assert (ROOT / path).exists() and "pages/ui/components/card/card.py" in uses.users(path)
    assert "tests/test_pages_label.py" in uses.tests_of([path])


def test_a_test_stands_for_itself_and_a_list_of_packages_for_all(uses):
    assert uses.tests_of(["tests/test_form.py"]) == ["tests/test_form.py"]
    assert uses.tests_of(["tests/test_spine_browser.py"]) == ["tests/test_spine_browser.py"]
    in_reach = {path for path in uses.tests if not path.endswith("_browser.py")}
    assert set(uses.tests_of(["requirements.txt"])) == in_reach


def last_line(folder: Path, seconds: float) -> str:
    (folder / "test_small.py").write_text(SMALL, encoding="utf-8")
    (folder / "choosing.py").write_text(CHOOSING.format(seconds=seconds), encoding="utf-8")
    plugins = ["-p", "tests.left_out", "-p", "choosing"]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / ".pytest.ini", "--rootdir", folder, *plugins, folder]
    told = {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    done = subprocess.run(command, env={**os.environ, **told}, cwd=folder, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


def test_a_real_browser_waits_for_the_whole_run(tmp_path):
    assert last_line(tmp_path, 600) == "Left out: 1 test: Real browsers and databases are for make test."


def test_what_there_was_no_time_for_is_named(tmp_path):
    assert last_line(tmp_path, -1).endswith("1 test: No time was left (test_small.py).")
