"""A client that hangs up may come back, and cancel again (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.aside import Aside
from suites.shared.hanging_up import hung_up_and_cancelled_again, in_every_way
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.wire.hang_up import How

CANCELLED = "arcus.lifecycle.open-cancelled"


def _judge(aside: Aside, how: How, order: ProvisionedOrder, before: str, second: BatchAnswer, read: str) -> None:
    if read != "cancelled":
        said = f"the open order {order.order_id} to be cancelled, though the client had left a batch before ({how})"
        reported = f"it read as {before} before, the second batch was answered {second!r}, and it reads as {read}"
        aside.breach(Violation(said, reported, CANCELLED, kind="not-settled-after-hanging-up"))


@pytest.mark.clause(CANCELLED)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(procedure=hung_up_and_cancelled_again, judge=_judge)
def test_client_that_disconnected_can_cancel_again(run_aside: Callable[[], None]) -> None:
    """An order is cancelled by the batch during which its client disconnected, or by the next one."""
    run_aside()
