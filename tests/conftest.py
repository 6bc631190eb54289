"""Fixtures shared by all tests, and a machine left as it was found."""

import os

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
