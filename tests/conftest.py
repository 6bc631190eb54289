"""Fixtures shared by all tests, and a machine left as it was found."""

import os

import pytest

# Workers that a test's server started must not outlive the tests by ten minutes.
os.environ["HANDFUL_WORKER_IDLE_SECONDS"] = "5"
os.environ["HF_HUB_OFFLINE"] = "1"

pytest_plugins = [
    "tests.left_out",
    "tests.store_fixtures",
    "tests.engine_fixtures",
    "tests.page_fixtures",
    "tests.browser_fixtures",
    "tests.project_fixtures",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real browsers first: they take longest, and no worker should have one left when the others are done."""
    items.sort(key=lambda item: not item.path.name.endswith("_browser.py"))
