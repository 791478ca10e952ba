# Everything a checkout needs: `make demo` and `make test` set themselves up on first use.
# PYTHON=/path/to/python3.10 chooses the interpreter that .venv is made with.

VENV := .venv
RUN := $(VENV)/bin/python -m
STAMP := $(VENV)/.installed
# worksteal: tests of a file mostly stay together, so what they share is trained once, and nobody waits at the end.
PYTEST_FLAGS ?= -n 2 --dist worksteal

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test check clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(STAMP) ## train, score and find wrong labels in real handwritten digits (about a minute)
	$(RUN) nnabla_influence demo

test: $(STAMP) ## run the tests (PYTEST_FLAGS="-n 0 -k noise" to choose)
	$(RUN) pytest $(PYTEST_FLAGS)

check: $(STAMP) ## style and types
	$(RUN) ruff check .
	$(RUN) ruff format --check --quiet .
	$(RUN) mypy

clean: ## remove what make and the tools made, .venv included
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted installation is repeated. Setting up starts from an empty
# folder unless its Python still runs: a checkout that was moved or copied may hold one that does not.
$(STAMP): setup.py
	@$(VENV)/bin/python -c '' 2>/dev/null || { \
		python=$$(.ci/find-python) || exit 1; \
		echo "making $(VENV) with $$python"; \
		rm -rf $(VENV) && "$$python" -m venv $(VENV); }
	$(RUN) pip install --quiet "pip>=21.3"
	$(RUN) pip install --quiet --editable ".[all,dev]"
	@touch $(STAMP)
