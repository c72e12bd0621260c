"""Live orders beside ids that cannot be cancelled, for every documented cause (the page, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suites.predictstreet.test_outcomes import bad_orders
from suites.shared.independence import around, judge_unchanged, where_one_affects_others
from venue_conformance.client.blaming import blaming
from venue_conformance.client.caller import ids_of
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import CANCELLED, MISSING, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import CLAUSES, EVERY_ID, MIXED, TERMINAL, BatchId
from venue_conformance.venues.predictstreet.transient import outcomes_by_place

Batch = list[ProvisionedOrder | str]
Breach = Callable[[Violation], None]

#: By cause, what an id names.
CAUSES = {"unknown": "unknown", "foreign": "foreign open", **{status: f"own {status}" for status in TERMINAL}}
#: By cause, the clause by which an order stays as it is.
STAYS = {
    "foreign": "predictstreet.isolation.foreign-untouched",
    **dict.fromkeys(TERMINAL, "predictstreet.lifecycle.terminal-unchanged"),
}
#: The places of the live orders in a batch of ``around``.
LIVE_PLACES = (1, 2, 4, 5)


def clauses_beside(cause: str) -> list[str]:
    """What a batch of live orders beside such ids is judged by."""
    return [MIXED, CLAUSES[CAUSES[cause]], EVERY_ID, *filter(None, [STAYS.get(cause)])]


@pytest.mark.parametrize(
    "cause", [pytest.param(each, marks=pytest.mark.clause(*clauses_beside(each))) for each in CAUSES]
)
@pytest.mark.deepens
def test_live_orders_are_cancelled_beside_every_failing_element(
    caller: PredictStreetCaller, orders: Orders, breach: Breach, cause: str
) -> None:
    """Live orders before, between and after failing ids are reported and read back as cancelled."""
    reported: list[ProvisionedOrder] = []
    others: Batch = []

    def attempt() -> tuple[list[str], BatchAnswer]:
        live = orders.open(4)
        others[:] = bad_orders(orders, cause, 3)
        batch = around(list[ProvisionedOrder | str](live), others)
        with blaming(MIXED):
            answer = caller.cancel_batch(batch, as_it_comes=True)
            reported.extend(order for order in live if answer.cancelled(order.order_id))
        return ids_of(batch), answer

    outcomes = outcomes_by_place(attempt)
    reported_live = [outcomes[place] for place in LIVE_PLACES]
    read = orders.poll_until(reported)
    if reported_live != [CANCELLED] * 4 or set(read.values()) != {"cancelled"}:
        where = where_one_affects_others(lambda place: _one_affects_others(caller, orders, cause, place))
        wanted = f"four open orders to be cancelled before, between and behind three ids that are {cause}"
        reads = f"what is told as cancelled reads as {', '.join(dict.fromkeys(read.values())) or 'nothing'}"
        raise Violation(wanted, f"{', '.join(reported_live)}; {reads}; {where}", MIXED, kind="other-orders-affected")
    expected = BatchId("", CAUSES[cause]).expected
    for place, outcome in enumerate(outcomes):
        if place not in LIVE_PLACES and outcome != expected:
            clause = EVERY_ID if outcome == MISSING else CLAUSES[CAUSES[cause]]
            breach(
                Violation(
                    f"{expected} for an id that is {cause}, at place {place}", outcome, clause, kind="other-outcome"
                )
            )
    # An unknown id names no order that could change, and has no clause for it.
    judge_unchanged(orders, others, cause, STAYS.get(cause, MIXED), breach)


def _one_affects_others(caller: PredictStreetCaller, orders: Orders, cause: str, place: int) -> bool:
    """Whether an id at that place keeps four live orders from being cancelled, in each of four tries."""
    reported: list[ProvisionedOrder] = []

    def attempt() -> tuple[list[str], BatchAnswer]:
        batch: Batch = [*orders.open(4)]
        live = [order for order in batch if isinstance(order, ProvisionedOrder)]
        batch[place:place] = bad_orders(orders, cause, 1)
        answer = caller.cancel_batch(batch, as_it_comes=True)
        reported.extend(order for order in live if answer.succeeded and answer.cancelled(order.order_id))
        return ids_of(batch), answer

    try:
        outcomes = outcomes_by_place(attempt, asked={place})
    except Violation:
        return True
    del outcomes[place]
    return outcomes != [CANCELLED] * 4 or set(orders.poll_until(reported).values()) != {"cancelled"}
