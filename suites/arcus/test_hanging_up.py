"""A client that hangs up may come back, and cancel again (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.aside import Aside
from suites.shared.hanging_up import hung_up_and_cancelled_again, in_every_way
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.wire.hang_up import How

CANCELLED = "arcus.lifecycle.open-cancelled"


def _judge(aside: Aside, how: How, order: StagedOrder, before: str, second: BatchAnswer, read: str) -> None:
    if read != "cancelled":
        said = f"the open order {order.order_id} to be cancelled, though the client had left a batch before ({how})"
        told = f"it read as {before} before, the second batch was answered {second!r}, and it reads as {read}"
        aside.breach(Violation(said, told, CANCELLED, kind="not-settled-after-hanging-up"))


@pytest.mark.clause(CANCELLED)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(story=hung_up_and_cancelled_again, judge=_judge)
def test_who_hung_up_can_cancel_again(held_aside: Callable[[], None]) -> None:
    """An order is cancelled by the batch that its client hung up on, or by the next one."""
    held_aside()
