# `make demo` shows the main job, `make test` proves everything; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
CLUSTER_TOOL := $(PYTHON) hack/cluster
# Sets KUBECONFIG, DOCKER_HOST and PATH of the demo's cluster; `make test` has one of its own.
USE_DEMO := variables="$$($(CLUSTER_TOOL) env --name make-mlops-easy)"; eval "$$variables"
# Each file has directories and namespaces of its own; tests on a cluster mostly wait, so there are more of them.
SIDE_BY_SIDE := --dist loadfile
USE_IMAGES := images="$$($(PYTHON) hack/images.py)"; eval "$$images"

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## Main job: a cluster, the operator, a trained and judged model, three scored rows
	@$(PYTHON) hack/demo.py

.PHONY: test
# What wants no cluster runs while that is made and the images are built; the API tests want no operator.
test: lint browser ## Everything that must pass: lint, types, layers, unit, then API and end to end on a real cluster
	@$(PYTHON) hack/run_on_cluster.py \
	  --meanwhile -m pytest -n 2 $(SIDE_BY_SIDE) tests/unit \
	  --bare -m pytest -n 4 $(SIDE_BY_SIDE) tests/api \
	  --then -m pytest -n 3 $(SIDE_BY_SIDE) -m "not alone" tests/e2e tests/docs \
	  --then -m pytest -m alone tests/e2e tests/docs

.PHONY: setup
setup: ## Make .venv as uv.lock says
	@hack/toolchain.sh

.PHONY: lint
lint: setup ## ruff, mypy --strict, import layers, phrases and sizes, drift of generated files
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
unit: browser ## Unit tests: no cluster needed
	@.venv/bin/pytest -n 2 $(SIDE_BY_SIDE) tests/unit

.PHONY: matrix
matrix: setup ## The runtime's unit tests on other versions of Python, pandas and scikit-learn, as far as they are here
	@$(PYTHON) hack/matrix.py $(ROWS)

.PHONY: audit
audit: setup ## checkov, kube-score, kubeconform, hadolint and bandit over what is installed; each waiver has a reason
	@$(PYTHON) hack/audit

.PHONY: monitoring-test
monitoring-test: setup ## Alerts and dashboard against a real Prometheus (built on first use) that scrapes real services
	@.venv/bin/pytest tests/monitoring

.PHONY: api
api: setup ## API tests against a real kube-apiserver (K=expression picks some, KEEP_CLUSTER=1 keeps the cluster)
	@$(PYTHON) hack/run_on_cluster.py --bare -m pytest tests/api $(if $(K),-k "$(K)")

.PHONY: e2e
e2e: setup ## End-to-end tests on real nodes (K=expression picks some, KEEP_CLUSTER=1 keeps the cluster)
	@$(PYTHON) hack/run_on_cluster.py -m pytest tests/e2e $(if $(K),-k "$(K)")

.PHONY: e2e-gitops
e2e-gitops: setup ## Flux's own kustomize-controller (built on first use, minutes) brings models from Git to a cluster
	@PYTHONPATH=hack $(PYTHON) -m tools.flux
	@$(PYTHON) hack/run_on_cluster.py -m pytest tests/gitops $(if $(K),-k "$(K)")

.PHONY: e2e-upgrade
e2e-upgrade: setup ## Upgrade and downgrade the operator under three models that are asked all the time (FROM=commit)
	@$(PYTHON) hack/run_on_cluster.py -m pytest -s tests/upgrade

.PHONY: chaos
chaos: setup ## Failure drills: the operator, its API server, its watches and its pods are ill-treated (K=expression picks some)
	@$(PYTHON) hack/run_on_cluster.py \
	  --bare -m pytest tests/chaos/control $(if $(K),-k "$(K)") \
	  --then -m pytest tests/chaos/pods $(if $(K),-k "$(K)")

.PHONY: bench
bench: setup ## Benchmarks that need no cluster: each compares side by side and prints a ratio
	@$(PYTHON) tests/bench/scoring.py

.PHONY: bench-library
bench-library: setup ## What import, logging, status and deploying cost, against what they cannot do without
	@$(PYTHON) tests/bench/library.py

.PHONY: bench-cluster
bench-cluster: setup ## How long from apply to Ready, against the same two pods applied by hand
	@$(PYTHON) hack/run_on_cluster.py tests/bench/apply_to_ready.py

.PHONY: bench-quiet
bench-quiet: setup ## Writes of the operator in ten minutes in which nothing happens, from the audit log
	@$(PYTHON) hack/run_on_cluster.py tests/bench/quiet_operator.py

.PHONY: bench-operator
bench-operator: setup ## A thousand resources on fake nodes, against a bare loop of the same calls (SIZE=100: minutes; SOAK_MINUTES=60)
	@PYTHONPATH=hack $(PYTHON) -m tools.kwok
	@$(PYTHON) hack/run_on_cluster.py --bare tests/scale

.PHONY: crds
crds: setup ## Generate anew what comes from the models: the CRD, the reference of all keys, Argo CD's test data
	@$(PYTHON) -m easy_mlops_operator.api.crd
	@$(PYTHON) hack/reference.py
	@$(PYTHON) tests/support/argocd.py

.PHONY: manifests
manifests: setup ## Render one file to apply for each overlay, and a Helm chart, into dist/
	@$(PYTHON) hack/rendering.py

.PHONY: cluster-up
cluster-up: setup ## Get a cluster: kind, bootstrapped where there is no container engine; CLUSTER=current uses yours
	@$(CLUSTER_TOOL) up --name make-mlops-easy

.PHONY: cluster-down
cluster-down: setup ## Remove the clusters, and the container engine if it was bootstrapped
	@$(CLUSTER_TOOL) down --name make-mlops-easy
	@$(CLUSTER_TOOL) down --name make-mlops-easy-test --engine

.PHONY: images
images: setup ## Build the two images; unchanged ones are skipped
	@$(USE_DEMO); $(USE_IMAGES); echo "$$images"

.PHONY: install
install: setup ## Install CRD, RBAC and operator into the cluster of cluster-up (OVERLAY=ha: two replicas)
	@$(USE_DEMO); $(USE_IMAGES); $(CLUSTER_TOOL) load --name make-mlops-easy "$$OPERATOR_IMAGE" "$$RUNTIME_IMAGE"; $(PYTHON) hack/install.py up

.PHONY: uninstall
uninstall: setup ## Remove CRD, RBAC and operator; retained claims stay
	@$(USE_DEMO); $(PYTHON) hack/install.py down

.PHONY: clean
clean: ## Remove what was built in this checkout
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
