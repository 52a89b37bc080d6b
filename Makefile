# Every target installs what it needs into .venv by itself, and nothing twice. What it installs is in the locks
# alone, each package with the hashes of its files; hatchling, which builds ours, is in them too.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(PIP) --require-hashes --only-binary :all: --requirement
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-build --generate-hashes \
	--no-header --no-annotate --no-emit-index-url $(UPGRADE) pyproject.toml --group build

.PHONY: demo install test check catalog screenshots unit bench bench-grande lock clean

demo: $(VENV)/demo
	@$(BIN)/facot-backups demo

# What the demonstration runs on, and the program itself.
$(VENV)/demo: requirements-demo.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hace falta Python 3.11 o posterior (PYTHON=python3.12 make …)."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No se pudo crear $(VENV): en Debian, instale python3-venv."; exit 1; }
	$(LOCKED) $<
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# All that a user runs: the panel, with one binding of Qt, and the alerts.
install: $(VENV)/installed

$(VENV)/installed: requirements.lock $(VENV)/demo
	$(LOCKED) $<
	@touch $@

# What the tests need besides: their tools, the other binding.
$(VENV)/tests: requirements-test.lock $(VENV)/installed
	$(LOCKED) $<
	@touch $@

catalog: $(VENV)/demo
	$(BIN)/python tools/compile_catalog.py

check: $(VENV)/tests
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy --cache-dir=$(VENV)/mypy
	$(BIN)/lint-imports --no-cache

# The tests start this program a thousand times: it is compiled once, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE =
test: check
	$(BIN)/python -m pytest -n 2 --dist worksteal
	$(BIN)/python -m tests.desktop

screenshots: $(VENV)/installed
	$(BIN)/python -B tools/screenshots.py

unit: $(VENV)/tests
	$(BIN)/python -B -m pytest -m "not slow"

bench: $(VENV)/tests
	$(BIN)/python -B -m bench

bench-grande: $(VENV)/tests
	$(BIN)/python -B -m bench grande

# The locks anew from pyproject.toml, with the versions they have; `make lock UPGRADE=--upgrade`, with the newest.
lock: $(VENV)/tests
	$(COMPILE) --extra gui --extra notify --group test --output-file requirements-test.lock
	$(COMPILE) --extra gui --extra notify --constraint requirements-test.lock --output-file requirements.lock
	$(COMPILE) --constraint requirements-test.lock --output-file requirements-demo.lock

clean:
	rm -rf $(VENV)
