# `make demo` shows the main use case, `make test` runs all checks; `make help` lists all targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
CLUSTER_TOOL := $(PYTHON) hack/cluster
# Sets KUBECONFIG, DOCKER_HOST and PATH for the demo's cluster; `make test` creates another one.
USE_DEMO := variables="$$($(CLUSTER_TOOL) env --name make-mlops-easy)"; eval "$$variables"
# Test files share no directory and no namespace. Tests on a cluster mostly wait, so more of them run in parallel.
IN_PARALLEL := --dist loadfile
USE_IMAGES := images="$$($(PYTHON) hack/images.py)"; eval "$$images"

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## Create a cluster, install the operator, train and serve a model, request three predictions
	@$(PYTHON) hack/demo.py

.PHONY: test
# The unit tests run while the cluster is created and the images are built; the API tests need no installed operator.
test: lint browser ## Run all checks: linters, unit tests, then API and end-to-end tests on a cluster of their own
	@$(PYTHON) hack/run_on_cluster.py \
	  --meanwhile -m pytest -n 2 $(IN_PARALLEL) tests/unit \
	  --bare -m pytest -n 4 $(IN_PARALLEL) tests/api \
	  --then -m pytest -n 3 $(IN_PARALLEL) -m "not alone" tests/e2e tests/docs \
	  --then -m pytest -m alone tests/e2e tests/docs

.PHONY: setup
setup: ## Create .venv from uv.lock
	@hack/toolchain.sh

.PHONY: lint
lint: setup ## Run ruff, mypy --strict and import-linter, check phrases, file sizes and generated files
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PYTHON) hack/lint
	@$(PYTHON) -m easy_mlops_operator.api.crd --check
	@$(PYTHON) hack/reference.py --check
	@$(PYTHON) hack/dashboard.py --check

.PHONY: browser
browser:
	@hack/toolchain.sh --browser

.PHONY: unit
unit: browser ## Run the unit tests; they need no cluster
	@.venv/bin/pytest -n 2 $(IN_PARALLEL) tests/unit

.PHONY: matrix
matrix: setup ## Run the runtime's unit tests with other versions of Python, pandas and scikit-learn (ROWS='3.13 1.8')
	@$(PYTHON) hack/matrix.py $(ROWS)

.PHONY: audit
audit: setup ## Run checkov, kube-score, kubeconform, hadolint and bandit; each waiver has a reason
	@$(PYTHON) hack/audit

.PHONY: monitoring-test
monitoring-test: setup ## Test alerts and dashboard with a real Prometheus (built on first use) that scrapes real services
	@.venv/bin/pytest tests/monitoring

.PHONY: api
api: setup ## Run the API tests against a real kube-apiserver (K=expression selects tests, KEEP_CLUSTER=1 keeps the cluster)
	@$(PYTHON) hack/run_on_cluster.py --bare -m pytest tests/api $(if $(K),-k "$(K)")

.PHONY: e2e
e2e: setup ## Run the end-to-end tests on real nodes (K=expression selects tests, KEEP_CLUSTER=1 keeps the cluster)
	@$(PYTHON) hack/run_on_cluster.py -m pytest tests/e2e $(if $(K),-k "$(K)")

.PHONY: e2e-gitops
e2e-gitops: setup ## Deploy models from Git with Flux's kustomize-controller (built on first use, takes minutes)
	@PYTHONPATH=hack $(PYTHON) -m tools.flux
	@$(PYTHON) hack/run_on_cluster.py -m pytest tests/gitops $(if $(K),-k "$(K)")

.PHONY: e2e-upgrade
e2e-upgrade: setup ## Upgrade and downgrade the operator while three models serve requests (FROM=commit)
	@$(PYTHON) hack/run_on_cluster.py -m pytest -s tests/upgrade

.PHONY: chaos
chaos: setup ## Run failure drills for the operator, its API server, watches and pods (K=expression selects drills)
	@$(PYTHON) hack/run_on_cluster.py \
	  --bare -m pytest tests/chaos/control $(if $(K),-k "$(K)") \
	  --then -m pytest tests/chaos/pods $(if $(K),-k "$(K)")

.PHONY: bench
bench: setup ## Compare the speed of scoring with a baseline side by side and print ratios; needs no cluster
	@$(PYTHON) tests/bench/scoring.py

.PHONY: bench-library
bench-library: setup ## Compare import, logging, status and deploying with the least that they must do
	@$(PYTHON) tests/bench/library.py

.PHONY: bench-cluster
bench-cluster: setup ## Measure the time from apply to Ready, compared with the same two pods applied manually
	@$(PYTHON) hack/run_on_cluster.py tests/bench/apply_to_ready.py

.PHONY: bench-quiet
bench-quiet: setup ## Count the operator's writes during ten minutes without changes, from the audit log
	@$(PYTHON) hack/run_on_cluster.py tests/bench/quiet_operator.py

.PHONY: bench-operator
bench-operator: setup ## Reconcile a thousand resources on simulated nodes, compared with a bare loop of the same calls (SIZE=100, SOAK_MINUTES=60)
	@PYTHONPATH=hack $(PYTHON) -m tools.kwok
	@$(PYTHON) hack/run_on_cluster.py --bare tests/scale

.PHONY: crds
crds: setup ## Regenerate what derives from the models: the CRD, the reference of all keys, Argo CD's test data
	@$(PYTHON) -m easy_mlops_operator.api.crd
	@$(PYTHON) hack/reference.py
	@$(PYTHON) tests/support/argocd.py

.PHONY: manifests
manifests: setup ## Render one manifest for each overlay, and a Helm chart, into dist/
	@$(PYTHON) hack/rendering.py

.PHONY: cluster-up
cluster-up: setup ## Create the demo's cluster with kind, bootstrapped if there is no container engine; CLUSTER=current uses yours
	@$(CLUSTER_TOOL) up --name make-mlops-easy

.PHONY: cluster-down
cluster-down: setup ## Remove the clusters, and the container engine if it was bootstrapped
	@$(CLUSTER_TOOL) down --name make-mlops-easy
	@$(CLUSTER_TOOL) down --name make-mlops-easy-test --engine

.PHONY: images
images: setup ## Build the two images unless their inputs are unchanged
	@$(USE_DEMO); $(USE_IMAGES); echo "$$images"

.PHONY: install
install: setup ## Install CRD, RBAC and operator in the demo's cluster (OVERLAY=ha for two replicas)
	@$(USE_DEMO); $(USE_IMAGES); $(CLUSTER_TOOL) load --name make-mlops-easy "$$OPERATOR_IMAGE" "$$RUNTIME_IMAGE"; $(PYTHON) hack/install.py up

.PHONY: uninstall
uninstall: setup ## Remove CRD, RBAC and operator; retained claims stay
	@$(USE_DEMO); $(PYTHON) hack/install.py down

.PHONY: clean
clean: ## Remove everything that was built in this checkout
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
