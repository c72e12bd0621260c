# Everything a fresh machine needs: Python 3.11 or newer, make, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The venues whose mutants and variants `make test` tries; `make mutants` tries them all.
MUTATED := bayse arcus

.PHONY: run test mutants check clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[postgres,wallet,shards,shared-examples]" --group dev
	touch $@

# Judges the embedded reference of every venue; the exit status is the verdict.
run: $(VENV)/.installed
	$(BIN)/venue-conformance run

# The tests of the machinery, the permitted variants and the mutants.
test: $(VENV)/.installed
	$(BIN)/python -m pytest -p no:schemathesis -n 2 --dist loadfile
	for venue in $(MUTATED); do \
	  $(BIN)/venue-conformance mutants $$venue --variants && $(BIN)/venue-conformance mutants $$venue || exit $$?; \
	done

# Every mutant and every permitted variant of every venue.
mutants: $(VENV)/.installed
	$(BIN)/venue-conformance mutants --variants
	$(BIN)/venue-conformance mutants

# Style, types and the rule of who may import whom.
check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# How fast requests are generated, signed and judged, and how this suite compares with plain Schemathesis; 15 minutes.
bench: $(VENV)/.installed
	$(BIN)/python bench/generation.py
	$(BIN)/python bench/compare.py

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
