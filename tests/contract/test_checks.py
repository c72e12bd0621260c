"""How checks are written, read off their syntax: none may end without having judged anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*/*.py"))


def checks_of(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions of a module that pytest runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What stands in a function, without the functions that are defined in it."""
    todo: list[ast.AST] = [*function.body]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("file", SUITES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_check_ends_silently(file: Path) -> None:
    """A check that finds nothing to judge ends as never exercised; a bare return would pass unseen."""
    found = [
        f"{file.name}:{node.lineno} in {function.name}"
        for function in checks_of(ast.parse(file.read_text(encoding="utf-8")))
        for node in own_nodes(function)
        if isinstance(node, ast.Return) and (node.value is None or _is_none(node.value))
    ]
    assert found == []


@pytest.mark.parametrize("file", SUITES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_check_swallows_that_something_is_missing(file: Path) -> None:
    """What raises NotTested ends the check; whoever catches it goes on with something else to judge."""
    found = [
        f"{file.name}:{node.lineno} in {function.name}"
        for function in checks_of(ast.parse(file.read_text(encoding="utf-8")))
        for node in own_nodes(function)
        if isinstance(node, ast.ExceptHandler) and "NotTested" in ast.unparse(node.type or ast.Constant(""))
        if all(isinstance(statement, ast.Return | ast.Pass | ast.Continue) for statement in node.body)
    ]
    assert found == []


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
