"""What a check needs from a target, declared by the fixtures and the verbs of orders that ask for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from venue_conformance.contract.manifest import Need

F = TypeVar("F", bound=Callable[..., Any])


def needs(state: str, **param: str) -> Callable[[F], F]:
    """Declare that a fixture, or a verb of ``Orders``, asks the target for a state, or for this one param of it.

    What a fixture needs, every check needs that uses it. What a verb needs is noted among the steps of the check
    whenever it is called; without ``param`` the arguments of the call say which orders.
    """

    def declare(function: F) -> F:
        declared, signature = Need(state, *next(iter(param.items()), ())), inspect.signature(function)
        if "self" not in signature.parameters:
            function.needs = (*getattr(function, "needs", ()), declared)  # type: ignore[attr-defined]
            return function

        @wraps(function)
        def verb(self: Any, *args: Any, **options: Any) -> Any:
            given = signature.bind(self, *args, **options)
            given.apply_defaults()
            arguments = given.arguments | given.arguments.get("options", {})
            self.note(declared if param else Need.of(state, arguments))
            return function(self, *args, **options)

        return verb  # type: ignore[return-value]

    return declare
