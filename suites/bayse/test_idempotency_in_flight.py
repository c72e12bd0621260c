"""Concurrent requests that share a key (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fixtures.bayse import Require
from fixtures.in_flight import Overlap
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

Send = Callable[[], BatchAnswer]


@pytest.mark.clause("bayse.idempotency.in-flight")
def test_concurrent_retry_is_rejected(caller: BayseCaller, orders: Orders, overlapping: Overlap) -> None:
    """Of two overlapping requests with one key, one is carried out and the other gets 409."""

    def pair() -> tuple[Send, Send]:
        batch, key = orders.open(1), caller.new_idempotency_key()
        return (lambda: caller.cancel_batch(batch, idempotency_key=key),) * 2

    answers = overlapping(caller, pair)

    assert sorted(answer.status for answer in answers if not answer.accepted) == [409], "no-conflict"


@pytest.mark.clause("bayse.idempotency.changed-body")
@pytest.mark.deepens
def test_another_body_in_flight_is_rejected(caller: BayseCaller, orders: Orders, overlapping: Overlap) -> None:
    """While a request is in flight, another body with its key gets 422 or 409 and cancels nothing."""
    provisioned: list[ProvisionedOrder] = []

    def pair() -> tuple[Send, Send]:
        first, second = orders.open(2)
        provisioned[:] = [first, second]
        key = caller.new_idempotency_key()
        return (
            lambda: caller.cancel_batch([first], idempotency_key=key),
            lambda: caller.cancel_batch([second], idempotency_key=key),
        )

    answers = overlapping(caller, pair)

    assert [answer.status for answer in answers if not answer.accepted] in ([409], [422]), "no-conflict"
    [control] = orders.open(1)
    caller.cancel_batch([control])
    [(done, other)] = [
        (order, other)
        for order, other, answer in zip(provisioned, provisioned[::-1], answers, strict=True)
        if answer.accepted
    ]
    # Each change may take a time of its own to show.
    assert orders.poll_until([done]) == {done.order_id: "cancelled"}, "not-cancelled"
    assert orders.after(control, [other]) == {other.order_id: "open"}, "other-body-carried-out"


@pytest.mark.clause("bayse.idempotency.replay-after-conflict")
def test_key_replays_after_a_conflict(caller: BayseCaller, orders: Orders, overlapping: Overlap) -> None:
    """Once the first request has finished, the retry that got 409 gets its response."""
    again: list[Send] = []

    def pair() -> tuple[Send, Send]:
        batch, key = orders.open(1), caller.new_idempotency_key()
        again[:] = [lambda: caller.cancel_batch(batch, idempotency_key=key, retry=True)]
        return (lambda: caller.cancel_batch(batch, idempotency_key=key),) * 2

    answers = overlapping(caller, pair)
    finished = [answer for answer in answers if answer.accepted]
    if sorted(answer.status for answer in answers if not answer.accepted) != [409] or not finished:
        raise Presupposed("idempotency.in-flight", f"two requests that overlap under one key were answered {answers!r}")

    retries = [again[0](), again[0]()]

    assert [(retry.status, retry.json) for retry in retries] == [(finished[0].status, finished[0].json)] * 2, (
        "other-answer"
    )


@pytest.mark.clause("bayse.idempotency.first-answer-survives")
@pytest.mark.deepens
def test_other_body_in_flight_leaves_the_first_response_in_place(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, require_replay: Require
) -> None:
    """After another body was rejected while the first was in flight, the key replays the first response."""
    require_replay()
    again: list[Send] = []

    def pair() -> tuple[Send, Send]:
        mine, other, key = orders.open(1), orders.unknown(1), caller.new_idempotency_key()
        again[:] = [lambda: caller.cancel_batch(mine, idempotency_key=key, retry=True)]
        return (
            lambda: caller.cancel_batch(mine, idempotency_key=key),
            lambda: caller.cancel_batch(other, idempotency_key=key),
        )

    first, other = overlapping(caller, pair)
    if not first.accepted or not other.refused:
        raise Presupposed("idempotency.changed-body", f"two bodies under one key were answered {first!r}, {other!r}")

    retry = again[0]()

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.other-keys-served")
@pytest.mark.parametrize("keyed", [True, False])
def test_other_keys_are_served_during_a_request(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, require_replay: Require, keyed: bool
) -> None:
    """A request with another key, or without one, is carried out while one is in flight."""
    require_replay()

    def pair() -> tuple[Send, Send]:
        first, second = orders.open(2)
        key, other = caller.new_idempotency_key(), caller.new_idempotency_key() if keyed else None
        return (
            lambda: caller.cancel_batch([first], idempotency_key=key),
            lambda: caller.cancel_batch([second], idempotency_key=other),
        )

    answers = overlapping(caller, pair)

    assert [answer.accepted for answer in answers] == [True, True], "not-accepted"


@pytest.mark.clause("bayse.idempotency.other-keys-served")
@pytest.mark.deepens
def test_same_batch_under_another_key_is_served_during_a_request(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, require_replay: Require
) -> None:
    """A request with another key is carried out while one with the same body is in flight."""
    require_replay()

    def pair() -> tuple[Send, Send]:
        batch = orders.unknown(1)
        keys = caller.new_idempotency_key(), caller.new_idempotency_key()
        return (
            lambda: caller.cancel_batch(batch, idempotency_key=keys[0]),
            lambda: caller.cancel_batch(batch, idempotency_key=keys[1]),
        )

    answers = overlapping(caller, pair)

    assert [answer.accepted for answer in answers] == [True, True], "not-accepted"


@pytest.mark.clause("bayse.idempotency.other-keys-served")
@pytest.mark.deepens
def test_other_caller_is_served_during_a_request(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, overlapping: Overlap, require_replay: Require
) -> None:
    """Another caller's request with another key is carried out while one is in flight."""
    require_replay()

    def pair() -> tuple[Send, Send]:
        key, other = caller.new_idempotency_key(), caller.new_idempotency_key()
        return (
            lambda: caller.cancel_batch(orders.unknown(1), idempotency_key=key),
            lambda: stranger.cancel_batch(orders.unknown(1), idempotency_key=other),
        )

    answers = overlapping(caller, pair)

    assert [answer.accepted for answer in answers] == [True, True], "not-accepted"


