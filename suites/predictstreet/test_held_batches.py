"""A batch that takes long is still one transaction (batch-cancel page, description, one transaction)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.aside import Aside
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Violation, WayFault
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

ONE_BATCH = "predictstreet.atomicity.failed-batch"
CANCELLED = "predictstreet.lifecycle.read-back"
#: What was held takes nearly all of a hold, whatever clocks are worth.
NEARLY_ALL = 0.9


def held_for(aside: Aside, hold: float) -> None:
    """Hold a batch of open orders for so many seconds, and see what has become of them, however it was answered."""
    caller: PredictStreetCaller = aside.caller
    orders: Orders = aside.orders
    batch = orders.open(5)
    aside.hold(hold)
    answer: BatchAnswer | None = None
    try:
        with aside.session.transport.expecting(hold):
            answer = caller.cancel_batch(batch, limit_asked=True)
    except WayFault:
        pass  # a gateway may give up on it: what it did shows in its orders
    if answer is not None and answer.exchange.finished - answer.exchange.started < NEARLY_ALL * hold:
        raise NeverExercised(f"a batch that was to be held for {hold:g} s was answered sooner: {answer!r}")
    read = orders.poll_until(batch)
    actual = f"after {hold:g} s it got {answer!r}, and its orders read as {', '.join(read.values())}"
    reported = set() if answer is None or not answer.succeeded else set(answer.cancelled_ids)
    if any(read[order_id] != "cancelled" for order_id in reported):
        raise Violation(
            "orders in cancelled to read as cancelled", actual, CANCELLED, kind="reported-cancelled-but-is-not"
        )
    if (answer is None or answer.status >= 500) and len(set(read.values())) > 1:
        raise Violation(
            "a batch that takes long to cancel all of its open orders, or none",
            actual,
            ONE_BATCH,
            kind="partly-carried-out",
        )


@pytest.mark.clause(ONE_BATCH, CANCELLED)
@pytest.mark.deepens
@pytest.mark.aside(procedure=held_for)
@pytest.mark.parametrize(
    "run_aside",
    [
        pytest.param({"hold": 2.5}, id="2.5 s"),
        pytest.param({"hold": 65}, id="65 s", marks=pytest.mark.nightly),
    ],
    indirect=True,
)
def test_long_batch_is_not_left_partly_done(run_aside: Callable[[], None]) -> None:
    """However long a batch takes, even longer than a database statement may, it is not left partly done."""
    run_aside()
