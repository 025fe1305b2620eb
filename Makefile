# Every target sets up what it needs; a fresh clone needs Python 3.11 or newer, make and git.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
READER := src/cxrforge/web/static/reader/reader.js
JOBS ?= 2
NEWEST_FIRST := python3 python3.14 python3.13 python3.12 python3.11 python
IS_NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(NEWEST_FIRST); do \
	"$$p" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1 && { command -v "$$p"; break; }; done)

# One thread per process: the tests and the runner bring their own processes.
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help venv reader demo test quick lint format bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## Create .venv with the pinned packages

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "error: no Python 3.11 or newer with venv and pip found." \
		"Install one (Debian, Ubuntu: python3-venv) or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt hatchling editables
	$(BIN)/python -m pip install -q -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $@

reader: $(READER) ## Build the reading room's reader into the package

$(READER): $(STAMP) web/package-lock.json web/vite.config.ts web/build.sh $(wildcard web/src/*)
	web/build.sh "$(CURDIR)/$(BIN)/python"
	@touch $@

demo: $(STAMP) ## Made-up hospitals, every stage, a release and a summary page
	$(BIN)/cxrforge demo

test: $(STAMP) $(READER) ## Run all tests
	$(BIN)/python -m pytest -n $(JOBS)

quick: $(STAMP) $(READER) ## Run the tests that take seconds
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(STAMP) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## Put the source into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Print every benchmark beside its floor or peer
	@set -e; for script in benchmarks/[a-z]*.py; do \
		case "$$script" in *_cases.py) continue;; esac; \
		echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## Remove the environment, the demo and everything built
	rm -rf $(VENV) web/node_modules src/cxrforge/web/static/reader cxrforge-demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
