"""Orders whose cancellation fails: lock_invariant and unknown (batch-cancel page, response, notCancelled).

A batch of these checks goes out as it comes: were it retried for an id that is unknown for another cause, the outcome
that was armed would not come again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.client.caller import ids_of
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import LOCK_INVARIANT, UNKNOWN, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.transient import outcomes_by_place

Arm = Callable[[ProvisionedOrder, str], None]
Batch = list[ProvisionedOrder | str]


outcomes = pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(LOCK_INVARIANT, marks=pytest.mark.clause("predictstreet.outcomes.lock-invariant")),
        pytest.param(UNKNOWN, marks=pytest.mark.clause("predictstreet.outcomes.unknown")),
    ],
)


@outcomes
@pytest.mark.parametrize(
    ("size", "place"),
    [
        pytest.param(1, 0, id="alone"),
        pytest.param(3, 1, id="among others", marks=pytest.mark.deepens),
        pytest.param(3, 0, id="first", marks=pytest.mark.deepens),
        pytest.param(3, 2, id="last", marks=pytest.mark.deepens),
    ],
)
def test_failed_cancel_is_reported(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str, size: int, place: int
) -> None:
    """The order is reported as not cancelled, with the reason for which its cancellation failed."""

    def attempt() -> tuple[list[str], BatchAnswer]:
        batch = orders.open(size)
        cancel_outcome(batch[place], outcome)
        return ids_of(batch), caller.cancel_batch(batch, as_it_comes=True)

    reported = outcomes_by_place(attempt, asked={place} if outcome == UNKNOWN else ())

    assert reported[place] == outcome, "other-outcome"


@outcomes
@pytest.mark.parametrize("status", ["open", pytest.param("partially_filled", marks=pytest.mark.smoke)])
@pytest.mark.deepens
def test_every_failed_cancel_is_reported(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str, status: str
) -> None:
    """Each of several failed orders in one batch, open or partially filled, is reported with its reason."""

    def attempt() -> tuple[list[str], BatchAnswer]:
        batch = orders.make(2, status)
        for order in batch:
            cancel_outcome(order, outcome)
        return ids_of(batch), caller.cancel_batch(batch, as_it_comes=True)

    assert outcomes_by_place(attempt, asked={0, 1} if outcome == UNKNOWN else ()) == [outcome] * 2, "other-outcome"


@pytest.mark.clause(
    "predictstreet.outcomes.lock-invariant", "predictstreet.outcomes.once", "predictstreet.outcomes.failed-stays-open"
)
@pytest.mark.deepens
def test_failed_cancel_of_order_named_twice_is_not_tried_again(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, breach: Callable[[Violation], None]
) -> None:
    """Named twice, an order is tried once: it is reported as lock_invariant alone, and stays open."""
    named: list[ProvisionedOrder] = []
    answers: list[BatchAnswer] = []

    def attempt() -> tuple[list[str], BatchAnswer]:
        named[:] = orders.open(3)
        cancel_outcome(named[0], LOCK_INVARIANT)
        answers[:] = [caller.cancel_batch([*named[:2], named[0]], as_it_comes=True)]
        return ids_of(named[:2]), answers[0]

    outcome, _ = outcomes_by_place(attempt)
    order, _, control = named
    [answer] = answers

    if order.order_id in answer.cancelled_ids and order.order_id in answer.reasons:
        said = "one outcome for an order that is named twice and whose balance lock does not hold"
        breach(Violation(said, repr(answer), "predictstreet.outcomes.once", kind="two-outcomes"))
    elif outcome != LOCK_INVARIANT:
        said = "an order that is named twice and whose balance lock does not hold to be lock_invariant"
        breach(Violation(said, outcome, "predictstreet.outcomes.lock-invariant", kind="other-outcome"))
    else:
        caller.cancel_batch([control])
        read = orders.after(control, [order])[order.order_id]
        if read != "open":
            said = "an order that is named twice and reported as lock_invariant to stay open"
            breach(Violation(said, f"it is {read}", "predictstreet.outcomes.failed-stays-open", kind="order-touched"))


@pytest.mark.clause("predictstreet.outcomes.lock-invariant-rest")
@pytest.mark.parametrize(
    "armed",
    [
        pytest.param([1, 3], marks=pytest.mark.smoke),
        *(pytest.param(each, marks=pytest.mark.deepens) for each in ([0], [2], [4], [1, 3, 5, 7, 9])),
    ],
    ids=str,
)
def test_lock_invariant_does_not_affect_other_orders(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, armed: list[int]
) -> None:
    """The other orders are reported and read back as cancelled, wherever and however many hit lock_invariant."""
    reported: list[ProvisionedOrder] = []

    def attempt() -> tuple[list[str], BatchAnswer]:
        batch = orders.open(11 if len(armed) > 2 else 5)
        for place in armed:
            cancel_outcome(batch[place], LOCK_INVARIANT)
        answer = caller.cancel_batch(batch, as_it_comes=True)
        reported.extend(order for order in batch if answer.cancelled(order.order_id))
        return ids_of(batch), answer

    rest = [outcome for place, outcome in enumerate(outcomes_by_place(attempt, armed)) if place not in armed]

    if set(rest) != {"cancelled"}:
        expected = f"{len(rest)} open orders to be cancelled beside {len(armed)} whose balance lock does not hold"
        raise Violation(expected, ", ".join(rest), kind="other-orders-affected")
    assert set(orders.poll_until(reported).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.outcomes.lock-invariant-rest")
@pytest.mark.deepens
def test_lock_invariant_does_not_change_other_reasons(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm
) -> None:
    """Other ids that cannot be cancelled get the reasons that they would get without it."""
    named: Batch = [*orders.make(1, "filled"), *orders.unknown(1)]
    expected = caller.cancel_batch(named).outcomes(ids_of(named))

    def attempt() -> tuple[list[str], BatchAnswer]:
        [tripped] = orders.open(1)
        cancel_outcome(tripped, LOCK_INVARIANT)
        batch: Batch = [*orders.make(1, "filled"), tripped, *orders.unknown(1)]
        return ids_of(batch), caller.cancel_batch(batch, as_it_comes=True)

    filled, _, unknown = outcomes_by_place(attempt, asked={1})

    if [filled, unknown] != expected:
        wanted = f"a filled order and an unknown id to be {' and '.join(expected)} also beside a lock_invariant"
        raise Violation(wanted, f"{filled} and {unknown}", kind="other-reason")


@pytest.mark.clause("predictstreet.outcomes.failed-stays-open")
@pytest.mark.parametrize("outcome", [LOCK_INVARIANT, UNKNOWN])
def test_order_whose_cancel_failed_is_still_open(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str
) -> None:
    """An order that is reported as not cancelled reads back as open."""
    order, other, control = orders.open(3)
    cancel_outcome(order, outcome)

    answer = caller.cancel_batch([order, other], as_it_comes=True)

    if answer.reason(order.order_id) is None:
        clause = "outcomes.lock-invariant" if outcome == LOCK_INVARIANT else "outcomes.unknown"
        raise Presupposed(clause, f"an order whose cancel was to fail is reported as {answer.outcome(order.order_id)}")
    caller.cancel_batch([control])
    assert orders.after(control, [order]) == {order.order_id: "open"}, "order-touched"


@pytest.mark.clause("predictstreet.outcomes.unknown-retry")
@pytest.mark.smoke
def test_order_reported_as_unknown_is_cancelled_by_a_retry(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm
) -> None:
    """An order reported as unknown is cancelled when it is sent again after the transient cause is gone."""
    batch = orders.open(2)
    order = batch[0]
    cancel_outcome(order, UNKNOWN)
    first = caller.cancel_batch(batch, as_it_comes=True)
    if first.outcome(order.order_id) != UNKNOWN:
        what = f"an order whose cancel was to fail for a while is reported as {first.outcome(order.order_id)}"
        raise Presupposed("outcomes.unknown", what)

    retry = caller.cancel_batch(batch)

    assert retry.outcome(order.order_id) == "cancelled", "not-reported-cancelled"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.outcomes.unknown-rest")
def test_rest_of_a_batch_with_an_unknown_outcome(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, observe: Callable[[str], None]
) -> None:
    """What happens to the other orders of a batch in which one is reported as unknown?"""
    first, order, last = orders.open(3)
    cancel_outcome(order, UNKNOWN)

    answer = caller.cancel_batch([first, order, last], as_it_comes=True)

    observe(f"before it {answer.outcome(first.order_id)}, after it {answer.outcome(last.order_id)}")
