"""How long a key is stored (batch-cancel page, Idempotency-Key). These checks age the whole target and run last."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.early_keys import EarlyKeys

HOUR = 3600
DAY = 24 * HOUR
#: So many requests of one id each a fresh account may send at once, and a few more.
MANY = 80

pytestmark = pytest.mark.last


@pytest.mark.clause("bayse.idempotency.kept-for-24-hours")
@pytest.mark.deepens
def test_key_is_kept_while_many_others_are_used(caller: BayseCaller, orders: Orders, session: Session) -> None:
    """A key still replays after many others have been used, and so do the first keys of the run."""
    early = session.kept(EarlyKeys).all()
    batch, key = orders.open(1), caller.new_idempotency_key()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()
    for _ in range(MANY):
        other, other_key = orders.unknown(1), caller.new_idempotency_key()
        last = caller.cancel_batch(other, idempotency_key=other_key).require_processed()
    at_once = caller.cancel_batch(other, idempotency_key=other_key, retry=True)
    if not at_once.same_as(last):
        raise Presupposed("idempotency.replay-same-answer", f"a retry at once got {at_once!r}, after {last!r}")

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"
    for known in early:
        again = caller.speaking_for(known.account).send(known.body, idempotency_key=known.key, retry=True)
        # The account may have been given back, with its keys.
        if again.accepted and not again.same_as(known.first):
            said = f"a key that was used for {known.body.decode()} earlier in the run to replay {known.first!r}"
            raise Violation(said, repr(again), kind="other-answer")


@pytest.mark.clause("bayse.idempotency.kept-for-24-hours")
def test_key_is_kept_for_24_hours(caller: BayseCaller, orders: Orders, time_passed: Callable[[float], None]) -> None:
    """A retry 12, and another 23, hours after the first response still gets the replay."""
    batch, key = orders.open(1), caller.new_idempotency_key()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()
    at_once = caller.cancel_batch(batch, idempotency_key=key, retry=True)
    if not at_once.same_as(first):
        raise Presupposed("idempotency.replay-same-answer", f"a retry at once got {at_once!r}, after {first!r}")

    for hours in (12, 11):
        time_passed(hours * HOUR)
        retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)
        assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.changed-body-for-24-hours")
def test_key_belongs_to_its_body_for_24_hours(
    caller: BayseCaller, orders: Orders, time_passed: Callable[[float], None]
) -> None:
    """Another body 2, and again 23, hours after the first response gets 422 and cancels nothing."""
    first, second, control = orders.open(3)
    key = caller.new_idempotency_key()
    caller.cancel_batch([first], idempotency_key=key).require_processed()
    at_once = caller.cancel_batch([second], idempotency_key=key, retry=True)
    if at_once.status != 422:
        raise Presupposed("idempotency.changed-body", f"another body at once got {at_once!r}")

    for passed, hours in ((2, 2), (23, 21)):
        time_passed(hours * HOUR)
        answer = caller.cancel_batch([second], idempotency_key=key, retry=True)
        if answer.status != 422:
            said = f"another body under a key that was used {passed} hours ago to be refused with 422"
            raise Violation(said, f"it was answered {answer!r}", kind="other-status")

    caller.cancel_batch([control])
    read = orders.after(control, [second])[second.order_id]
    if read != "open":
        raise Violation("the order of the refused body to stay open", f"it is {read}", kind="other-body-carried-out")


@pytest.mark.clause("bayse.idempotency.kept-longer")
def test_key_after_more_than_24_hours(
    caller: BayseCaller, orders: Orders, time_passed: Callable[[float], None], observe: Callable[[str], None]
) -> None:
    """Does a key still replay after 36 hours?"""
    batch, key = orders.unknown(1), caller.new_idempotency_key()
    caller.cancel_batch(batch, idempotency_key=key)
    time_passed(36 * HOUR)

    answer = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    observe(f"after 36 hours: {'replayed' if answer.replayed else 'carried out afresh'} ({answer.status})")


@pytest.mark.clause("bayse.idempotency.expires")
def test_key_after_30_days(
    caller: BayseCaller, orders: Orders, time_passed: Callable[[float], None], observe: Callable[[str], None]
) -> None:
    """Does a key still replay after 30 days?"""
    batch, key = orders.unknown(1), caller.new_idempotency_key()
    caller.cancel_batch(batch, idempotency_key=key)
    time_passed(30 * DAY + HOUR)

    answer = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    observe(f"after 30 days: {'replayed' if answer.replayed else 'carried out afresh'} ({answer.status})")
