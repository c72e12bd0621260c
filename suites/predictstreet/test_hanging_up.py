"""After a disconnect the orders are cancelled once and reported correctly (the page, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.aside import Aside
from suites.shared.hanging_up import hung_up_and_cancelled_again, in_every_way
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, CANCELLED, BatchAnswer
from venue_conformance.wire.hang_up import How

OPEN, READ_BACK, AGAIN = (f"predictstreet.lifecycle.{rule}" for rule in ("open-cancelled", "read-back", "re-cancel"))


def _judge(aside: Aside, how: How, order: ProvisionedOrder, before: str, second: BatchAnswer, read: str) -> None:
    """What reads as cancelled is committed: the second batch finds it so. What is open is cancelled by the second."""
    outcome = second.outcome(order.order_id)
    reported = f"it read as {before} before, the second batch reported {outcome}, and it reads as {read}"
    after = f"after the client had left the first batch ({how})"
    if before == "cancelled" and outcome != ALREADY_TERMINAL:
        said = f"{ALREADY_TERMINAL} for an order that read as cancelled, {after}"
        aside.breach(Violation(said, reported, AGAIN, kind="reported-again"))
    elif read != "cancelled" and outcome == CANCELLED:
        aside.breach(
            Violation(
                f"an order in cancelled to read as cancelled, {after}",
                reported,
                READ_BACK,
                kind="reported-cancelled-but-is-not",
            )
        )
    elif read != "cancelled":
        aside.breach(
            Violation(
                f"an order that reads as {read} to be reported in cancelled, {after}",
                reported,
                OPEN,
                kind="not-reported-cancelled",
            )
        )


@pytest.mark.clause(OPEN, READ_BACK, AGAIN)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(procedure=hung_up_and_cancelled_again, judge=_judge)
def test_client_that_disconnected_can_cancel_again(run_aside: Callable[[], None]) -> None:
    """The batch whose client disconnected or the next one cancels the order; response and read-back agree."""
    run_aside()
