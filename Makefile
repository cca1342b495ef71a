# microcurrent: `make` alone lists what can be done.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test check format lint types imports docs bench bench-safety lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# The environment: uv where it is found, else venv and pip; installed versions come from the lock files.
.venv/made-run: requirements.lock pyproject.toml
	@echo "Setting up .venv (once; about a minute on a usual line) ..."
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv
	@uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
endif
	@touch $@

.venv/made-dev: requirements-dev.lock .venv/made-run
	@echo "Adding the tools for tests and checks ..."
ifdef UV
	@uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock
else
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
endif
	@touch $@

run: .venv/made-run  ## plan, predict, check, deliver (simulated), record and report one shipped example
	@$(BIN)/microcurrent run examples/01-cheek-lift.toml --answers examples/client-clear.toml \
	  --approve-as "Demo practitioner" --accept-warnings --stimulator simulated --records out/records.sqlite --out out

test: .venv/made-dev  ## run the tests
	@$(BIN)/python -m pytest -q $(ARGS)

check: format lint types imports test docs  ## everything that CI checks

format: .venv/made-dev
	@$(BIN)/ruff format --check .

lint: .venv/made-dev
	@$(BIN)/ruff check .

types: .venv/made-dev
	@$(BIN)/mypy

imports: .venv/made-dev
	@$(BIN)/lint-imports

docs: .venv/made-dev  ## build the documentation into docs/_build
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

bench: .venv/made-dev  ## print closed forms, timings beside peers, basis and positions a second (about 15 minutes)
	@$(BIN)/python benchmarks/verification.py
	@$(BIN)/python benchmarks/timing.py
	@$(BIN)/python benchmarks/peers.py --size 100 --runs 3 --out out/bench
	@$(BIN)/python benchmarks/basis.py
	@$(BIN)/python benchmarks/live.py
	@$(BIN)/python benchmarks/bodies.py
	@$(BIN)/python benchmarks/sweep.py

bench-safety: .venv/made-dev  ## the safety core against anything, the fault campaign, stop latency (about 30 minutes)
	@$(BIN)/python benchmarks/safety.py
	@$(BIN)/python benchmarks/faults.py
	@$(BIN)/python benchmarks/stop_latency.py

lock:  ## refresh the lock files (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml --group build -o requirements.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove everything that was made
	@rm -rf .venv out docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
