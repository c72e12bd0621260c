"""The values that provider states answer with, checked (target protocol, section 2).

What is not as the protocol says makes a check inconclusive: it is the states that are wrong, not the venue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from venue_conformance.errors import Inconclusive
from venue_conformance.target.credentials import DISPOSABLE

STATUSES = frozenset({"open", "partially_filled", "filled", "cancelled", "rejected", "expired"})
ABSENT = "absent"
#: How many orders are asked after at a time; a target takes a thousand.
ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class ProvisionedOrder:
    """One order that a provider state or the inventory gave.

    ``owner`` is the account's public name, or "stranger" for an order whose account has none here. ``read_orders``
    fills in what the answer left out: market 1, account index 0; what event an order is of is then not known.
    """

    order_id: str
    market_id: int | str | None
    account_index: int | None
    client_id: str | None
    status: str
    engine: str
    owner: str
    event_id: int | str | None = None


def read_orders(values: Mapping[str, object], params: Mapping[str, object]) -> list[ProvisionedOrder]:
    """The orders in an answer to ``orders`` that was asked with ``params``, in the order made.

    Raises Inconclusive unless there are exactly ``count`` of them (1 where params do not say), with distinct ids and,
    where asked for, client ids.
    """
    given = values.get("orders")
    if not isinstance(given, list):
        _wrong("orders", "has no list of orders")
    count = params.get("count", 1)
    if len(given) != count:
        _wrong("orders", f"has {len(given)} orders, {count} were asked for")
    orders = [_read_order(entry, number, params) for number, entry in enumerate(given, start=1)]
    ids = [order.order_id for order in orders]
    if len(set(ids)) != len(ids):
        repeated = next(order_id for order_id in ids if ids.count(order_id) > 1)
        _wrong("orders", f'has the order id "{repeated}" more than once')
    return orders


def read_statuses(values: Mapping[str, object], ids: Iterable[str]) -> dict[str, str]:
    """The status of each of ``ids``, or "absent", from an answer to ``order statuses``; other ids are left out.

    Raises Inconclusive when one is missing or is said to be something that is no status.
    """
    given = values.get("statuses")
    if not isinstance(given, dict):
        _wrong("order statuses", "has no object of statuses")
    statuses: dict[str, str] = {}
    for order_id in ids:
        if order_id not in given:
            _wrong("order statuses", f'says nothing about the order "{order_id}"')
        status = given[order_id]
        if not isinstance(status, str) or (status not in STATUSES and status != ABSENT):
            allowed = ", ".join(sorted(STATUSES | {ABSENT}))
            _wrong("order statuses", f'says {status!r:.40} of the order "{order_id}"; allowed are {allowed}')
        statuses[order_id] = status
    return statuses


def statuses_of(ask: Callable[[Mapping[str, object]], Mapping[str, object]], ids: Sequence[str]) -> dict[str, str]:
    """The status of each of any number of orders; ``ask`` is handed the params of `order statuses` of some at a time.

    Raises what ``ask`` raises, and as ``read_statuses`` does.
    """
    found: dict[str, str] = {}
    for begin in range(0, len(ids), ASKED_AT_ONCE):
        asked = list(ids[begin : begin + ASKED_AT_ONCE])
        found |= read_statuses(ask({"orderIds": asked}), asked)
    return found


def read_caller(values: Mapping[str, object]) -> dict[str, str]:
    """The credentials in an answer to ``caller``, not yet checked against the venue's shape.

    Whether they are ``disposable`` is left out: all that a fresh account owns is the run's own.
    Raises Inconclusive unless they are an object of texts, and then quotes none of it.
    """
    given = values.get("credentials")
    if not isinstance(given, dict) or not given:
        _wrong("caller", "has no object of credentials")
    given = {key: value for key, value in given.items() if key != DISPOSABLE or not isinstance(value, bool)}
    for key, value in given.items():
        if not isinstance(value, str):
            _wrong("caller", f"has credentials whose {key:.40} is not text")
    return given


def _read_order(entry: object, number: int, params: Mapping[str, object]) -> ProvisionedOrder:
    if not isinstance(entry, dict):
        _wrong("orders", f"has something other than an object as order {number}")
    order_id = entry.get("orderId")
    if not isinstance(order_id, str) or not order_id:
        _wrong("orders", f"has no text as orderId of order {number}")
    wrong = wrong_detail(entry)
    if wrong:
        _wrong("orders", f"has an invalid order {number}: {wrong}")
    if params.get("client_ids") and entry.get("clientId") is None:
        _wrong("orders", f"has no clientId of order {number}, although client_ids were asked for")
    # Serialisers write null for what was left out.
    market, index = entry.get("marketId"), entry.get("accountIndex")
    return ProvisionedOrder(
        order_id=order_id,
        market_id=1 if market is None else market,
        account_index=0 if index is None else index,
        client_id=entry.get("clientId"),
        status=str(params.get("status", "open")),
        engine=str(params.get("engine") or "CLOB"),
        owner=str(params.get("owner") or params.get("caller") or ""),
        event_id=entry.get("eventId"),
    )


def wrong_detail(entry: Mapping[str, object]) -> str | None:
    """What is wrong with an order's marketId, eventId, accountIndex or clientId; each may be left out or null."""
    index, client_id = entry.get("accountIndex"), entry.get("clientId")
    for name in ("marketId", "eventId"):
        place = entry.get(name)
        if place is not None and (isinstance(place, bool) or not isinstance(place, int | str) or place == ""):
            return f"{name} must be a whole number or text"
    if index is not None and (isinstance(index, bool) or not isinstance(index, int) or index < 0):
        return "accountIndex must be a whole number of at least 0"
    if client_id is not None and (not isinstance(client_id, str) or not client_id):
        return "clientId must be text"
    return None


def _wrong(state: str, what: str) -> NoReturn:
    raise Inconclusive(f'the answer of the provider state "{state}" {what}')
