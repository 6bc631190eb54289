"""What a run leaves out, for want of what, and the command that brings it: the last line of the run."""

from __future__ import annotations

import os
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
    """How many tests were left out and why, and what would bring them; empty where all ran.

    What stands behind a colon in reasons that are else alike is told once, as a list.
    """
    alike: dict[str, list[str]] = {}
    for reason in reasons:
        why, _, what = reason.removeprefix("Skipped: ").partition(": ")
        alike.setdefault(why, []).append(what)
    if not alike:
        return ""
    parts = [
        f"{len(whats)} {'test' if len(whats) == 1 else 'tests'}: {why}{_listed(whats)}" for why, whats in alike.items()
    ]
    wanted = [PACKAGES[why] for why in sorted(alike) if why in PACKAGES]
    bring = f" To run them (Debian): apt-get install {' '.join(wanted)}" if wanted else ""
    return f"Left out: {' '.join(parts)}{bring}"


def _listed(whats: Iterable[str]) -> str:
    names = ", ".join(sorted({what for what in whats if what}))
    return f" ({names})." if names else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Pytest's own last line is printed by a hook of the same name, around which this one stands."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of pytest-xdist: its reports are counted where they arrive
        return
    if said := line(report.longrepr[2] for report in reporter.stats.get("skipped", [])):
        reporter.write_line(said, yellow=True)
