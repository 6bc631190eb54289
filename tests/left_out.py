"""What a run leaves out, for want of what, and the command that brings it: the last line of the run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterable
from typing import NoReturn

import pytest

PACKAGES = {"Chromium is not installed.": "chromium", "PostgreSQL is not installed.": "postgresql"}
"""Why a test is left out -> the Debian package that it wants."""


def leave_out(why: str, unless: str) -> NoReturn:
    """Skip the test, or fail it where the environment variable ``unless`` asks for all tests."""
    if os.environ.get(unless) == "1":
        pytest.fail(f"{why} {unless}=1 asks for it.")
    pytest.skip(why)


def line(reasons: Iterable[str]) -> str:
    """How many tests were left out and why, and what would bring them; empty where all ran."""
    counts = Counter(reason.removeprefix("Skipped: ") for reason in reasons)
    if not counts:
        return ""
    parts = [f"{n} {'test' if n == 1 else 'tests'}: {why}" for why, n in counts.most_common()]
    wanted = [PACKAGES[why] for why in sorted(counts) if why in PACKAGES]
    bring = f" To run them (Debian): apt-get install {' '.join(wanted)}" if wanted else ""
    return f"Left out: {' '.join(parts)}{bring}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Pytest's own last line is printed by a hook of the same name, around which this one stands."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of pytest-xdist: its reports are counted where they arrive
        return
    if said := line(report.longrepr[2] for report in reporter.stats.get("skipped", [])):
        reporter.write_line(said, yellow=True)
