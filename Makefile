# Everything happens in this folder, in .venv; only system packages go elsewhere, through apt where it may.

.DEFAULT_GOAL := help
LINTS := $(addprefix lint-,types format code imports dependencies spelling scripts script-types)
.PHONY: help setup setup-dev web demo check test lint $(LINTS) fmt lock clean moved unbuilt

BIN := .venv/bin
PACKAGES := kring storage transcribe index services flows search_ui cli
LOCAL := .venv/.kring-local
DEV := .venv/.kring-dev
WANTED := pyproject.toml deploy/setup.sh $(wildcard deploy/lock/*.txt)
WEB := search_ui/js/node_modules/.built
NPM = PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent --prefix search_ui/js
SCRIPTS := deploy/setup.sh $(shell find search_ui/js -name node_modules -prune -o -type f -print) search_ui/js/src

quietly = $(2) > .venv/lint-$(1).log 2>&1 || { cat .venv/lint-$(1).log; exit 1; }

# An environment knows its folder by its full path: after a move, or once its Python is gone, it is made anew.
ifeq ($(wildcard $(BIN)/python),)
ANEW := moved
else ifneq ($(shell cat .venv/.kring-home 2>/dev/null),$(CURDIR))
ANEW := moved
endif

ifeq ($(wildcard search_ui/static/kring.css),)
UNBUILT := unbuilt
endif

help:  ## List what there is (this)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(LOCAL) $(WEB)  ## Install all that running Kring needs (the others do it by themselves)
	@echo "Kring is installed in .venv. Next: make demo"

setup-dev: $(DEV) $(WEB)  ## Install all that working on Kring needs as well
	@echo "Kring and its tools are installed in .venv. Next: make test"

web: $(WEB)  ## Build the scripts and styles of the pages, where their sources changed

demo: $(LOCAL) $(WEB)  ## Start Kring with the sample recordings, until Ctrl-C (ARGS=--check: try them and stop)
	@$(BIN)/kring demo $(ARGS)

check: lint  ## Run lint, unit tests and contract tests in memory: before every commit
	@$(BIN)/python -m pytest -q -n 2 -m "quick and not slow" tests/unit tests/contract $(ARGS)

test: lint  ## Run lint and all tests (ARGS="-k words" runs some)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(DEV) $(WEB)  ## Check format, code, types, imports, dependencies and spelling, of the scripts and styles too
	@$(MAKE) --no-print-directory --keep-going --jobs=2 $(LINTS)

# Each says nothing unless it finds something.
lint-types:
	@$(call quietly,types,$(BIN)/mypy --no-error-summary)
lint-format:
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: make fmt does it."; exit 1; }
lint-code:
	@$(BIN)/ruff check --quiet .
lint-imports:
	@$(call quietly,imports,$(BIN)/lint-imports)
lint-dependencies:
	@$(call quietly,dependencies,$(BIN)/deptry .)
lint-spelling:
	@$(BIN)/codespell $(PACKAGES) bench deploy docs *.md
lint-scripts:
	@$(call quietly,scripts,$(NPM) lint)
lint-script-types:
	@$(call quietly,script-types,$(NPM) types)

fmt: $(DEV)  ## Format the code and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(DEV)  ## Renew the versions and hashes of all packages after a change of dependencies
	@sh deploy/lock.sh

clean:  ## Remove the environment and all caches; recordings in data/ stay
	rm -rf .venv search_ui/static search_ui/js/node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

moved:
unbuilt:

$(LOCAL): $(WANTED) $(ANEW)
	@sh deploy/setup.sh local

$(DEV): $(WANTED) $(LOCAL)
	@sh deploy/setup.sh dev

$(WEB): $(SCRIPTS) $(UNBUILT)
	@sh deploy/setup.sh web
