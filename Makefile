# Ensigo. `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench openapi format

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ensigo needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what Ensigo needs (once) …"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	@echo "Installing what the tests need (once) …"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

setup: .venv/run ## the virtual environment in .venv/, nothing else

run: .venv/run ## everything in one process with a sample country, on http://127.0.0.1:8000
	@$(BIN)/python -m service demo
	@PORT=$(PORT) $(BIN)/python -m service

test: .venv/dev ## all tests, against real PostgreSQL and Redis (ARGS= for pytest)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

check: .venv/dev ## format, lint, types, floors: under a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

bench: .venv/dev ## the benchmarks of docs/performance.md, each printing its ratio
	@$(BIN)/python -m bench $(ARGS)

openapi: .venv/run ## the partner API's document, from its shapes: service/api/openapi.json
	@$(BIN)/python -m service.api.openapi > .venv/openapi.json && mv .venv/openapi.json service/api/openapi.json

format: .venv/dev ## put the code in its house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
