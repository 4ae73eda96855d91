# Everything a contributor or CI does, by name; `make` alone lists it.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
UV := uv==0.13.8
# what tests run beside Python
PACKAGES := chromium postgresql prometheus shellcheck
GO_PROGRAMS := helm.sh/helm/v3/cmd/helm@v3.21.4 \
	github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 github.com/versity/versitygw/cmd/versitygw@v1.8.0

.DEFAULT_GOAL := help
.PHONY: help setup programs lint format test stories demo e2e simulate bench lock

help: ## List what can be made
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(STAMP) .venv-explainer/.ready ## Make .venv and .venv-explainer with the locked dependencies; quick the second time

$(STAMP): requirements.lock pyproject.toml
	@echo "setup: a virtual environment in .venv with the locked dependencies"
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is needed and not there; PYTHON=... names another"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(UV)
	$(BIN)/uv pip sync --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --editable .
	@touch $@

.venv-explainer/.ready: requirements-explainer.lock pyproject.toml $(STAMP)
	@echo "setup: the explainer in .venv-explainer, because its pins and ours do not meet"
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-explainer
	$(BIN)/uv pip sync --compile-bytecode --python .venv-explainer/bin/python --require-hashes requirements-explainer.lock
	$(BIN)/uv pip install --python .venv-explainer/bin/python --no-deps --editable .
	@touch $@

programs: $(STAMP) ## Install what tests run beside Python: packages of Debian as root, and Go's programs in .venv/bin
	@if dpkg -s $(PACKAGES) >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "setup: $(PACKAGES), for tests of pages, alerts, dashboards, databases and scripts"; \
		apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq $(PACKAGES) prometheus-node-exporter- >/dev/null \
			|| echo "setup: they could not be installed; the tests that need them will skip"; \
	else echo "setup: not root on Debian, so tests skip that need one of $(PACKAGES) and do not find it"; fi
	@for module in $(GO_PROGRAMS); do \
		name=$$(basename $${module%@*}); \
		if [ -x $(BIN)/$$name ] || command -v $$name >/dev/null; then :; \
		elif command -v go >/dev/null; then \
			echo "setup: building $$module"; \
			GOBIN=$(CURDIR)/$(BIN) CGO_ENABLED=0 go install -trimpath -ldflags "-s -w" $$module \
				|| echo "setup: $$name could not be built; the tests that need it will skip"; \
		else echo "setup: no $$name and no Go to build it; the tests that need it will skip"; fi; \
	done

lint: setup ## Check style, types, import directions and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: setup ## Bring the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One thread each: on two cores, the threads of two workers only wait for each other.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export POLARS_MAX_THREADS = 1
test: setup programs ## Run all tests, on two cores; a file stays in one process, which starts what its tests share once
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

stories: setup ## Play every scenario of the demo as a test; minutes each
	CREDENCE_TEST_STORIES=1 $(BIN)/pytest tests/flows/test_demo_story.py

demo: setup ## Show the whole loop on a synthetic lender whose world changes
	$(BIN)/credence demo

e2e: setup ## Tell the same loop on the cluster that kubectl points at; E2E="--images ... --tag ..." names the images
	$(BIN)/python -m tests.e2e $(E2E)

simulate: setup ## Write docs/simulations.md anew: how right verdicts, gate and trainings are
	$(BIN)/python -m tests.simulations --write

bench: setup .venv-bench/.ready ## Measure beside other servers and other feature code
	$(BIN)/python -m tests.bench

.venv-bench/.ready: requirements-bench.lock
	@echo "bench: MLServer in .venv-bench, because its pins and ours do not meet"
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	$(BIN)/uv pip sync --python .venv-bench/bin/python --require-hashes requirements-bench.lock
	@touch $@

LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml
lock: setup ## Write all locks anew from pyproject.toml: of the development environment, and of each image
	$(LOCK) --extra training --extra serving --extra monitoring --extra flows --group dev -o requirements.lock
	$(LOCK) --extra explainer -o requirements-explainer.lock
	$(LOCK) --extra serving -c requirements.lock -o requirements-predictor.lock
	$(LOCK) --extra training --extra monitoring --extra flows -c requirements.lock -o requirements-platform.lock
	echo "setuptools>=77" | $(subst pyproject.toml,,$(LOCK)) -c requirements.lock - -o requirements-build.lock
