"""Loads the plugin and what it hands to checks, from a source checkout and from an installed wheel alike."""

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
# First, so that a folder called suites or fixtures where the user happens to stand is not taken for ours.
sys.path.insert(0, str(_HERE))

_FIXTURES = [f"fixtures.{file.stem}" for file in sorted((_HERE / "fixtures").glob("[!_]*.py"))]
# Before any of them is imported by another.
pytest.register_assert_rewrite("suites.shared", *_FIXTURES)

pytest_plugins = ["venue_conformance.plugin", *_FIXTURES]
