"""Transient answers are not kept under a key (page 004, Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fixtures.states import Arm
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.caller import require_armed
from venue_conformance.venues.orders import Orders

NOT_KEPT = {
    500: "server-error-not-kept",
    503: "server-error-not-kept",
    429: "rate-limit-not-kept",
    408: "timeout-not-kept",
}

NewCaller = Callable[[], BayseCaller]
Together = Callable[[Sequence[Callable[[], BatchAnswer]]], list[BatchAnswer]]

#: Batches of 100, and then ids one by one, so many at a time, that are sent until the limit refuses one.
BATCHES, ROUNDS, AT_ONCE = 8, 10, 20
#: A 429 that is still there when so many other requests have passed, half a second apart, is a stored one.
TRIES = 3


def failures() -> list[object]:
    """Each transient status, before and after the batch took effect, as a parameter that carries its clause."""
    return [
        pytest.param(
            status,
            after_commit,
            id=f"{status} {'after' if after_commit else 'before'} the effect",
            marks=pytest.mark.clause(f"bayse.idempotency.{rule}"),
        )
        for status, rule in NOT_KEPT.items()
        for after_commit in (False, True)
    ]


def retried(caller: BayseCaller, orders: Orders, batch: Sequence[StagedOrder | str], key: str) -> BatchAnswer:
    """The answer to a retry; a 429 only where requests under other keys pass while this one is refused."""
    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True, limit_asked=True)
    for _ in range(TRIES):
        if retry.status != 429:
            break
        caller.cancel_batch(orders.unknown(1))
        caller.patience.wait(0.5)
        retry = caller.cancel_batch(batch, idempotency_key=key, retry=True, limit_asked=True)
    return retry


@pytest.mark.parametrize(("status", "after_commit"), failures())
def test_a_transient_answer_is_not_kept(
    caller: BayseCaller, orders: Orders, failing_response: Arm, status: int, after_commit: bool
) -> None:
    """The retry is carried out afresh: it is neither the failure again nor a replay, and the order ends cancelled."""
    batch, key = orders.open(1), caller.new_idempotency_key()
    failing_response(caller, status, after_commit=after_commit)
    first = caller.cancel_batch(batch, idempotency_key=key, limit_asked=True)
    require_armed(first, status)

    retry = retried(caller, orders, batch, key)

    assert retry.succeeded
    assert not retry.replayed
    if not after_commit:
        assert retry.cancelled(batch[0].order_id) is True
    assert orders.settle(batch) == {batch[0].order_id: "cancelled"}


def refused_for_the_limit(caller: BayseCaller, orders: Orders, together: Together) -> tuple[str, str] | None:
    """An id and a key, new ones both, whose batch the venue's own limit refused; None when it limits nobody so soon."""
    for _ in range(BATCHES):
        if caller.cancel_batch(orders.unknown(100), limit_asked=True).status == 429:
            break
    else:
        return None
    # One id can be paid for again at once; what is left of the budget is spent first.
    for _ in range(ROUNDS):
        keyed = [(order_id, caller.new_idempotency_key()) for order_id in orders.unknown(AT_ONCE)]
        answers = together(
            [lambda one=one: caller.cancel_batch([one[0]], idempotency_key=one[1], limit_asked=True) for one in keyed]  # type: ignore[misc]
        )
        for one, answer in zip(keyed, answers, strict=True):
            if answer.status == 429:
                return one
    return None


@pytest.mark.clause("bayse.idempotency.rate-limit-not-kept")
def test_a_batch_refused_for_the_limit_is_carried_out_later(
    new_caller: NewCaller, orders: Orders, together: Together
) -> None:
    """What the venue's own limit refused under a key is carried out once the caller may send again."""
    caller = new_caller()
    refused = refused_for_the_limit(caller, orders, together)
    if refused is None:
        return
    order_id, key = refused

    retry = retried(caller, orders, [order_id], key)

    assert retry.succeeded
    assert not retry.replayed