@pytest.mark.clause("bayse.idempotency.optional")
@pytest.mark.deepens
def test_same_request_without_a_key_in_flight_is_carried_out(
    caller: BayseCaller, orders: Orders, overlapping: Overlap
) -> None:
    """Without a key two overlapping requests with one body are both carried out, and neither is a replay."""

    def same() -> tuple[Send, Send]:
        batch = orders.unknown(1)
        return (lambda: caller.cancel_batch(batch),) * 2

    def different() -> tuple[Send, Send]:
        first, second = orders.unknown(2)
        return (lambda: caller.cancel_batch([first]), lambda: caller.cancel_batch([second]))

    answers = overlapping(caller, same)
    if not all(answer.accepted for answer in answers):
        control = overlapping(caller, different)
        if not all(answer.accepted for answer in control):
            raise NeverExercised(f"two overlapping requests with different bodies were answered {control!r}")

    assert [answer.accepted for answer in answers] == [True, True], "not-accepted"
    assert [answer.replayed for answer in answers] == [False, False], "marked-as-replay"


@pytest.mark.clause("bayse.idempotency.callers-independent")
@pytest.mark.deepens
def test_overlapping_requests_of_two_callers_with_one_key_are_separate(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, overlapping: Overlap, require_replay: Require
) -> None:
    """Overlapping requests of two callers with one key are each carried out for their own caller or rejected."""
    require_replay()

    def pair() -> tuple[Send, Send]:
        mine, theirs = orders.open(1), orders.make(1, "open", owner=stranger)
        key = caller.new_idempotency_key()
        named[:] = [*mine, *theirs]
        return (
            lambda: caller.cancel_batch(mine, idempotency_key=key),
            lambda: stranger.cancel_batch(theirs, idempotency_key=key),
        )

    named: list[ProvisionedOrder] = []
    answers = overlapping(caller, pair)

    for order, answer in zip(named, answers, strict=True):
        if not answer.refused and answer.ids != [order.order_id]:
            said = "each of two callers' requests under one key to be answered for its own order, or refused"
            raise Violation(said, f"{order.order_id}, named by one of them alone: {answer!r}", kind="not-served")
        if answer.accepted:
            if not answer.cancelled(order.order_id):
                said = "a caller's own open order to be cancelled, or its request to be refused"
                raise Violation(said, repr(answer), kind="not-cancelled")
            read = orders.poll_until([order])[order.order_id]
            if read != "cancelled":
                raise Violation(
                    "an order to be cancelled when its row says so",
                    f"it reads as {read}",
                    kind="reported-cancelled-but-is-not",
                )


