# make run         the app on http://127.0.0.1:8501 (PORT=... for another)
# make test        everything that CI checks
# make test-quick  the checks, and the tests nearest to the change at hand, in two minutes
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: run test test-quick lint unit quick screenshots messages clean
.DEFAULT_GOAL := run

run: $(VENV)/installed
	@$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: lint unit

test-quick: $(VENV)/installed-tests
	@$(MAKE) --no-print-directory -j2 lint quick

lint: $(VENV)/installed-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy fsl_core
	$(BIN)/lint-imports

# One thread a process: pages, worker, browser and tests share the cores, and threads that wait for one another spin.
# One process of tests a core, each with servers and databases of its own; who is done takes over from the others.
unit: $(VENV)/installed-tests
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist worksteal

quick: $(VENV)/installed-tests
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.quick

screenshots: $(VENV)/installed-tests
	$(BIN)/python -m tests.screenshots

# The stamp holds the list that was installed, so that a second start does no install work.
$(VENV)/installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# Every sentence that a person can read, to be translated: assets/locale/handful.pot, and the .po files beside it.
messages: $(VENV)/installed-tests
	$(BIN)/python -m tests.catalogue

clean:
	rm -rf $(VENV) screenshots .pytest_cache .mypy_cache .ruff_cache
