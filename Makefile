# Two commands: `make book` and `make test`. Each makes its own environment from a hash-locked file.
# `make help` lists the rest.

ifeq ($(OS),Windows_NT)
  PYTHON ?= python
  BIN := Scripts
else
  PYTHON ?= python3
  BIN := bin
endif
BOOK := .venv-book
FULL := .venv
RUN  := $(FULL)/$(BIN)/python

# Nothing is written outside the clone: every tool that keeps a cache or settings keeps them in .cache.
CACHE := $(CURDIR)/.cache
export PIP_CACHE_DIR := $(CACHE)/pip
export UV_CACHE_DIR := $(CACHE)/uv
export MPLCONFIGDIR := $(CACHE)/matplotlib
export IPYTHONDIR := $(CACHE)/ipython
export JUPYTER_CONFIG_DIR := $(CACHE)/jupyter/config
export JUPYTER_DATA_DIR := $(CACHE)/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CACHE)/jupyter/runtime
export JUPYTERLAB_SETTINGS_DIR := $(CACHE)/jupyter/settings
export JUPYTERLAB_WORKSPACES_DIR := $(CACHE)/jupyter/workspaces
export KERAS_HOME := $(CACHE)/keras
export PLAYWRIGHT_BROWSERS_PATH := $(CACHE)/playwright
export XDG_CACHE_HOME := $(CACHE)/xdg
export XDG_CONFIG_HOME := $(CACHE)/xdg-config
export XDG_DATA_HOME := $(CACHE)/xdg-data
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help book test lab notebooks figures screenshots models bench lock browser format lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(BOOK)/installed ## build the book into _build/html (needs no TensorFlow)
	$(BOOK)/$(BIN)/python tools/book.py

# A notebook or test file stays in one process: its cells share a kernel. Three processes keep two cores busy,
# because browsers and kernels make them wait.
test: $(FULL)/installed ## run everything that is tested
	$(RUN) -m pytest --numprocesses 3 --dist loadfile

lab: $(FULL)/installed ## open JupyterLab on labs/
	$(FULL)/$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/labs

notebooks: $(FULL)/installed ## derive labs/ and solutions/ notebooks from their sources and execute those that changed
	$(RUN) tools/notebooks.py

figures: $(FULL)/installed ## compute the chapters' numbers, tables and figures again
	$(RUN) tools/chapters.py

screenshots: $(FULL)/installed ## take the TensorBoard screenshots of the book again
	$(RUN) tools/screenshots.py

models: $(FULL)/installed ## train the shipped models again
	$(RUN) -m glassbox.models

bench: $(FULL)/installed ## measure exact Shapley values against shap (takes a few minutes)
	$(RUN) tools/bench.py

browser: $(FULL)/installed ## fetch Chromium for the browser tests, where the system has none
	$(RUN) -m playwright install chromium

format: $(FULL)/installed ## format the code, also in the chapters
	$(RUN) -m ruff check --fix --quiet . && $(RUN) -m ruff format --quiet .

lint: $(FULL)/installed ## check style with ruff
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

LOCK := -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-header --no-annotate --no-emit-index-url
lock: $(FULL)/installed ## pin the newest versions that pyproject.toml allows, with hashes
	@mkdir -p .cache
	$(RUN) $(LOCK) --upgrade --extra book --extra labs --extra test pyproject.toml -o locks/all.txt
	$(RUN) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['book'], sep='\n')" > .cache/book.in
	$(RUN) $(LOCK) --constraint locks/all.txt .cache/book.in -o locks/book.txt

clean: ## remove the built book, the environments and the caches
	rm -rf _build $(BOOK) $(FULL) .cache

# What the locks have wheels for. Anything else would fail later, and less clearly.
CHECK := import platform, sys; v = sys.version_info[:2]; \
  sys.exit('Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12 ...' % v \
  if not (3, 11) <= v <= (3, 13) else \
  'TensorFlow has no packages for Intel Macs since 2.16: use Colab (see README.md).' \
  if (sys.platform, platform.machine()) == ('darwin', 'x86_64') else None)

$(BOOK)/installed: locks/book.txt
	@$(PYTHON) -c "$(CHECK)"
	$(PYTHON) -m venv --clear $(BOOK)
	$(BOOK)/$(BIN)/python -m pip install --quiet --require-hashes -r locks/book.txt
	@touch $@

$(FULL)/installed: locks/all.txt
	@$(PYTHON) -c "$(CHECK)"
	$(PYTHON) -m venv --clear $(FULL)
	$(RUN) -m pip install --quiet --require-hashes -r locks/all.txt
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
