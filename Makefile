# Every target works in a fresh clone: the first thing each does is to bring the Python environment.
SHELL := /bin/bash
STACK ?= local
# A test that hangs shows where, and fails, instead of holding up all others.
NO_HANG := -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true --max-worker-restart 0
VENV := .venv/bin
export PATH := $(CURDIR)/$(VENV):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup clouds up down status test e2e e2e-tools e2e-kubeflow e2e-everything soak judge verify golden lock digests bench bench-schedule doctor docs

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## the Python environment, from the lock
	@python3 tools/bootstrap.py

clouds: ## the same with the SDKs of the clouds, for their stacks and for the tests
	@python3 tools/bootstrap.py --clouds

up: setup ## a running platform on this machine, two sample jobs sent and followed
	@$(VENV)/fairlead up -s $(STACK) --samples

down: setup ## takes everything down again, in order
	@$(VENV)/fairlead down -s $(STACK)

status: setup ## pools, queues, layers and their health
	@$(VENV)/fairlead status -s $(STACK)

doctor: setup ## what this machine lacks, and how to get it
	@$(VENV)/fairlead doctor

test: clouds ## all tests that need no cluster
	@$(VENV)/pytest -q -n auto --dist loadfile $(NO_HANG)

e2e: clouds ## the tests on a real local cluster (needs root)
	@$(VENV)/pytest -q -m 'e2e and not soak' -n 2 --dist loadscope --ignore tests/e2e/tools --ignore tests/e2e/kubeflow --ignore tests/e2e/everything tests/e2e

e2e-tools: setup ## the same for the ML stack: store, databases, tracking, workflows, serving, Ray, groups (needs root)
	@$(VENV)/pytest -q -m 'e2e and not soak' -n 1 --dist loadscope tests/e2e/tools

e2e-kubeflow: setup ## the same for notebooks, Katib, Spark, Trainer's runtimes, login, secrets (needs root)
	@$(VENV)/pytest -q -m 'e2e and not soak' -n 1 --dist loadscope tests/e2e/kubeflow

e2e-everything: setup ## every layer at once: up, a second up, what it takes, down (needs root)
	@$(VENV)/pytest -q -rP -m 'e2e and not soak' -n 0 tests/e2e/everything

soak: setup ## the longest of them: killed at five points, 500 jobs, three times up and down (needs root)
	@$(VENV)/pytest -q -m soak -n 1 --dist loadscope tests/e2e

judge: clouds ## what the clouds' stacks declare, against references that others wrote
	@$(VENV)/pytest -q -m reference -n auto --dist loadfile $(NO_HANG) tests/reference

verify: judge ## that, and lint, types, import direction, drift of generated files
	@$(VENV)/ruff check . && $(VENV)/ruff format --check .
	@$(VENV)/pyright
	@$(VENV)/lint-imports
	@$(VENV)/python tools/generate.py --check

docs: | $(VENV)/uv ## the site of the pages in docs/, into site/; links and anchors that lead nowhere fail
	@$(VENV)/uv run -q --isolated --no-project --python $(VENV)/python --with-requirements docs/requirements.txt mkdocs build --strict --clean

# Only where there is no environment at all: `setup` would take the clouds' SDKs out of one that has fallen behind the lock.
$(VENV)/uv:
	@python3 tools/bootstrap.py

golden: clouds ## writes generated files and golden results anew
	@$(VENV)/python tools/generate.py
	@$(VENV)/pytest -q -n auto --dist loadfile --update-golden tests
	@$(VENV)/python tools/generate.py

lock: setup ## resolves the Python dependencies anew
	@$(VENV)/uv pip compile pyproject.toml --extra dev --extra policy --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --upgrade -o requirements.lock
	@$(VENV)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --upgrade -c requirements.lock -o requirements-clouds.lock
	@for image in jax jupyter katib-suggestion-hyperopt katib-suggestion-optuna mlflow pytorch ray sklearnserver storage-initializer xgboost; do cd $(CURDIR)/tools/src/images/$$image && $(CURDIR)/$(VENV)/uv pip compile \
		requirements.in -c ../mlflow/requirements.in --generate-hashes --only-binary :all: --no-emit-index-url --no-header \
		--no-annotate --python-version 3.11 --python-platform x86_64-manylinux_2_28 --upgrade -o requirements.txt; done
	@cd $(CURDIR)/tests/e2e/tools/clients && $(CURDIR)/$(VENV)/uv pip compile requirements.in --generate-hashes \
		--only-binary :all: --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
		--python-platform x86_64-manylinux_2_28 --upgrade -o requirements.txt
	@cd $(CURDIR)/docs && $(CURDIR)/$(VENV)/uv pip compile requirements.in --generate-hashes \
		--only-binary :all: --no-emit-index-url --no-header --no-annotate --python-version 3.11 --upgrade -o requirements.txt
	@cd $(CURDIR)/tests/reference/scanners && $(CURDIR)/$(VENV)/uv pip compile requirements.in --generate-hashes \
		--only-binary :all: --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
		--python-platform x86_64-manylinux_2_28 --upgrade -o requirements.txt

digests: setup ## asks the registries for the digests of the locked images; needs their answer
	@$(VENV)/python tools/digests.py

bench: setup ## measures set-up, start, up, no-op, destroy, program start
	@$(VENV)/python tools/bench.py

bench-schedule: setup ## a day of a real datacenter's jobs on 1,000 simulated nodes, three ways (root, 20 minutes)
	@PYTHONPATH=tools $(VENV)/python -m schedule $(ARGS)
