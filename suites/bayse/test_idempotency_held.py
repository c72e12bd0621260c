"""Idempotency keys of requests that take long (batch-cancel page, Idempotency-Key).

A request that is carried out uses up a hold that was armed, and one that is not carried out does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from fixtures.aside import Aside
from venue_conformance.errors import NeverExercised, Presupposed, Violation, WayFault
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

ONCE, IN_FLIGHT, AFTERWARDS = (
    f"bayse.idempotency.{rule}" for rule in ("carried-out-once", "in-flight", "replay-after-conflict")
)
#: How long a hold is that tells a request that is carried out from one that is not, in seconds.
HOLD = 3.0
#: What came in so much of a hold was not held; what was held takes nearly all of it, whatever clocks are worth.
QUICK, AT_ONCE, NEARLY_ALL = 0.25, 0.5, 0.9
#: So often a replay must be seen carried out, lest one slow answer accuse anybody.
ROUNDS = 2


def seconds_of(answer: BatchAnswer) -> float:
    """How long an exchange took."""
    return answer.exchange.finished - answer.exchange.started


def replayed_beside_a_hold(aside: Aside) -> None:
    """Arm a hold, have an answer replayed, and see whether the hold is still there for the next batch."""
    caller: BayseCaller = aside.caller
    orders = aside.orders
    for found in range(1, ROUNDS + 1):
        batch, key = orders.open(1), caller.new_idempotency_key()
        first = caller.cancel_batch(batch, idempotency_key=key).require_processed()
        at_once = caller.cancel_batch(batch, idempotency_key=key, retry=True)
        if not at_once.same_as(first):
            raise Presupposed("idempotency.replay-same-answer", f"a retry got {at_once!r}, after {first!r}")
        usual = seconds_of(caller.cancel_batch(orders.open(1)).require_processed())
        if usual >= QUICK * HOLD:
            raise NeverExercised(
                f"a batch that was not held took {usual:.1f} s, too long for a hold of {HOLD:g} s to show"
            )
        aside.hold(HOLD)
        replay = seconds_of(caller.cancel_batch(batch, idempotency_key=key, retry=True))
        control = seconds_of(caller.cancel_batch(orders.open(1)).require_processed())
        took = f"the replay took {replay:.2f} s, the batch after it {control:.2f} s, one before the hold {usual:.2f} s"
        if replay < AT_ONCE * HOLD and control >= NEARLY_ALL * HOLD:
            break
        if replay < NEARLY_ALL * HOLD or control >= AT_ONCE * HOLD:
            raise NeverExercised(f"a hold of {HOLD:g} s did not show which request was carried out: {took}")
        if found == ROUNDS:
            said = f"a replay not to be carried out, and so to leave a hold of {HOLD:g} s to the batch after it"
            raise Violation(said, f"{took}, in {ROUNDS} of {ROUNDS} rounds", ONCE, kind="carried-out-again")


@pytest.mark.clause(ONCE)
@pytest.mark.deepens
@pytest.mark.aside(procedure=replayed_beside_a_hold)
def test_replay_is_not_carried_out(run_aside: Callable[[], None]) -> None:
    """A request that is answered with a replay is not carried out as well, so it uses up no hold."""
    run_aside()


def retried_while_held(aside: Aside, hold: float, after: Sequence[float]) -> None:
    """Hold a request, retry it ``after`` so many seconds, signed afresh, and once more when it has been answered."""
    caller: BayseCaller = aside.caller
    [order], [control] = aside.orders.open(1), aside.orders.open(1)
    if caller.cancel_batch([control]).require_processed().cancelled(control.order_id) is not True:
        raise Presupposed("lifecycle.open-cancelled", "a batch of one open order did not say that it was cancelled")
    key = caller.new_idempotency_key()
    send: Callable[..., BatchAnswer] = partial(caller.cancel_batch, [order], idempotency_key=key)
    aside.hold(hold)

    def held() -> BatchAnswer:
        with aside.session.transport.expecting(hold):
            return send(limit_asked=True)

    retries: list[BatchAnswer] = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        began = time.monotonic()
        waiting: Future[BatchAnswer] = pool.submit(held)
        for seconds in after:
            time.sleep(max(0.0, began + seconds - time.monotonic()))
            with aside.session.transport.expecting(hold):
                retries.append(send())
        first = _answer_of(waiting, hold)
    again = send(retry=True)

    way = max(0.0, seconds_of(first) - hold)
    begins, ends = first.exchange.started + way, first.exchange.finished - way
    before = [retry for retry in retries if begins <= retry.exchange.started and _came_before(retry, ends, hold)]
    if not before:
        raise NeverExercised(f"no retry came while the first request was held for {hold:g} s")
    for retry in before:
        _judge_retry(aside, retry, first, ends, retry.exchange.started - first.exchange.started)
    if not first.cancelled(order.order_id):
        said = "the first request to find its order open, as no retry in flight is carried out"
        aside.breach(Violation(said, f"after {hold:g} s it was answered {first!r}", ONCE, kind="held-answer-differs"))
    if not again.same_as(first):
        said = f"the key to replay the first request's answer once that has come: {first!r}"
        aside.breach(Violation(said, f"a retry after it got {again!r}", AFTERWARDS, kind="other-answer"))


def _answer_of(waiting: Future[BatchAnswer], hold: float) -> BatchAnswer:
    """The held request's answer. Raises NeverExercised where it is none of the venue's final ones."""
    try:
        first = waiting.result()
    except WayFault as fault:
        raise NeverExercised(f"the request that was held for {hold:g} s was not answered: {fault}") from fault
    if not first.accepted or seconds_of(first) < NEARLY_ALL * hold:
        raise NeverExercised(
            f"the request that was to be held for {hold:g} s got {first!r} after {seconds_of(first):.1f} s"
        )
    return first


def _came_before(retry: BatchAnswer, ends: float, hold: float) -> bool:
    """Whether a retry came while the first request was held: it was answered by then, or sent long before."""
    return retry.exchange.finished <= ends or ends - retry.exchange.started >= AT_ONCE * hold


def _judge_retry(aside: Aside, retry: BatchAnswer, first: BatchAnswer, ends: float, after: float) -> None:
    if retry.status == 409 and not retry.succeeded:
        return
    said, reported = f"409 for a retry that came {after:.1f} s after its first request, which was held", repr(retry)
    aside.breach(Violation(said, reported, IN_FLIGHT, kind="no-conflict"))
    if retry.accepted and (retry.exchange.finished <= ends or not retry.same_as(first)):
        said = f"a retry {after:.1f} s after its first request, which was held, not to be carried out"
        aside.breach(
            Violation(said, f"{reported}; the first request then got {first!r}", ONCE, kind="carried-out-again")
        )


@pytest.mark.clause(IN_FLIGHT, ONCE, AFTERWARDS)
@pytest.mark.deepens
@pytest.mark.aside(procedure=retried_while_held)
@pytest.mark.parametrize(
    "run_aside",
    [
        pytest.param({"hold": 6.5, "after": (2, 6)}, id="6.5 s"),
        pytest.param({"hold": 65, "after": (20, 35, 61)}, id="65 s", marks=pytest.mark.nightly),
    ],
    indirect=True,
)
def test_key_of_long_request_stays_in_flight(run_aside: Callable[[], None]) -> None:
    """However long a request takes, its retries get 409 until it is answered, and none is carried out."""
    run_aside()
