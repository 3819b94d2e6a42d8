# Everything a newcomer or CI calls. Each target sets up what it needs, says what it installs, and a second call is quick.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help demo test check bench fuzz soak load chaos interop docs clean parts format

VENV := .venv
PYTHON := $(VENV)/bin/python
ARGS ?=
DEMO := $(VENV)/.stamp-demo
DEV := $(VENV)/.stamp-dev
DOCS := $(VENV)/.stamp-docs
FUZZ := $(VENV)/.stamp-fuzz
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
BUILT_BY := pyproject.toml tools/setup hatch_build.py $(wildcard src/ftpair/web/package*.json src/ftpair/web/*.txt)
PURE := core ftp session balance config

help: ## this text
	@printf 'make TARGET [ARGS="..."]\n\n'
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do printf '  %-8s %s\n' "$$target" "$$text"; done

demo: $(DEMO) ## start ftpair with three real FTP servers behind it, prove it, stay up (ARGS=--once: end after the table)
	@$(VENV)/bin/ftpair demo $(ARGS)

test: $(DEV) parts ## every test but the whole interop matrix; the pure floors covered to the last branch
	@$(PYTHON) -m pytest -m "not full" $(PURE:%=--cov=ftpair.%) --cov-report=term-missing:skip-covered --cov-fail-under=100 $(ARGS)

check: $(DOCS) ## format, lint, types, floors, and that the generated documentation is up to date
	@failed=0; \
	say() { if said=$$("$${@:2}" 2>&1); then echo "$$1: ok"; else echo "$$1: NOT OK"; echo "$$said"; failed=1; fi; }; \
	say format $(PYTHON) -m ruff format --check --quiet .; \
	say lint $(PYTHON) -m ruff check --quiet .; \
	say types $(PYTHON) -m mypy --no-error-summary; \
	say floors $(VENV)/bin/lint-imports --no-cache; \
	say documentation $(PYTHON) docs/generate.py --check; \
	exit $$failed

interop: $(DEV) parts ## the whole product of real clients, real servers, sizes and verbs (long)
	@$(PYTHON) -m pytest tests/interop $(ARGS)

bench: $(DEV) parts ## ftpair beside HAProxy, mod_proxy and the bare server (ARGS="--only sessions --rounds 1")
	@$(AS_ROOT) $(PYTHON) -m bench $(ARGS)

fuzz: $(FUZZ) ## 1,000,000 events for the session, any bytes for the parsers (ARGS="--seconds 600 --write")
	@$(PYTHON) -m tests.fuzz $(ARGS)

soak: $(DEV) parts ## 100,000 transfers through one ftpair: memory, descriptors, CPU stay flat (ARGS="--transfers 5000")
	@$(PYTHON) -m tests.soak $(ARGS)

chaos: $(DEV) parts ## faults under load, and what each of them costs: no file may be wrong (ARGS="--only server-killed --seconds 5 --write")
	@$(AS_ROOT) $(PYTHON) -m tests.chaos $(ARGS)

load: $(DEV) parts ## 10,000 idle sessions, 1,000 transfers and a flood of connections at once (ARGS="--seconds 60")
	@$(AS_ROOT) $(PYTHON) -m tests.load $(ARGS)

docs: $(DOCS) ## regenerate the generated pages, check all links, build HTML into docs/_build
	@$(PYTHON) docs/generate.py
	@$(PYTHON) -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html $(ARGS)
	@echo "documentation: docs/_build/html/index.html"

format: $(DEV) ## let ruff format and mend what it can
	@$(PYTHON) -m ruff check --quiet --fix . ; $(PYTHON) -m ruff format .

clean: ## remove everything that these targets made
	rm -rf $(VENV) .tools src/ftpair/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov build dist docs/_build
	find src tests bench docs -name __pycache__ -prune -exec rm -rf {} +

parts: ; @tools/fetch

$(DEMO): $(BUILT_BY)
	@tools/setup demo
	@touch $@

$(DEV): $(BUILT_BY)
	@tools/setup dev
	@touch $@ $(DEMO)

$(FUZZ): $(BUILT_BY)
	@tools/setup dev fuzz
	@touch $@ $(DEMO) $(DEV)

$(DOCS): $(BUILT_BY)
	@tools/setup dev docs
	@touch $@ $(DEMO) $(DEV)
