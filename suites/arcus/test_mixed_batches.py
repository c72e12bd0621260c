"""Any mix of orders, in any sequence and number, is answered and carried out as the pages say."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import strategies as st

from fixtures.arcus_orders import Definitive
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested
from venue_conformance.fuzz.explore import Explore
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.oracle import CLAUSES, KINDS, AskedElement, judge_answer, judge_fates


def provision(caller: ArcusCaller, orders: Orders, kind: str, count: int) -> list[AskedElement]:
    """So many orders of a kind, as elements of a batch."""
    provisioned: list[ProvisionedOrder | str]
    if kind == "unknown":
        provisioned = [*orders.unknown(count)]
    else:
        provisioned = [*(orders.foreign(count) if kind == "foreign" else orders.make(count, kind))]
    return [
        AskedElement(caller.element(order), kind, None if isinstance(order, str) else order) for order in provisioned
    ]


def offered(caller: ArcusCaller, orders: Orders) -> list[str]:
    """The kinds that this target makes, and takes in a batch. Raises NotTested without open orders."""
    found = []
    for kind in KINDS:
        try:
            [asked] = provision(caller, orders, kind, 1)
        except NotTested:
            if kind == "open":
                raise
        else:
            # Whether it takes an order that is not live is a question of its own.
            if caller.cancel_batch([asked.element]).accepted or kind == "open":
                found.append(kind)
    return found


@pytest.mark.clause(*CLAUSES)
@pytest.mark.parametrize("definitively", [False, True], ids=["as it comes", "definitive"])
def test_any_mix_of_orders_is_carried_out_as_documented(
    caller: ArcusCaller, orders: Orders, explore: Explore, definitive: Definitive, definitively: bool
) -> None:
    """Each order of a mixed batch has exactly one row and ends as documented for its kind."""
    if definitively:
        definitive(caller)

    def is_own(order: ProvisionedOrder) -> bool:
        return order.owner == caller.name

    def is_carried_out(kinds: list[str]) -> None:
        pools = {kind: provision(caller, orders, kind, count) for kind, count in Counter(kinds).items()}
        batch = [pools[kind].pop() for kind in kinds]
        [control] = orders.open(1)

        answer = caller.cancel_batch([asked.element for asked in batch])

        judge_answer(answer, batch)
        caller.cancel_batch([control])
        named = [asked.order for asked in batch if asked.order is not None]
        orders.poll_until([order for order in named if order.status in ("open", "partially_filled") and is_own(order)])
        judge_fates(answer, batch, orders.after(control, named))

    explore(
        is_carried_out, examples=6, kinds=st.lists(st.sampled_from(offered(caller, orders)), min_size=1, max_size=12)
    )
