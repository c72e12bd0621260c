"""A client that hangs up may come back: its orders are cancelled once, and told as they are (the page, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.aside import Aside
from suites.shared.hanging_up import hung_up_and_cancelled_again, in_every_way
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, CANCELLED, BatchAnswer
from venue_conformance.wire.hang_up import How

OPEN, READ_BACK, AGAIN = (f"predictstreet.lifecycle.{rule}" for rule in ("open-cancelled", "read-back", "re-cancel"))


def _judge(aside: Aside, how: How, order: StagedOrder, before: str, second: BatchAnswer, read: str) -> None:
    """What reads as cancelled is committed: the second batch finds it so. What is open is cancelled by the second."""
    outcome = second.outcome(order.order_id)
    told = f"it read as {before} before, the second batch reported {outcome}, and it reads as {read}"
    after = f"after the client had left the first batch ({how})"
    if before == "cancelled" and outcome != ALREADY_TERMINAL:
        said = f"{ALREADY_TERMINAL} for an order that read as cancelled, {after}"
        aside.breach(Violation(said, told, AGAIN, kind="told-again"))
    elif read != "cancelled" and outcome == CANCELLED:
        aside.breach(
            Violation(
                f"an order in cancelled to read as cancelled, {after}", told, READ_BACK, kind="told-cancelled-but-not"
            )
        )
    elif read != "cancelled":
        aside.breach(
            Violation(
                f"an order that reads as {read} to be reported in cancelled, {after}",
                told,
                OPEN,
                kind="not-told-cancelled",
            )
        )


@pytest.mark.clause(OPEN, READ_BACK, AGAIN)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(story=hung_up_and_cancelled_again, judge=_judge)
def test_who_hung_up_can_cancel_again(held_aside: Callable[[], None]) -> None:
    """An order is cancelled by the batch that its client hung up on, or by the next one; read-back and answer agree."""
    held_aside()
