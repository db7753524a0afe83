# jichitai-operator: build, run and test. `make` lists the targets.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON_FOLDERS := e2e tests/aws tests/stack
CHART := charts/jichitai-operator
# The chart carries a copy: Helm reads nothing outside of it.
CRD_FOLDERS := --out crds --out $(CHART)/files/crds

# $(call with_tools,<names>): the tools as variables of the environment, built first if need be.
with_tools = tools=$$(tools/install --print $(1)); set -a; eval "$$tools"; set +a; \
	export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(CURDIR)/tests/stack
# $(call stage,<heading>,<command>): a heading before, the elapsed time after.
stage = printf '\n==> %s\n' '$(1)'; started=$$SECONDS; $(2); \
	printf '    %s: %d s\n' '$(1)' "$$((SECONDS - started))"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: tools
tools: ## build the pinned tools into the cache (once; about 16 minutes on two cores)
	@tools/install all

.PHONY: build
build: ## build everything
	@$(call stage,build,cargo build --workspace --all-targets)

# The standard library and what is built in are linked into the one file: it runs in an empty root.
PROFILE := release
.PHONY: binary
binary: ## build the static binary that the image holds (PROFILE=dev to build quickly, TARGET=… for another machine)
	@cargo rustc --quiet --locked --profile $(PROFILE) $(if $(TARGET),--target $(TARGET)) \
		--package jichitai --bin jichitai -- -C target-feature=+crt-static

.PHONY: run
run: ## run the operator on the examples (ONCE=1: end when all is Ready; DEBUG=1: log in detail)
	@$(call with_tools,stack helm); \
	exec "$$PYTHON" e2e/run.py $(if $(ONCE),--once) $(if $(DEBUG),--debug)

.PHONY: up
up: ## start an API server and the local AWS in the background
	@$(call with_tools,stack); "$$PYTHON" -m local_stack --detach

.PHONY: down
down: ## stop what `make up` started
	@$(call with_tools,python); "$$PYTHON" -m local_stack --stop

.PHONY: generate
generate: ## write the generated files (CRDs, and the chart's copy)
	@cargo run -q -p jichitai-api --bin crdgen -- $(CRD_FOLDERS)

.PHONY: check
check: check-rust check-generated check-python check-templates check-chart ## the static gates

.PHONY: check-rust
check-rust:
	@$(call stage,rustfmt,cargo fmt --all --check)
	@$(call stage,clippy,cargo clippy -q --workspace --all-targets -- -D warnings)
	@$(call stage,rustdoc,RUSTDOCFLAGS='-D warnings' cargo doc -q --workspace --no-deps --document-private-items)
	@if cargo deny --version >/dev/null 2>&1; then \
		$(call stage,cargo-deny,cargo deny --log-level error check bans licenses sources); fi

# Not a gate: its answer changes with the day and not with the tree, and it needs the network.
.PHONY: advisories
advisories: ## look for known vulnerabilities in what is built in (cargo-deny)
	@cargo deny check advisories

.PHONY: check-generated
check-generated:
	@$(call stage,generated files,cargo run -q -p jichitai-api --bin crdgen -- --check $(CRD_FOLDERS) \
		|| { echo 'generated files are stale: run make generate'; exit 1; })

.PHONY: check-python
check-python:
	@$(call with_tools,python); $(call stage,ruff,"$$PYTHON" -m ruff check --no-cache -q $(PYTHON_FOLDERS))

.PHONY: check-templates
check-templates:
	@$(call with_tools,python); $(call stage,cfn-lint,"$${PYTHON%/*}/cfn-lint" docs/cloudformation/*.json)

.PHONY: check-chart
check-chart:
	@$(call with_tools,stack charts); \
	schemas=$$("$$PYTHON" -m local_stack.schemas .local/schemas); \
	$(call stage,helm lint and kubeconform,"$$PYTHON" e2e/check_chart.py "$$schemas"); \
	$(call stage,promtool,"$$PYTHON" e2e/check_alerts.py)

.PHONY: test
test: check test-python test-rust test-browser test-examples test-budget ## the static gates and every test

.PHONY: test-python
test-python:
	@$(call with_tools,python); cd tests/aws; \
	$(call stage,the local AWS: pytest,"$$PYTHON" -m pytest -q -p no:cacheprovider tests)

.PHONY: test-rust
test-rust:
	@$(call with_tools,stack); $(call stage,cargo test,cargo test -q --workspace)

# The pages of the product are looked at where they are made: in `make test-examples`.
.PHONY: test-browser
test-browser: ## pages in a headless browser: content, accessibility, drawings, print (needs Node.js 20.11+)
	@$(call with_tools,browser); \
	$(call stage,pages in a browser: node --test,"$$NODE" --test --test-reporter=spec tests/browser/*.test.mjs)

.PHONY: fuzz
fuzz: ## ten times as many senseless objects and answers as `make test` tries, of another seed (SEED=7 to repeat one)
	@$(call with_tools,stack); export PROPERTIES_TIMES=10 PROPERTIES_SEED=$${SEED:-$$RANDOM}; \
	echo "seed $$PROPERTIES_SEED"; \
	$(call stage,objects,cargo test -q -p jichitai-core-tests --test properties -- wild:: installation::); \
	$(call stage,answers,cargo test -q -p jichitai-tests --test integration -- nonsense::)

.PHONY: crash
crash: ## kill the operator after every single write, for each kind, and print what became of it (20 minutes)
	@$(call with_tools,stack); $(call stage,the crash matrix,JICHITAI_CRASH=all cargo test -q -p jichitai-tests --test integration -- matrix::)

.PHONY: test-examples
test-examples:
	@$(call with_tools,stack helm kstatus browser); $(call stage,the examples,"$$PYTHON" e2e/check_examples.py)

.PHONY: test-budget
test-budget:
	@$(call with_tools,stack helm); $(call stage,what 25 tenants cost,"$$PYTHON" e2e/bench.py --tenants 25 --budget e2e/budget.json)

# $(call bench,<file for the figures>,<options>): with a release build.
bench = $(call with_tools,stack helm); \
	$(call stage,release build,cargo build --quiet --release --locked --bin jichitai); \
	"$$PYTHON" e2e/bench.py --operator "$${CARGO_TARGET_DIR:-target}/release/jichitai" --json .local/$(1) $(2)

.PHONY: bench
bench: ## count what 25, 100 and 400 tenants cost, with a release build (TENANTS="25 100")
	@$(call bench,bench.json,--tenants $(or $(TENANTS),25 100 400))

.PHONY: bench-scale
bench-scale: ## the same of 1,741 tenants of every kind in 40 accounts (an hour or more; TENANTS=400 ACCOUNTS=10)
	@$(call bench,bench-scale.json,--tenants $(or $(TENANTS),1741) --accounts $(or $(ACCOUNTS),40) --kinds all)

.PHONY: e2e
e2e: test-examples ## the same as test-examples

.PHONY: clean
clean: ## remove what was built in this tree (the tools stay in their cache)
	@cargo clean -q
	@rm -rf .local
