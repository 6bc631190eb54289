"""A run says what it left out, whoever ran the tests: one process, or several side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.left_out import line

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_of_a_page(number, page):
    pass

def test_of_a_store(any_store):
    any_store.projects.create("p", classes=["a", "b"])

def test_of_neither():
    pass
"""


def run(folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """These tests on a machine without Chromium and PostgreSQL."""
    (folder / "test_small.py").write_text(TESTS, encoding="utf-8")
    plugins = [part for name in ("left_out", "browser_fixtures", "store_fixtures") for part in ("-p", f"tests.{name}")]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / ".pytest.ini", "--rootdir", folder, *plugins, *more]
    bare = {**os.environ, "PATH": str(folder), "HANDFUL_POSTGRES": str(folder), "PYTHONPATH": str(ROOT)}
    for name in ("HANDFUL_REQUIRE_BROWSER", "HANDFUL_REQUIRE_POSTGRES"):
        bare.pop(name, None)
    return subprocess.run(
        [*command, folder / "test_small.py"], env=bare | environment, cwd=folder, capture_output=True, text=True
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_last_line_says_what_was_left_out_and_what_brings_it(tmp_path, workers):
    done = run(tmp_path, *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 4 skipped" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "Left out: 3 tests: Chromium is not installed. 1 test: PostgreSQL is not installed. "
        "To run them (Debian): apt-get install chromium postgresql"
    )


def test_where_all_must_run_nothing_is_left_out(tmp_path):
    done = run(tmp_path, HANDFUL_REQUIRE_BROWSER="1", HANDFUL_REQUIRE_POSTGRES="1")
    assert done.returncode == 1
    assert "2 passed, 4 errors" in done.stdout
    assert "Left out" not in done.stdout


def test_what_no_package_brings_is_named_without_a_command():
    assert line(["Skipped: No network namespaces here."]) == "Left out: 1 test: No network namespaces here."
    assert line([]) == ""
