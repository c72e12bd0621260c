"""Which provider states a check asks for, read off its fixtures and off what its code does with orders."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

import pytest

from venue_conformance.errors import DISPOSABLE
from venue_conformance.target.state_values import STATUSES

_PROVISIONING = frozenset({"open", "make", "foreign"})
_UNKNOWN = "unknown"
_READING = frozenset({"statuses", "status_of", "poll_until", "after"})


#: Not a state, but what the state ``caller`` makes, and what further accounts of a target file are.
OWN_ACCOUNT = "an account of its own"


@dataclass(frozen=True, order=True)
class Need:
    """A provider state, with the one param that matters where a target may offer it for some and not for others."""

    state: str
    param: str = ""
    value: str = ""

    def __str__(self) -> str:
        """As reasons put it: ``orders with status expired``."""
        return f"{self.state} with {self.param} {self.value}" if self.param else self.state


def needs_of(item: pytest.Item) -> frozenset[Need]:
    """What a collected check asks for. At most: a check that has the choice may do with less."""
    fixtures = set(getattr(item, "fixturenames", ()))
    own = inspect.signature(getattr(item, "function", needs_of)).parameters
    fixtures -= {each for fixture in fixtures for each in _does_without(fixture) if each not in own}
    found = {need for fixture in fixtures for need in _of_fixture(fixture)}
    if item.get_closest_marker("disposable"):
        found.add(Need(DISPOSABLE))
    if "orders" in fixtures:
        params = getattr(getattr(item, "callspec", None), "params", {})
        functions = _functions(item)
        helpers = {function.__name__ for function in functions}
        # A helper that is told to make ids of no order asks for none.
        calls = [call for function in functions for call in _calls(function)]
        idle = {_name(call) for call in calls if _UNKNOWN in {_meant(argument, params) for argument in call.args}}
        functions = {function for function in functions if function.__name__ not in idle}
        calls = [call for function in functions for call in _calls(function)]
        # A helper may be handed the status by the check.
        handed = {_meant(argument, params) for call in calls if _name(call) in helpers for argument in call.args}
        for call in calls:
            found |= (
                set(_of_call(call, params, sorted(STATUSES.intersection(handed)))) if _is_on_orders(call) else set()
            )
    return frozenset(found)


@cache
def _of_fixture(name: str) -> tuple[Need, ...]:
    table: Mapping[str, Iterable[tuple[str, Mapping[str, str]]]] = _tables().STATES_OF_FIXTURES
    return tuple(
        Need(state, *next(iter(params.items()))) if params else Need(state) for state, params in table.get(name, ())
    )


def _does_without(name: str) -> tuple[str, ...]:
    found: tuple[str, ...] = _tables().DO_WITHOUT.get(name, ())
    return found


def _tables() -> Any:
    # They lie beside the fixtures, where whoever adds one sees them; conftest.py has made the folder importable.
    return importlib.import_module("fixtures.needs")


def _of_call(call: ast.Call, params: Mapping[str, Any], handed: Sequence[str]) -> Iterator[Need]:
    method = _name(call)
    if method in _READING:
        yield Need("order statuses")
        return
    if method == "foreign":
        yield Need("orders", "owner", "stranger")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if _meant(given.get("engine"), params) == "AMM":
        yield Need("orders", "engine", "AMM")
        return
    status = given.get("status", call.args[1] if len(call.args) > 1 else None)
    meant = "open" if method == "open" or status is None else _meant(status, params)
    for each in [meant] if meant in STATUSES else handed:
        yield Need("orders", "status", str(each))


def _meant(expression: ast.expr | None, params: Mapping[str, Any]) -> str | None:
    """The text that an argument stands for: written out, or a parameter of the check."""
    value: object = None
    if isinstance(expression, ast.Constant):
        value = expression.value
    elif isinstance(expression, ast.Name):
        value = params.get(expression.id)
    return value if isinstance(value, str) else None


def _functions(item: pytest.Item) -> set[FunctionType]:
    """The check, the fixtures of its own module, and the functions of that module and class that these call."""
    info = getattr(item, "_fixtureinfo", None)
    fixtures = [definitions[-1].func for definitions in info.name2fixturedefs.values()] if info else []
    todo: list[Any] = [getattr(item, "function", None), *fixtures]
    found: set[FunctionType] = set()
    while todo:
        function = todo.pop()
        if not isinstance(function, FunctionType) or function in found or not function.__module__.startswith("suites."):
            continue
        found.add(function)
        for name in function.__code__.co_names:
            # What overrides a check of a base class calls that by the same name.
            bases = getattr(getattr(item, "cls", None), "__mro__", ())
            todo += [function.__globals__.get(name), *(vars(base).get(name) for base in bases)]
    return found


@cache
def _calls(function: Callable[..., Any]) -> tuple[ast.Call, ...]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _is_on_orders(call: ast.Call) -> bool:
    owner = getattr(call.func, "value", None)
    return getattr(owner, "id", None) == "orders" and _name(call) in _PROVISIONING | _READING