@pytest.mark.clause("bayse.idempotency.carried-out-once")
@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.deepens)])
def test_batch_is_carried_out_once(
    caller: BayseCaller,
    orders: Orders,
    together: Callable[[Sequence[Send]], list[BatchAnswer]],
    count: int,
) -> None:
    """Of many concurrent requests with one key, one is carried out; the others replay it or get 409."""
    for _ in range(3):
        batch, key = orders.open(1), caller.new_idempotency_key()
        # Paced one by one they would not meet.
        caller.session.pacer.rest(caller.name, count)

        answers = together([lambda: caller.cancel_batch(batch, idempotency_key=key)] * count)  # noqa: B023

        assert {answer.status for answer in answers if not answer.accepted} <= {409}, "other-status"
        carried_out = [answer for answer in answers if answer.accepted]
        assert carried_out != [], "none-carried-out"
        # Executed twice, the second time would find the orders cancelled already.
        assert [answer.outcomes for answer in carried_out] == [
            {order.order_id: "cancelled" for order in batch} for _ in carried_out
        ], "carried-out-again"
        retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)
        if retry.replayed:
            assert len([answer for answer in carried_out if not answer.replayed]) <= 1, "more-than-one-first"


@pytest.mark.clause("bayse.idempotency.carried-out-once", "bayse.idempotency.first-not-marked")
@pytest.mark.deepens
def test_retry_in_flight_cancels_nothing(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, breach: Callable[[Violation], None]
) -> None:
    """A retry that overlaps its first request cancels nothing, and a 409 that it gets is not marked as a replay."""
    provisioned: list[ProvisionedOrder] = []

    def pair() -> tuple[Send, Send]:
        provisioned[:] = orders.open(1)
        batch, key = [*provisioned], caller.new_idempotency_key()
        return (lambda: caller.cancel_batch(batch, idempotency_key=key),) * 2

    answers = overlapping(caller, pair)

    # Had the other one cancelled the order, this one would have found it finished.
    order_id = provisioned[0].order_id
    for answer in answers:
        if answer.accepted and answer.outcomes != {order_id: "cancelled"}:
            said = "each of two requests under one key that is accepted to report the order that both name as cancelled"
            breach(Violation(said, repr(answer), "bayse.idempotency.carried-out-once", kind="other-fate"))
        if answer.status == 409 and answer.replayed:
            said = "a 409 for a retry in flight, which is no replay, not to say Idempotent-Replayed: true"
            breach(Violation(said, repr(answer), "bayse.idempotency.first-not-marked", kind="marked-as-replay"))


@pytest.mark.clause("bayse.idempotency.conflict-retry-after")
def test_retry_after_of_a_conflict(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, observe: Callable[[str], None]
) -> None:
    """Does a 409 response carry Retry-After?"""

    def pair() -> tuple[Send, Send]:
        batch, key = orders.unknown(1), caller.new_idempotency_key()
        return (lambda: caller.cancel_batch(batch, idempotency_key=key),) * 2

    conflicts = [answer for answer in overlapping(caller, pair) if answer.status == 409]

    if not conflicts:
        raise NeverExercised("no 409 to a retry that overlapped its first request")
    observe(f"Retry-After of a 409: {conflicts[0].header('Retry-After')}")
