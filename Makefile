# Everything runs from .venv, by module, so that a path with spaces in it does no harm.
SHELL := /bin/sh
PYTHON := .venv/bin/python
READY := .venv/.ready
SOURCES := src tests tools benchmarks
# Without bytecode every run would rewrite all assertions anew, in each process: a quarter of the time of `make check`.
PYTEST := PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -n auto --maxprocesses 4 --dist loadgroup

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(READY) ## Install everything into .venv (again only when the dependencies changed)

$(READY): pyproject.toml requirements.lock tools/bootstrap.sh
	sh tools/bootstrap.sh
	touch $(READY)

.PHONY: run
run: $(READY) ## Start the server on the sandbox with demo data: http://127.0.0.1:8080
	$(PYTHON) -m outdial serve --demo $(ARGS)

.PHONY: test
test: $(READY) ## Install what the tests need and run all of them, on the sandbox and on a private Asterisk
	$(PYTHON) tools/asterisk/fetch.py
	$(PYTHON) tools/smsc/fetch.py
	$(PYTHON) tools/models/fetch.py
	$(MAKE) lint
	$(PYTEST) $(ARGS)

.PHONY: check
check: $(READY) lint ## Format, lint, types, floors and the fast tests
	$(PYTEST) -q -m "not asterisk and not slow" --hypothesis-profile=quick $(ARGS)

.PHONY: lint
lint: $(READY)
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

.PHONY: format
format: $(READY) ## Put the sources into the house's form
	$(PYTHON) -m ruff check --fix $(SOURCES)
	$(PYTHON) -m ruff format $(SOURCES)

.PHONY: bench
bench: $(READY) ## Measure speed beside its limit, and print the table
	$(PYTHON) tools/asterisk/fetch.py
	PYTHONPATH=tools $(PYTHON) -m benchmarks $(ARGS)

.PHONY: bench-pacing
bench-pacing: $(READY) ## Measure the predictive pacer beside its peers in simulated shifts, and write docs/pacing.md
	$(PYTHON) -m benchmarks.pacing_table $(ARGS)

.PHONY: asterisk
asterisk: $(READY) ## Run a private Asterisk and a carrier to call through, and say how to start outdial on them
	$(PYTHON) tools/asterisk/run.py $(ARGS)

.PHONY: lock
lock: ## Write requirements.lock anew from pyproject.toml
	$(PYTHON) -m uv pip compile --universal --quiet --no-header --no-annotate --python-version 3.11 \
	  --group dev --all-extras pyproject.toml --output-file requirements.lock

.PHONY: clean
clean: ## Remove what was installed and built
	rm -rf .venv .cache build dist
