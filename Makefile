# Two commands do everything from a bare Python 3.11+ (with venv) and make: `make demo` and `make test`.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
STAMP := $(VENV)/.installed

$(STAMP): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found. Install one, or set PYTHON=/path/to/python."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(VENV)/bin/python -m compileall -q ledger resources assets connector_defs emulators
	@touch $(STAMP)

.PHONY: install
install: $(STAMP)

.PHONY: demo
demo: $(STAMP)  ## Run a seller's ninety days through Dagster to reconciled postings, and leave the UI open.
	$(VENV)/bin/connector demo --leave

.PHONY: demo-stop
demo-stop: $(STAMP)  ## End what `make demo` left running.
	$(VENV)/bin/connector demo --stop

.PHONY: test
# Compiled tests and modules are kept even where the shell says otherwise: each worker would compile all of them again.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(STAMP)  ## Everything the project promises.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: test-postgresql
test-postgresql: $(STAMP)  ## The road once more, every control database of it on PostgreSQL.
	CONNECTOR_TEST_CONTROL=postgresql $(VENV)/bin/python -m pytest -n 2 -W ignore::pytest.PytestUnraisableExceptionWarning tests/road

.PHONY: simulate
simulate: $(STAMP)  ## Simulate the road under trouble: SEEDS=10000 for many, SEED=123 for one with its trace; ERP=fusion, ERP=orders, ERP=reported.
	$(VENV)/bin/python -m tests.simulation $(if $(ERP),--erp $(ERP)) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

.PHONY: crash-pairs
crash-pairs: $(STAMP)  ## Die twice, at every pair of moments of the shortest road: some minutes; ERP=fusion.
	$(VENV)/bin/python -m tests.simulation.pairs $(if $(ERP),--erp $(ERP))

.PHONY: bench
bench: $(STAMP)  ## Measure against bare DuckDB, pandas and Dagster's defaults; ratios in one run.
	$(VENV)/bin/python -m benchmarks

.PHONY: docs
docs: $(STAMP)  ## Write the generated reference pages anew.
	$(VENV)/bin/python docs/generate.py

.PHONY: requirements
requirements: $(STAMP)  ## Pin the dependencies anew, with hashes (needs `pip install uv`).
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-header --output-file requirements.txt
