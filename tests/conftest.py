pytest_plugins = ["tests.store_fixtures", "tests.engine_fixtures", "tests.page_fixtures", "tests.browser_fixtures"]
