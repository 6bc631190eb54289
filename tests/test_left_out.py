"""A run says what it left out, whoever ran the tests: one process, or several side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.left_out import line

ROOT = Path(__file__).resolve().parents[1]
REAL = """
def test_of_a_page(page):
    pass

def test_of_a_store(any_store):
    any_store.projects.create("p", classes=["a", "b"])
"""
MANY = """
import pytest

from tests.left_out import leave_out

@pytest.mark.parametrize("number", range(5))
def test_of_a_page(number):
    if number:
        leave_out("Chromium is not installed.", unless="HANDFUL_REQUIRE_BROWSER")
"""


def run(folder: Path, tests: str, *more: str, **environment: str) -> list[str]:
    """What a run of these tests says, on a machine without Chromium and PostgreSQL."""
    (folder / "test_small.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / ".pytest.ini", "--rootdir", folder, "-p", "tests.left_out"]
    bare = {**os.environ, "PATH": str(folder), "HANDFUL_POSTGRES": str(folder), "PYTHONPATH": str(ROOT)}
    for name in ("HANDFUL_REQUIRE_BROWSER", "HANDFUL_REQUIRE_POSTGRES"):
        bare.pop(name, None)
    done = subprocess.run([*command, *more, folder], env=bare | environment, capture_output=True, text=True)
    return done.stdout.splitlines()


FIXTURES = ("-p", "tests.browser_fixtures", "-p", "tests.store_fixtures")


def test_the_last_line_says_what_was_left_out_and_what_brings_it(tmp_path):
    *_rest, counts, last = run(tmp_path, REAL, *FIXTURES)
    assert "1 passed, 2 skipped" in counts
    assert last == (
        "Left out: 1 test: Chromium is not installed. 1 test: PostgreSQL is not installed. "
        "To run them (Debian): apt-get install chromium postgresql"
    )


def test_where_one_of_them_must_be_there_its_tests_fail_and_the_others_are_left_out(tmp_path):
    *_rest, counts, last = run(tmp_path, REAL, *FIXTURES, HANDFUL_REQUIRE_BROWSER="1")
    assert "1 passed, 1 skipped, 1 error" in counts
    assert last == "Left out: 1 test: PostgreSQL is not installed. To run them (Debian): apt-get install postgresql"


def test_workers_side_by_side_are_counted_together(tmp_path):
    *_rest, counts, last = run(tmp_path, MANY, "-n", "2")
    assert "1 passed, 4 skipped" in counts
    assert last == "Left out: 4 tests: Chromium is not installed. To run them (Debian): apt-get install chromium"


def test_what_no_package_brings_is_named_without_a_command():
    assert line(["Skipped: No network namespaces here."]) == "Left out: 1 test: No network namespaces here."
    assert line([]) == ""
