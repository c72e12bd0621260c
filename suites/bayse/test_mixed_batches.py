"""Any mix of orders, in any order and number, is answered as documented."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import strategies as st

from venue_conformance.client.caller import id_of
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested, Violation
from venue_conformance.fuzz.explore import Explore
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.oracle import CLAUSES, RULES, judge

LIVE = ("open", "partially_filled")


def provision(orders: Orders, kind: str, count: int) -> list[ProvisionedOrder | str]:
    """So many orders of a kind."""
    if kind == "unknown":
        return [*orders.unknown(count)]
    if kind == "foreign":
        return [*orders.foreign(count)]
    if kind == "amm":
        return [*orders.make(count, "filled", engine="AMM")]
    return [*orders.make(count, kind)]


def offered(orders: Orders) -> list[str]:
    """The kinds that this target can make. Raises NotTested when open orders are not among them."""
    found = []
    for kind in RULES:
        try:
            provision(orders, kind, 1)
        except NotTested:
            if kind == "open":
                raise
        else:
            found.append(kind)
    return found


@pytest.mark.clause(*CLAUSES)
def test_any_mix_of_orders_is_answered_as_documented(caller: BayseCaller, orders: Orders, explore: Explore) -> None:
    """Each order of a mix gets the outcome of its kind, in its place, and the live ones are cancelled."""

    def is_answered(kinds: list[str]) -> None:
        pools = {kind: provision(orders, kind, count) for kind, count in Counter(kinds).items()}
        named = [(kind, pools[kind].pop()) for kind in kinds]
        batch = [(id_of(order), kind) for kind, order in named]

        judge(caller.cancel_batch([order for _, order in named]), batch)

        live = [order for kind, order in named if kind in LIVE and isinstance(order, ProvisionedOrder)]
        for order_id, status in (orders.poll_until(live) if live else {}).items():
            if status != "cancelled":
                raise Violation(
                    f"{order_id} to read as cancelled",
                    status,
                    RULES[dict(batch)[order_id]].clause,
                    kind="not-cancelled",
                )

    explore(is_answered, examples=10, kinds=st.lists(st.sampled_from(offered(orders)), min_size=1, max_size=12))
