# make run        the app, to be opened in a browser at http://localhost:8501
# make test       all tests but the exhaustive ones
# make test-all   those too: every cut of every backbone, and the longest of the rest
# make check      format, lint, types, import contracts, fast tests
# make bench      measured ratios, printed as a table
# make texts      the template that translations start from
#
# PYTHON=python3.12 chooses the Python of a new environment, ARGS="--server.port 8600" goes to the app
# or to pytest.

# The environment's own where there is one; else the first that runs, is of a fit version and can
# make environments; else python3, which will say why it cannot.
FIT := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(firstword $(shell test -x .venv/bin/python && echo .venv/bin/python || \
	for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(FIT)' 2>/dev/null && echo $$python && break; done) python3)
VENV_PYTHON := .venv/bin/python
# The files of tests are shared among as many processes as there are cores, in the order of conftest.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder

# Where this is set, each of some hundred processes of the tests would compile Graft anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all check reading fast-tests bench texts env env-tests env-browser clean

run: env
	@exec $(VENV_PYTHON) -m streamlit run app.py $(ARGS)

test: env-browser
	$(VENV_PYTHON) -m pytest $(SIDE_BY_SIDE) -m "not exhaustive and not benchmark" $(ARGS)

test-all: env-browser
	$(VENV_PYTHON) -m pytest $(SIDE_BY_SIDE) -m "not benchmark" $(ARGS)

# Side by side: reading the code keeps one core busy for half as long as the tests keep two.
check: env-tests
	@$(MAKE) --no-print-directory -j 2 reading fast-tests

reading:
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	.venv/bin/lint-imports
	$(VENV_PYTHON) -m pyright

fast-tests:
	$(VENV_PYTHON) -m pytest $(SIDE_BY_SIDE) -m "not slow and not browser and not exhaustive and not benchmark" $(ARGS)

bench: env-browser
	$(VENV_PYTHON) -m pytest -m benchmark -s $(ARGS)

texts: env-tests
	$(VENV_PYTHON) .ci/texts.py

env:
	@$(PYTHON) .ci/environment.py

env-tests:
	@$(PYTHON) .ci/environment.py --tests

env-browser:
	@$(PYTHON) .ci/environment.py --tests --browser

clean:
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache build test-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
