"""Provider states: the one back door of a target, `POST /_states`, which brings it into a state on request.

A venue subclasses `ProviderStates` and marks a method per state with `offers`; the params that a state takes are
named there, and checked here before the method runs.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .http import Request, Response, json_response

Params = Mapping[str, Any]
Values = dict[str, Any]
NUMBER = (int, float)
"""The type of a param that may be whole or not."""

OrderIds = list[str]
"""The orders that are to be given back."""

_Kind = type | tuple[type, ...]
_Method = TypeVar("_Method", bound=Callable[..., Awaitable[Values]])


class NotOffered(Exception):
    """The state cannot be brought about for these params: answered with 501."""


class BadStateRequest(Exception):
    """The request for a state is malformed or names what does not exist: answered with 400."""


@dataclass(frozen=True)
class _Offer:
    state: str
    action: str
    required: Mapping[str, _Kind] = field(default_factory=dict)
    optional: Mapping[str, _Kind] = field(default_factory=dict)


def offers(
    state: str, required: Mapping[str, _Kind] | None = None, optional: Mapping[str, _Kind] | None = None
) -> Callable[[_Method], _Method]:
    """Mark the method that sets up a state, and name the params it takes with their types."""
    return _mark(_Offer(state, "setup", required or {}, optional or {}))


def undoes(
    state: str, required: Mapping[str, _Kind] | None = None, optional: Mapping[str, _Kind] | None = None
) -> Callable[[_Method], _Method]:
    """Mark the method that undoes a state; a state without one has nothing to undo."""
    return _mark(_Offer(state, "teardown", required or {}, optional or {}))


def gives_back(
    required: Mapping[str, _Kind], optional: Mapping[str, _Kind] | None = None
) -> Callable[[_Method], _Method]:
    """Mark the method that undoes the state `orders`: besides the params it takes the ids of the orders.

    They are those that the setup answered, if the request says so; else those that were made last for these params and
    that nobody has given back.
    """
    return _mark(_Offer("orders", "teardown", required, optional or {}))


def _mark(offer: _Offer) -> Callable[[_Method], _Method]:
    def mark(method: _Method) -> _Method:
        method._offer = offer  # type: ignore[attr-defined]
        return method

    return mark


class ProviderStates:
    """Dispatches requests for states to the marked methods of a subclass."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token
        self._offers: dict[tuple[str, str], tuple[_Offer, Callable[..., Awaitable[Values]]]] = {}
        self._made: list[tuple[Params, OrderIds]] = []
        for name in dir(type(self)):
            offer = getattr(getattr(type(self), name), "_offer", None)
            if isinstance(offer, _Offer):
                self._offers[offer.state, offer.action] = (offer, getattr(self, name))

    async def handle(self, request: Request) -> Response:
        """Answer one `POST /_states`: 200 with values, 400 malformed, 401 wrong token, 405, or 501 not offered."""
        if request.method != "POST":
            return json_response(405, {"message": "States are asked for with POST"}, (("allow", "POST"),))
        if not self._authorized(request):
            return json_response(401, {"message": "The bearer token is missing or wrong"})
        try:
            state, action, params, values = _read(request.body)
            return json_response(200, await self._bring_about(state, action, params, values))
        except BadStateRequest as problem:
            return json_response(400, {"message": str(problem)})
        except NotOffered as problem:
            return json_response(501, {"message": str(problem)})

    def _authorized(self, request: Request) -> bool:
        if self._token is None:
            return True
        given = request.header("authorization") or ""
        return hmac.compare_digest(given.encode("latin-1"), f"Bearer {self._token}".encode())

    async def _bring_about(self, state: str, action: str, params: Params, values: Values | None) -> Values:
        if (state, "setup") not in self._offers:
            raise NotOffered(f"state {state!r} is not offered")
        if (state, action) not in self._offers:
            return {}
        offer, method = self._offers[state, action]
        _check(offer, params)
        if (state, action) == ("orders", "teardown"):
            return await method(params, self._to_give_back(params, values))
        answer = await method(params)
        if state == "orders":
            self._made.append((dict(params), _order_ids(answer)))
        return answer

    def _to_give_back(self, params: Params, values: Values | None) -> OrderIds:
        given = None if values is None else _order_ids(values)
        for number in reversed(range(len(self._made))):
            of, made = self._made[number]
            if made == given or (given is None and of == params):
                del self._made[number]
                return made
        return given or []


def _order_ids(values: Values) -> OrderIds:
    orders = values.get("orders")
    if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
        raise BadStateRequest("the values hold no list of orders")
    return [str(order.get("orderId")) for order in orders]


def _read(body: bytes) -> tuple[str, str, Params, Values | None]:
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise BadStateRequest(f"the body is not JSON: {problem}") from None
    if not isinstance(document, dict):
        raise BadStateRequest("the body is not a JSON object")
    state, action, params = document.get("state"), document.get("action", "setup"), document.get("params", {})
    if not isinstance(state, str):
        raise BadStateRequest("state is not a text")
    if action not in ("setup", "teardown"):
        raise BadStateRequest("action is neither setup nor teardown")
    if not isinstance(params, dict):
        raise BadStateRequest("params is not an object")
    values = document.get("values")
    if values is not None and not isinstance(values, dict):
        raise BadStateRequest("values is not an object")
    return state, action, params, values


def _check(offer: _Offer, params: Params) -> None:
    known = {**offer.required, **offer.optional}
    for name in params:
        if name not in known:
            raise NotOffered(f"state {offer.state!r} knows no param {name!r}")
    for name in offer.required:
        if name not in params:
            raise BadStateRequest(f"state {offer.state!r} needs {name!r}")
    for name, value in params.items():
        kind = known[name]
        # bool is a kind of int to Python, but true is no count.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadStateRequest(f"{name!r} of state {offer.state!r} has the wrong type")
