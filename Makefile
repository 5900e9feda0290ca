# Everything a newcomer and CI need; a fresh clone on a machine with Python 3.11+ and git is enough.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo dev test check fmt bench up clean

help: ## Show this
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: .venv/installed ## Watch pushes go live, be rolled back and be refused (KEEP=1 leaves the service running)
	@$(BIN)/pushrail demo $(if $(KEEP),--keep)

up: .venv/installed ## Run Pushrail here, with the pipeline.yaml of this folder
	@$(BIN)/pushrail up

dev: .venv/developing ## Make the virtual environment with what development needs

test: .venv/developing .venv/app/installed ## Run every test that can run on this machine, the template's own among them
	cd app_template && ../.venv/app/bin/python -m pytest -q
	@# What needs a cluster or an engine mostly waits, and one after the other, for some restart it; all others go on meanwhile.
	$(BIN)/python -m pytest -m "cluster or engine" >.engine-tests.log 2>&1 & others=0; \
	$(BIN)/python -m pytest -m "not cluster and not engine" || others=$$?; \
	wait $$!; waiting=$$?; cat .engine-tests.log; exit $$((others + waiting))

check: .venv/developing ## Format, lint, types, import contracts and the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/unit

fmt: .venv/developing ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/developing ## Measure what is claimed about speed, side by side
	$(BIN)/python -m bench.gateway
	$(BIN)/python -m bench.viewers
	$(BIN)/python -m bench.receiver
	$(if $(KUBECONFIG),$(BIN)/python -m bench.watch && $(BIN)/python -m bench.rollout)

clean: ## Remove the virtual environment and all local state
	rm -rf .venv .pushrail build *.egg-info .engine-tests.log

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pushrail needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/python pyproject.toml
	@echo "installing Pushrail into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/developing: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv/app/installed: .venv/python app_template/requirements.txt app_template/requirements-dev.txt
	@$(PYTHON) -m venv .venv/app
	@.venv/app/bin/python -m pip install --quiet --disable-pip-version-check -r app_template/requirements-dev.txt
	@touch $@
