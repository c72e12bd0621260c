"""Transient responses are not stored under a key (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fixtures.bayse import Press, Require
from fixtures.states import Arm
from venue_conformance.client.caller import require_armed
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.limit import AT_ONCE, Together, singles_at_once

NOT_KEPT = {
    500: "server-error-not-kept",
    503: "server-error-not-kept",
    429: "rate-limit-not-kept",
    408: "timeout-not-kept",
}
#: So many times single ids, twenty at once, are sent under keys by a caller who is over the limit.
ROUNDS = 10
#: A 429 that is still there when so many other requests have passed, half a second apart, is a stored one.
TRIES = 3


def failures() -> list[object]:
    """Each transient status, before and after the batch took effect, as a parameter that carries its clause."""
    return [
        pytest.param(
            status,
            after_commit,
            id=f"{status} {'after' if after_commit else 'before'} the effect",
            marks=[
                pytest.mark.clause(f"bayse.idempotency.{rule}"),
                *([pytest.mark.deepens] if after_commit or status == 503 else []),
            ],
        )
        for status, rule in NOT_KEPT.items()
        for after_commit in (False, True)
    ]


def retried(caller: BayseCaller, orders: Orders, batch: Sequence[ProvisionedOrder | str], key: str) -> BatchAnswer:
    """The answer to a retry; a 429 only where requests under other keys pass while this one is refused."""
    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True, limit_asked=True)
    for _ in range(TRIES):
        if retry.status != 429 or retry.replayed:
            break
        caller.cancel_batch(orders.unknown(1))
        caller.retry_budget.wait(0.5)
        retry = caller.cancel_batch(batch, idempotency_key=key, retry=True, limit_asked=True)
    return retry


@pytest.mark.parametrize(("status", "after_commit"), failures())
def test_transient_response_is_not_stored(
    caller: BayseCaller,
    orders: Orders,
    failing_response: Arm,
    require_replay: Require,
    status: int,
    after_commit: bool,
) -> None:
    """A retry after a transient failure gets neither that failure nor a replay, and the order ends cancelled."""
    batch, key = orders.open(1), caller.new_idempotency_key()
    require_replay()
    failing_response(caller, status, after_commit=after_commit)
    first = caller.cancel_batch(batch, idempotency_key=key, limit_asked=True)
    require_armed(first, status)

    retry = retried(caller, orders, batch, key)

    assert retry.accepted, "not-accepted"
    assert not retry.replayed, "marked-as-replay"
    if not after_commit:
        assert retry.cancelled(batch[0].order_id) is True, "reported-as-failed"
    assert orders.poll_until(batch) == {batch[0].order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.idempotency.rate-limit-not-kept")
@pytest.mark.deepens
def test_rate_limited_batch_is_carried_out_later(
    new_caller: Callable[[], BayseCaller],
    orders: Orders,
    together: Together,
    put_over_limit: Press,
    require_replay: Require,
) -> None:
    """A batch with a key that was rate-limited is carried out once the caller may send again."""
    require_replay()
    caller = new_caller()
    put_over_limit(caller)
    refused: tuple[str, str] | None = None
    # One id can be paid for again at once, so that it takes many to be refused one.
    for _ in range(ROUNDS):
        keyed = [(order_id, caller.new_idempotency_key()) for order_id in orders.unknown(AT_ONCE)]
        answers = singles_at_once(caller, keyed, together)
        refused = next(
            (one for one, reported in zip(keyed, answers, strict=True) if reported and reported.status == 429), None
        )
        if refused is not None:
            break
    if refused is None:
        raise NeverExercised(f"no 429 in {ROUNDS * AT_ONCE} single ids under keys, {AT_ONCE} at once, over the limit")
    order_id, key = refused

    retry = retried(caller, orders, [order_id], key)

    assert retry.accepted, "not-accepted"
    assert not retry.replayed, "marked-as-replay"
