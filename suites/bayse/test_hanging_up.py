"""After a disconnect the batch is carried out once, and its outcome can be retrieved (batch-cancel page)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from fixtures.aside import Aside
from suites.shared.hanging_up import hang_up_on, hung_up_and_cancelled_again, in_every_way
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.hang_up import How

ONCE, SAME, AFTERWARDS = (
    f"bayse.idempotency.{rule}" for rule in ("carried-out-once", "replay-same-answer", "replay-after-conflict")
)
CANCELS = "bayse.lifecycle.open-cancelled"
#: The seconds between retries of a request that is said to be in flight. Ten of them are more than ten times the hold.
PAUSES = (0.2, 0.8, 2.0, 3.0, 4.0)


def hung_up_under_a_key(aside: Aside, how: How) -> None:
    """Hang up on the keyed cancel of an open order, and retry it under its key."""
    caller: BayseCaller = aside.caller
    [order], [control], key = aside.orders.open(1), aside.orders.open(1), caller.new_idempotency_key()
    if not caller.cancel_batch([control]).require_processed().cancelled(control.order_id):
        raise Presupposed("lifecycle.open-cancelled", "a batch of one open order did not say that it was cancelled")
    send: Callable[..., BatchAnswer] = partial(caller.cancel_batch, [order], idempotency_key=key)
    hang_up_on(aside, how, send)
    retry = send()
    for seconds in PAUSES:
        if retry.status != 409 or retry.succeeded:
            break
        time.sleep(seconds)
        retry = send()
    breach = _breach_of(how, order, retry, aside.orders.poll_until([order])[order.order_id])
    if breach is not None:
        raise breach
    again = send(retry=True)
    if not again.same_as(retry):
        said = f"a second retry, after the client had left ({how}), to get the answer of the first one: {retry!r}"
        raise Violation(said, repr(again), SAME, kind="not-replayed")


def _breach_of(how: How, order: ProvisionedOrder, retry: BatchAnswer, read: str) -> Violation | None:
    """What is wrong with the answer to a retry, and with what the order reads as, None where nothing is."""
    reported = f"it got {retry!r}, and the order reads as {read}"
    who = f"a retry under the key, of a client who had left ({how})"
    if retry.status == 409 and not retry.succeeded:
        said = f"{who}, to be answered once the first request had finished"
        return Violation(said, f"{reported}, {sum(PAUSES):g} s later", AFTERWARDS, kind="not-usable-afterwards")
    if not retry.accepted:
        return Violation(f"{who}, to get the first request's answer", reported, SAME, kind="other-answer")
    if not retry.cancelled(order.order_id) and read == "cancelled":
        return Violation(
            f"{who}, to be told that the order was cancelled, as it was by its own first try",
            reported,
            ONCE,
            kind="not-reported-cancelled",
        )
    if not retry.cancelled(order.order_id) or read != "cancelled":
        return Violation(
            f"{who}, to find its order cancelled, and to be told so",
            reported,
            CANCELS,
            kind="not-settled-after-hanging-up",
        )
    return None


@pytest.mark.clause(ONCE, AFTERWARDS, SAME, CANCELS)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(procedure=hung_up_under_a_key)
def test_client_that_disconnected_gets_the_outcome_with_its_key(run_aside: Callable[[], None]) -> None:
    """After a disconnect, a retry with the same key gets the outcome of the batch, which is carried out once."""
    run_aside()


def _judge(aside: Aside, how: How, order: ProvisionedOrder, before: str, second: BatchAnswer, read: str) -> None:
    if read != "cancelled":
        said = f"the open order {order.order_id} to be cancelled by a second batch, though the client left one ({how})"
        reported = f"it read as {before} before, the second batch was answered {second!r}, and it reads as {read}"
        aside.breach(Violation(said, reported, CANCELS, kind="not-settled-after-hanging-up"))


@pytest.mark.clause(CANCELS)
@pytest.mark.deepens
@in_every_way
@pytest.mark.aside(procedure=hung_up_and_cancelled_again, judge=_judge)
def test_client_that_disconnected_can_cancel_again(run_aside: Callable[[], None]) -> None:
    """Without a key, an order is cancelled by the request whose client disconnected or by the next one."""
    run_aside()
