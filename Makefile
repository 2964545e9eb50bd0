# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
RUN = .venv/bin/python

.PHONY: env lint types unit lock

env: .venv/installed

.venv/installed: requirements/dev.txt pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements/dev.txt
	.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lint: env
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

types: env
	.venv/bin/mypy

unit: env
	$(RUN) -m pytest

lock: env
	scripts/lock
