# `make help` lists the targets. PYTHON picks the interpreter that makes .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help install briefing test test-tools lab lint fix bench clean lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages (a few minutes the first time)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

install: $(STAMP) ## make .venv with the locked packages

briefing: install ## build, forecast, make every report, fill the outbox
	$(BIN)/jkn build
	$(BIN)/jkn forecast
	$(BIN)/jkn run --all
	$(BIN)/jkn mail --all

test-tools: install ## Chromium and the npm checkers, where they can be installed
	@sh tests/browser/install.sh

test: install test-tools ## run every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lab: install ## open JupyterLab on the start page
	$(BIN)/jkn lab

lint: install ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: install ## format, and strip notebooks of outputs
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.notebooks.strip notebooks

bench: install ## measure; prints tables
	$(BIN)/python -m benchmarks

lock: install ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile pyproject.toml --extra test --extra dev --extra cluster --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q -o requirements.lock
	$(BIN)/python -m tests.environment requirements.lock > environment.yml

clean: ## remove everything that was made, but for the ledger of what was mailed
	rm -rf $(VENV) build *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .jkn
	find data/processed reports -mindepth 1 -not -name .gitkeep -not -path 'reports/contoh*' -not -name ledger.sqlite -type f -delete
	find data/processed reports -mindepth 1 -type d -empty -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
