# Every target installs what it needs into .venv by itself; nothing is done twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: install demo test check catalog screenshots unit bench bench-grande clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hace falta Python 3.11 o posterior (PYTHON=python3.12 make …)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "No se pudo crear $(VENV): en Debian, instale python3-venv."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: install
	@$(BIN)/facot-backups demo

catalog: install
	$(BIN)/python tools/compile_catalog.py

check: install
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy --cache-dir=$(VENV)/mypy
	$(BIN)/lint-imports --no-cache

test: check
	$(BIN)/python -B -m pytest -n 2 --dist worksteal
	$(BIN)/python -B -m tests.desktop

screenshots: install
	$(BIN)/python -B tools/screenshots.py

unit: install
	$(BIN)/python -B -m pytest -m "not slow"

bench: install
	$(BIN)/python -B -m bench

bench-grande: install
	$(BIN)/python -B -m bench grande

clean:
	rm -rf $(VENV)
