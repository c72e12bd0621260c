"""Live orders beside elements that match none, for every cause that there is (batch-cancel page, response behavior)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fixtures.arcus_orders import Forms
from suites.arcus.test_mixed_batches import provision
from suites.shared.independence import around, where_one_affects_others
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.oracle import (
    ECHO,
    FATES,
    NO_END_STATE,
    ONE_ROW,
    RESPONSES,
    SUCCESS,
    TRUE_ROWS,
    UNMATCHED,
    AskedElement,
    judge_answer,
    judge_fates,
)

Breach = Callable[[Violation], None]

FAILS_ALONE = "arcus.independence.bad-id-affects-no-other"
CLIENT_ID = "unknown client id"
ROWS = (SUCCESS, RESPONSES, ONE_ROW, UNMATCHED, ECHO["orderId"], NO_END_STATE, TRUE_ROWS)
CAUSES = ("foreign", "filled", "cancelled", "expired", "rejected", CLIENT_ID)


def clauses_beside(cause: str) -> list[str]:
    """What a batch of live orders beside such elements is judged by."""
    fate = [FATES[cause][1]] if cause in FATES else []
    return [FAILS_ALONE, *fate, *ROWS]


def live_elements(caller: ArcusCaller, orders: Orders, cause: str, count: int) -> list[AskedElement]:
    """Elements of open orders; beside client ids, every second one names its order by clientId where it has one."""
    opened: list[ProvisionedOrder] = []
    if cause == CLIENT_ID:
        with orders.optional():
            opened += orders.open(count, client_ids=True)
    opened = opened or orders.open(count)
    return [
        AskedElement(caller.element(order, "clientId" if place % 2 and order.client_id else "orderId"), "open", order)
        for place, order in enumerate(opened)
    ]


def elements(caller: ArcusCaller, orders: Orders, cause: str, count: int) -> list[AskedElement]:
    """Elements that match no live order, for this cause."""
    if cause == CLIENT_ID:
        return [AskedElement(caller.element(text, "clientId"), cause) for text in caller.unknown_client_ids(count)]
    return provision(caller, orders, cause, count)


@pytest.mark.parametrize(
    "cause", [pytest.param(each, marks=pytest.mark.clause(*clauses_beside(each))) for each in CAUSES]
)
@pytest.mark.deepens
def test_live_orders_are_cancelled_beside_every_failing_element(
    caller: ArcusCaller, orders: Orders, forms: Forms, breach: Breach, cause: str
) -> None:
    """Live orders around elements that match none are cancelled; the orders of those elements keep their status."""
    for form in forms(caller):
        others, live = elements(caller, orders, cause, 3), live_elements(caller, orders, cause, 4)
        batch = around(live, others)

        answer = caller.cancel_batch([asked.element for asked in batch])

        affected = _left(orders, live)
        if affected:
            where = where_one_affects_others(lambda place: _one_affects_others(caller, orders, cause, place))
            wanted = f"four open orders to be cancelled before, between and behind three elements, {cause} ({form})"
            said = [f"the one at place {batch.index(asked)} reads as {status}" for asked, status in affected]
            breach(
                Violation(wanted, f"{'; '.join(said)}; {where}; {answer!r}", FAILS_ALONE, kind="live-order-affected")
            )
            continue
        if answer.accepted:
            judge_answer(answer, batch, Assessment(breach))
            made = [asked.order for asked in others if asked.order is not None]
            read = orders.poll_until(made, made[0].status) if made else {}
            judge_fates(answer, others, read, Assessment(breach))


def _left(orders: Orders, live: Sequence[AskedElement]) -> list[tuple[AskedElement, str]]:
    """The live ones that do not come to read as cancelled, with what they read as."""
    read = orders.poll_until([asked.order for asked in live if asked.order is not None])
    found = [(asked, read[asked.order.order_id]) for asked in live if asked.order is not None]
    return [(asked, status) for asked, status in found if status != "cancelled"]


def _one_affects_others(caller: ArcusCaller, orders: Orders, cause: str, place: int) -> bool:
    live = live_elements(caller, orders, cause, 4)
    batch = [*live]
    batch[place:place] = elements(caller, orders, cause, 1)
    caller.cancel_batch([asked.element for asked in batch])
    return bool(_left(orders, live))
