"""Fixtures that the suite speaks of by name exist: a name that no fixture has would be passed over in silence."""

from __future__ import annotations

import ast

from venue_conformance.contract.resources import resources_root
from venue_conformance.plugin.check import EXPLORING


def fixture_names() -> set[str]:
    """The names of all functions that are decorated as fixtures."""
    files = [*resources_root().glob("fixtures/*.py"), *resources_root().glob("suites/**/*.py")]
    return {
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(each) for each in node.decorator_list)
    }


def test_every_name_is_that_of_a_fixture() -> None:
    assert fixture_names() >= EXPLORING
