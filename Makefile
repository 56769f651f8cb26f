# `make run` and `make test` do all their own set-up. `make help` lists the rest.

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
BIN := .venv/bin
PROFILE := --workflow-profile workflows/profiles/default
SNAKEFILES := Snakefile workflows/rules
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help run smoke environment peers test test-fast test-all test-faults test-slurm fuzz check format style types layers snakefmt snakelint clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | awk -F': ' '{printf "make %-12s %s\n", $$1, $$2}'

run: environment ## the default scale, ending in results/report.html; CORES=4 uses four cores
	$(BIN)/snakemake $(PROFILE) --cores $(CORES)

smoke: environment ## the whole workflow in miniature, ending in results/smoke/report.html
	$(BIN)/snakemake $(PROFILE) --cores $(CORES) --configfile workflows/config/smoke.yaml

environment: .venv/installed ## the virtual environment .venv, with pinned versions

# The stamp is newer than what was installed from; an interrupted installation leaves none and is done again.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed, found: $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "$(PYTHON) -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[workflow,dev]'
	@touch $@

# k-diffusion and azula ask for torchvision, which replaces torch; what is used of them does without.
peers: environment ## the libraries that benchmarks/solvers.py compares the solvers with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmarks]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps k-diffusion azula

test: check test-fast ## all checks and the fast tests

test-fast: environment
	@$(PYTEST)

test-all: check ## all checks and all tests, also the slow ones and those for a GPU
	@$(PYTEST) -m 'not slurm'

test-faults: environment ## kills, full disks, damaged files, two at once: some ten minutes
	@OMP_NUM_THREADS=1 $(BIN)/pytest -m '' tests/faults tests/fuzz

SECONDS_EACH := 20
fuzz: environment ## every parser fuzzed by atheris, guided by coverage, for SECONDS_EACH=20 seconds
	@$(BIN)/pip install --quiet 'atheris>=3'
	@$(BIN)/python -m tests.fuzz.guided $(SECONDS_EACH)

# Installs Debian's packages of Slurm if they are missing, and takes down what it started; the table is in docs/reliability.md.
test-slurm: environment ## jobs through a real Slurm, which it brings up on this machine (Debian, root): some twenty minutes
	@OMP_NUM_THREADS=1 SCIML_SLURM_TABLE=benchmarks/slurm.json $(BIN)/pytest -m slurm -rs tests/slurm

check: style types layers snakefmt snakelint ## formatting, lint, types, layers

style: environment
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: environment
	$(BIN)/mypy

layers: environment
	$(BIN)/lint-imports

snakefmt: environment
	$(BIN)/snakefmt --check $(SNAKEFILES)

snakelint: environment
	$(BIN)/snakemake --lint --directory "$$(mktemp -d)"

format: environment ## put all files into the project's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt $(SNAKEFILES)

clean: ## remove what make smoke wrote; results of other scales are yours to remove
	rm -rf results/smoke data/smoke
