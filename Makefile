# make run         the app on http://127.0.0.1:8501 (PORT=... for another)
# make models      every model of the catalogue in one folder, to carry to a machine without a network
# make test        everything that CI checks
# make test-quick  the checks, and the tests nearest to the change at hand, in two minutes
# make scripts     the scripts that browsers get, from the modules in pages/ui/components (needs Node)
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
JS := pages/ui/components
NODE := $(JS)/node_modules
NO_NPM := To check or build the scripts of the components (not to run the app) install Node 18 or newer with npm: \
  https://nodejs.org, or on Debian and Ubuntu apt-get install nodejs npm

.PHONY: models run test test-quick lint lint-python lint-scripts scripts unit quick screenshots messages clean
.DEFAULT_GOAL := run

run: $(VENV)/installed $(VENV)/models
	@$(BIN)/python -m streamlit run app.py --server.port $(PORT)

# All models in one folder, for a machine that never sees a network: carry it there and name it in HANDFUL_MODELS.
MODELS ?= models
models: $(VENV)/installed
	$(BIN)/python -m fsl_core models all --to $(MODELS)

# The small ones belong to the set-up: one for other languages than English, one for photographs (about 110 MB). Asked
# for once; without a network the app starts all the same, and its page Models says what is missing.
$(VENV)/models: $(VENV)/installed
	@$(BIN)/python -m fsl_core models small || echo "Handful starts without them: see its page Models." >&2
	@touch $@

test: lint unit

lint: lint-python lint-scripts

test-quick: $(VENV)/installed-tests
	@$(MAKE) --no-print-directory -j2 lint quick

lint-python: $(VENV)/installed-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy fsl_core
	$(BIN)/lint-imports

lint-scripts: $(NODE)/installed
	cd $(JS) && npm run --silent check

scripts: $(NODE)/installed
	cd $(JS) && npm run --silent build

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

$(NODE)/installed: $(JS)/package.json $(JS)/package-lock.json
	@command -v npm >/dev/null || { echo "$(NO_NPM)" >&2; exit 1; }
	cd $(JS) && npm ci --silent
	@touch $@

# Every sentence that a person can read, to be translated: assets/locale/handful.pot, and the .po files beside it.
messages: $(VENV)/installed-tests
	$(BIN)/python -m tests.catalogue

clean:
	rm -rf $(VENV) $(NODE) screenshots .pytest_cache .mypy_cache .ruff_cache
