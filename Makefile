# flashagent: everything a developer runs. Needs git, make and a Python from 3.11 to 3.13 with venv; uses uv when it is there.
#
#   PYTHON=python3.12   the interpreter that .venv is made with
#   VENV=.venv          where the environment lies
#   ARGS="-k name"      more arguments for pytest
#   JOBS=4              how many test processes (auto: one per core; 0: none)

SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
JOBS ?= auto
ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test pictures nightly check wheel bench constraints clean

help: ## show this list
	@echo "make targets:"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  %-12s %s\n' "$$name" "$$what"; done

demo: $(STAMP) ## watch flashagent repair a bug: no key, no network
	@$(BIN)/flashagent demo $(ARGS)

test: $(STAMP) ## run the tests; those that need a tool that is missing are skipped by name
	$(BIN)/python -m pytest -n $(JOBS) -rs $(ARGS)

pictures: $(STAMP) ## draw the pictures of the app anew, and the page that shows them
	cd tests && $(abspath $(BIN))/python -m helpers.tui_pictures
	cd tests && $(abspath $(BIN))/python -m helpers.tui_screens_page

nightly: $(STAMP) ## 20,000 examples of each property of the edit engine, and all slow tests
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/edits -m "slow or not slow" -n $(JOBS) -s
	$(BIN)/python -m pytest tests -m slow -n $(JOBS) --ignore=tests/edits

check: $(STAMP) ## lint, format, types, import contracts, and a wheel in a clean place
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -m slow tests/test_packaging.py

wheel: $(STAMP) ## build dist/flashagent-*.whl
	$(BIN)/python -m hatchling build -t wheel

bench: $(STAMP) ## installed size, start time and the quick benchmarks
	@$(BIN)/python benchmarks/run.py

constraints: $(STAMP) ## take the newest versions and write constraints.txt anew
	@if [ -n "$(UV)" ]; then "$(UV)" pip install -q --python $(BIN)/python --upgrade -e '.[dev]'; \
	else $(BIN)/python -m pip install -q --upgrade --upgrade-strategy eager -e '.[dev]' editables; fi
	@{ sed -n 1p constraints.txt; $(BIN)/python -c 'from importlib.metadata import distributions; \
	print("\n".join(sorted({d.name.lower().replace("_", "-") + "==" + d.version for d in distributions()})))' \
	| grep -v -E '^(flashagent|pip|setuptools|wheel)=='; } > constraints.new
	@mv constraints.new constraints.txt

clean: ## remove the environment, caches and built files
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is newer than what it was made from, so nothing is installed twice.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "flashagent needs Python 3.11 to 3.13, and $(PYTHON) is not: try make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "installing into $(VENV) ..."
	@if [ -n "$(UV)" ]; then \
		{ [ -x $(BIN)/python ] || "$(UV)" venv -q --python $(PYTHON) $(VENV); } && \
		"$(UV)" pip install -q --python $(BIN)/python -c constraints.txt -b constraints.txt -e '.[dev]'; \
	else \
		{ $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || \
			{ echo "no venv: on Debian, apt-get install python3-venv" >&2; exit 1; }; } && \
		PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q -e '.[dev]'; \
	fi
	@touch $@
