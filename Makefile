# Everything a checkout needs: `make demo` and `make test` set themselves up on first use.
# PYTHON=/path/to/python3.10 chooses the interpreter that .venv is made with.

VENV := .venv
RUN := $(VENV)/bin/python -m
STAMP := $(VENV)/.installed
# worksteal: tests of a file mostly stay together, so what they share is trained once, and nobody waits at the end.
PYTEST_FLAGS ?= -n 2 --dist worksteal
# A few minutes that touch every dependency: commands and clicks from end to end, tables, pictures, figures, the report.
SMOKE := tests/integration/test_recorded_output.py tests/unit/dataset tests/unit/report tests/unit/test_setup.py
# Every plugin on every kind of project, clicked in both products of Neural Network Console.
CLICKS := tests/integration/test_plugin_matrix.py tests/integration/test_plugin_help.py

# How much `make soak` does, and where it writes what it has counted.
MOMENTS ?= 100
INPUTS ?= 100000
MINUTES ?= 30
SIZES ?= 20
SOAK_SEED ?= 0
SOAK_RESULTS ?= samples/benchmark/results

export PYTHON
# Python keeps what it compiles: otherwise each of the thousand processes that the tests start compiles the package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-all soak check docs clean test-smoke test-oldest

help: ## show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(STAMP) ## train, score and find wrong labels in real handwritten digits (about a minute)
	$(RUN) nnabla_influence demo

test: $(STAMP) ## run the tests (PYTEST_FLAGS="-n 0 -k noise" to choose)
	$(RUN) pytest $(PYTEST_FLAGS)

test-all: test ## run the tests, and every plugin on Python 3.8 and 3.9 with the libraries that NNC has
	@for version in 3.8 3.9; do \
		if .ci/find-python $$version >/dev/null 2>&1; then \
			$(MAKE) --no-print-directory plugins-$$version || exit 1; \
		else echo "there is no Python $$version here: the plugins are not started with it"; fi; done

test-smoke: ## run a small suite on Python 3.8 and 3.9, where they lie on the machine
	@for version in 3.8 3.9; do \
		if .ci/find-python $$version >/dev/null 2>&1; then $(MAKE) --no-print-directory smoke-$$version || exit 1; \
		else echo "there is no Python $$version here: its smoke suite is skipped"; fi; done

test-oldest: smoke-oldest ## run the small suite with the oldest dependencies that setup.py allows, on Python 3.8

soak: $(STAMP) ## hours: kill everything at MOMENTS=100, SIZES=20 full disks, damage INPUTS=100000 files, MINUTES=30 of use
	@status=0; \
	$(VENV)/bin/python tests/soak/kill.py --moments $(MOMENTS) --seed $(SOAK_SEED) \
		--output $(SOAK_RESULTS)/killed.csv || status=1; \
	$(VENV)/bin/python tests/soak/fill_disk.py --sizes $(SIZES) --seed $(SOAK_SEED) \
		--output $(SOAK_RESULTS)/filled.csv || status=1; \
	$(VENV)/bin/python tests/soak/fuzz.py --inputs $(INPUTS) --seed $(SOAK_SEED) --keep \
		--output $(SOAK_RESULTS)/damaged.csv || status=1; \
	$(VENV)/bin/python tests/soak/endurance.py --minutes $(MINUTES) --seed $(SOAK_SEED) \
		--output $(SOAK_RESULTS)/endured.csv || status=1; \
	exit $$status

check: $(STAMP) docs ## style, types and documentation
	$(RUN) ruff check .
	$(RUN) ruff format --check --quiet .
	$(RUN) mypy

docs: $(STAMP) ## build the documentation into site/; every warning is an error
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --clean --quiet

clean: ## remove what make and the tools made, .venv included
	rm -rf $(VENV) .venv-* build dist site *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted installation is repeated. Setting up starts from an empty
# folder unless its Python still runs: a checkout that was moved or copied may hold one that does not.
$(STAMP): setup.py
	@$(VENV)/bin/python -c '' 2>/dev/null || { \
		python=$$(.ci/find-python) || exit 1; \
		echo "making $(VENV) with $$python"; \
		rm -rf $(VENV) && "$$python" -m venv $(VENV); }
	$(RUN) pip install --quiet "pip>=21.3"
	$(RUN) pip install --quiet --editable ".[all,dev,docs]"
	@touch $(STAMP)

# Environments beside .venv: .venv-3.8 and .venv-3.9 have the newest dependencies, .venv-oldest the oldest ones, and
# certifi, which the command line of the oldest NNabla needs without saying so.
# Warnings are no errors here: what an old library deprecates in another one is nobody's fault.
smoke-%: .venv-%/.installed
	.venv-$*/bin/python -m pytest -q $(PYTEST_FLAGS) -o filterwarnings= $(SMOKE)
	@if [ $* = 3.8 ]; then .venv-$*/bin/python -m mypy --python-version 3.8; fi

.venv-%/.installed: setup.py
	python=$$(.ci/find-python $(patsubst oldest,3.8,$*)) && rm -rf .venv-$* && "$$python" -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet "pip>=21.3" "setuptools>=64" wheel
	if [ $* = oldest ]; then .venv-$*/bin/python .ci/oldest; fi >.venv-$*/constraints.txt
	.venv-$*/bin/python -m pip install --quiet --constraint .venv-$*/constraints.txt --editable ".[all,test,types]" \
		$(if $(filter oldest,$*),certifi)
	@touch $@

# NNC's own Python has NNabla and what comes with it. Pictures and pages need two libraries more, which the manual names.
# The package is not installed: the plugins find the copy that they are installed with, the tests find the checkout.
plugins-%: .venv-plugins-%/.installed
	.venv-plugins-$*/bin/python -m pytest -q -o filterwarnings= $(CLICKS)

.venv-plugins-%/.installed: setup.py
	python=$$(.ci/find-python $*) && rm -rf .venv-plugins-$* && "$$python" -m venv .venv-plugins-$*
	.venv-plugins-$*/bin/python -m pip install --quiet "pip>=21.3"
	.venv-plugins-$*/bin/python -m pip install --quiet nnabla jinja2 matplotlib pytest
	@touch $@
.PRECIOUS: .venv-%/.installed .venv-plugins-%/.installed
