"""Loads what checks are handed, wherever the suites lie that are to be run."""

from __future__ import annotations

import sys

import pytest

from venue_conformance.contract.resources import resources_root

_ROOT = resources_root()
# First, so that a folder called suites or fixtures where the user happens to stand is not taken for ours.
sys.path.insert(0, str(_ROOT))

_FIXTURES = [f"fixtures.{file.stem}" for file in sorted((_ROOT / "fixtures").glob("[!_]*.py"))]
# Before any of them is imported by another.
pytest.register_assert_rewrite("suites.shared", *_FIXTURES)

pytest_plugins = ["venue_conformance.plugin", *_FIXTURES]
