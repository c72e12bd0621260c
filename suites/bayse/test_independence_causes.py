"""Live orders beside failing ones, for every documented cause of failure (the page, description and request body)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.bayse import Require
from suites.bayse.test_mixed_batches import LIVE, provision
from suites.shared.independence import around, judge_unchanged, where_one_affects_others
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import id_of
from venue_conformance.client.orders import Orders
from venue_conformance.client.wording import as_json
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.oracle import IN_ORDER, ONE_PER_ID, RULES, SUMMARY, judge

Batch = list[ProvisionedOrder | str]
Breach = Callable[[Violation], None]

FAILS_ALONE = "bayse.independence.bad-id-affects-no-other"
UNTOUCHED = "bayse.isolation.foreign-untouched"
LIVE_CLAUSES = [RULES[kind].clause for kind in LIVE]
CAUSES = [kind for kind in RULES if kind not in LIVE]


def failing_alone(kind: str) -> str:
    """The clause by which an order of this kind keeps no live one from being cancelled."""
    return "bayse.engine.amm-affects-no-other" if kind == "amm" else FAILS_ALONE


def stays(kind: str) -> str:
    """The clause by which an order of this kind stays as it is."""
    return UNTOUCHED if kind == "foreign" else RULES[kind].clause


def clauses_beside(kind: str) -> list[str]:
    """What a batch of live orders beside such of this kind is judged by."""
    named = [failing_alone(kind), FAILS_ALONE, RULES[kind].clause, stays(kind), ONE_PER_ID, IN_ORDER, SUMMARY]
    return list(dict.fromkeys(named))


@pytest.mark.parametrize(
    "kind", [pytest.param(each, marks=pytest.mark.clause(*clauses_beside(each))) for each in CAUSES]
)
@pytest.mark.deepens
def test_live_orders_are_cancelled_beside_every_failing_element(
    caller: BayseCaller, orders: Orders, require_cancel: Require, breach: Breach, kind: str
) -> None:
    """Live orders before, between and after failing ones are cancelled; each order has its row and final status."""
    others, live = provision(orders, kind, 3), orders.open(4)
    require_cancel()
    batch = around(list[ProvisionedOrder | str](live), others)

    answer = caller.cancel_batch(batch)

    kinds = [(id_of(named), "open" if named in live else kind) for named in batch]
    judge(answer, kinds, Assessment(_all_but_live(breach)))
    read = orders.poll_until(live)
    affected = [
        f"the one at place {batch.index(order)} is {reported} and reads as {read[order.order_id]}"
        for order in live
        if (reported := _reported(answer, order)) != "told as cancelled" or read[order.order_id] != "cancelled"
    ]
    if affected:
        where = where_one_affects_others(lambda place: _one_affects_others(caller, orders, kind, place))
        wanted = f"four open orders to be cancelled before, between and behind three that are {kind}"
        raise Violation(wanted, f"{'; '.join(affected)}; {where}", failing_alone(kind), kind="live-order-affected")
    judge_unchanged(orders, others, kind, stays(kind), breach)


def _all_but_live(breach: Breach) -> Breach:
    """Notes what is wrong with anything else than the live orders."""

    def report(violation: Violation) -> None:
        if violation.clause not in (FAILS_ALONE, *LIVE_CLAUSES):
            breach(violation)

    return report


def _reported(answer: BatchAnswer, order: ProvisionedOrder) -> str:
    rows = answer.rows_of(order.order_id) if answer.accepted else []
    if not rows:
        return f"told nothing of by {answer!r}"
    return "told as cancelled" if rows[0].get("success") is True else f"told as failed by {as_json(rows[0])}"


def _one_affects_others(caller: BayseCaller, orders: Orders, kind: str, place: int) -> bool:
    live: list[ProvisionedOrder] = orders.open(4)
    batch: Batch = [*live]
    batch[place:place] = provision(orders, kind, 1)
    answer = caller.cancel_batch(batch)
    reported = {_reported(answer, order) for order in live}
    return reported != {"told as cancelled"} or set(orders.poll_until(live).values()) != {"cancelled"}
