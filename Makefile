# Everything a fresh machine needs: Python 3.11 or newer, make, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -p no:schemathesis

EXTRAS := ".[postgres,wallet,shards,shared-examples,load]"
# The tests of the layers below venues, but for files that start a venue, a process or a browser, or take more than two seconds.
SLOW := contract/test_manifest contract/test_promises contract/test_properties histories/test_linearizability \
	report/test_browser report/test_folder report/test_records_and_text report/test_renderings target/test_command_states \
	target/test_http_states target/test_states_health wire/test_channel_floods wire/test_redaction
QUICK := $(filter-out $(SLOW:%=tests/%.py),\
	$(wildcard $(addprefix tests/,$(addsuffix /test_*.py,changes contract histories report target wire))))
INSTALL := -m pip install --quiet --disable-pip-version-check

# Hundreds of commands are started: without byte code each would compile all of the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run quick test manifest mutants variants proof check bench newest constraints clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) --upgrade "pip>=25.1"
	$(BIN)/python $(INSTALL) --editable $(EXTRAS) --group dev
	touch $@

# Judges the embedded reference of every venue; the exit status is the verdict.
run: $(VENV)/.installed
	$(BIN)/venue-conformance run --embedded

# What to run after every change.
quick: $(VENV)/.installed
	$(PYTEST) -n 2 $(QUICK)

# The tests of the machinery, then every mutant. A test that fails beside others is run once more by itself, and only then
# fails the whole: both tries are printed, and what needed two of them is a test to be mended.
test: $(VENV)/.installed
	$(PYTEST) -n 3 --dist loadfile || $(PYTEST) --last-failed --last-failed-no-failures none
	$(MAKE) mutants

# What each check needs and costs, by a run of those that are new at the reference; ALL=--all runs every check again.
manifest: $(VENV)/.installed
	$(BIN)/python -m venue_conformance.preflight.manifest $(ALL) $(VENUE)

# Every mutant of every venue.
mutants: $(VENV)/.installed
	$(BIN)/venue-conformance mutants

# Every permitted variant, of every venue or of VENUE alone.
variants: $(VENV)/.installed
	$(BIN)/venue-conformance mutants $(VENUE) --variants

# What takes too long for every change: whole runs against hostile targets, permitted variants, faulty clients, mutants
# by required and by smoke checks alone, and what verdicts are worth. Spread it with PYTEST_ADDOPTS or by target; an hour and a half on two cores.
proof: $(VENV)/.installed
	$(PYTEST) -m proof
	$(MAKE) variants
	$(BIN)/venue-conformance mutants --clients
	$(BIN)/venue-conformance mutants --by required
	$(BIN)/venue-conformance mutants --by smoke
	$(BIN)/python -m bench.verdicts

# Style, types, the rule of who may import whom, and the files that CI reads with the scripts inside.
check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet action.yml examples/ci/github.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows examples/ci/github.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m tests.ci.scripts

# How fast requests are generated, signed and judged, and how this suite compares with plain Schemathesis; 15 minutes.
bench: $(VENV)/.installed
	$(BIN)/python bench/generation.py
	$(BIN)/python bench/compare.py

# The quick tests, or all with TESTS=tests, on the newest versions that resolve, in an environment of their own.
newest:
	$(PYTHON) -m venv --clear $(VENV)-newest
	$(VENV)-newest/bin/python $(INSTALL) --upgrade "pip>=25.1"
	$(VENV)-newest/bin/python $(INSTALL) --upgrade --upgrade-strategy eager --editable $(EXTRAS) --group dev
	$(VENV)-newest/bin/python -m pip list
	$(VENV)-newest/bin/python -m pytest -p no:schemathesis -n 2 $(or $(TESTS),$(QUICK))

# For a release: the versions that its tests ran on, for `pip install --constraint`.
constraints: $(VENV)/.installed
	mkdir -p dist
	$(BIN)/python -m pip freeze --exclude-editable > dist/constraints-$$($(BIN)/python -c "import venue_conformance; print(venue_conformance.__version__)").txt

clean:
	rm -rf $(VENV) $(VENV)-newest dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
