"""A reused key replays for the same body and is rejected for another one (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import Signing

Batch = list[ProvisionedOrder | str]


@pytest.fixture(
    params=[
        pytest.param("cancelled", marks=pytest.mark.smoke),
        "failed",
        "mixed",
        pytest.param("fifty", marks=pytest.mark.deepens),
    ]
)
def batch(request: pytest.FixtureRequest, orders: Orders) -> Batch:
    """Batches that succeed, fail, or do both, small and big."""
    kind: str = request.param
    if kind == "cancelled":
        # In a sequence that sorting would not give.
        opened: Batch = [*sorted(orders.open(2), key=lambda order: order.order_id, reverse=True)]
        return opened
    if kind == "failed":
        return [*orders.unknown(2)]
    if kind == "mixed":
        return [*orders.unknown(1), *orders.open(2), *orders.unknown(1)]
    return [*orders.open(10), *orders.unknown(40)]  # sent twice, without a wait for the budget


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
def test_retry_gets_the_first_response_again(caller: BayseCaller, batch: Batch) -> None:
    """A retry gets the status and body of the first response, whatever has happened to the orders since."""
    key = caller.new_idempotency_key()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
def test_retry_for_filled_order_gets_the_first_response_again(caller: BayseCaller, orders: Orders) -> None:
    """A retry gets again what the first response said about a filled order."""
    batch: Batch = [*orders.unknown(1), *orders.open(1), *orders.make(1, "filled")]
    key = caller.new_idempotency_key()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
@pytest.mark.parametrize("header", ["x-trace-id", "User-Agent"])
def test_retry_with_another_header_gets_the_first_response_again(
    caller: BayseCaller, orders: Orders, header: str
) -> None:
    """A retry under another trace id, or by another version of a client, is one: key, body and route are the same."""
    key, body = caller.new_idempotency_key(), json.dumps({"orderIds": [orders.open(1)[0].order_id]}).encode()
    first = caller.send(body, idempotency_key=key, headers=((header, "first-1"),)).require_processed()

    retry = caller.send(body, idempotency_key=key, headers=((header, "second-2"),), retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
def test_key_replays_after_other_keys_were_used(caller: BayseCaller, orders: Orders) -> None:
    """Each key replays its own response, however many keys are used after it."""
    used = [(orders.open(1), caller.new_idempotency_key()) for _ in range(4)]
    firsts = [caller.cancel_batch(batch, idempotency_key=key).require_processed() for batch, key in used]

    retries = [caller.cancel_batch(batch, idempotency_key=key, retry=True) for batch, key in used]

    assert [(retry.status, retry.json) for retry in retries] == [(first.status, first.json) for first in firsts], (
        "other-answer"
    )


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
def test_key_is_not_evicted_by_other_keys(caller: BayseCaller, orders: Orders) -> None:
    """A key replays after a great many others were used, as many as the rate limit allows at once."""
    first, middle, last = orders.open(3)
    batch: Batch = [first, *orders.unknown(46), middle, *orders.unknown(46), last]
    used = [(order, caller.new_idempotency_key()) for order in batch]
    firsts = [caller.cancel_batch([order], idempotency_key=key).require_processed() for order, key in used]

    for place in (0, 47, -1):
        [order, key] = used[place]
        retry = caller.cancel_batch([order], idempotency_key=key, retry=True)

        assert (retry.status, retry.json) == (firsts[place].status, firsts[place].json), "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
def test_longest_response_is_replayed(caller: BayseCaller, orders: Orders) -> None:
    """A response of one hundred rows, most of which have an error, is replayed completely."""
    batch: Batch = [*orders.open(10), *orders.unknown(90)]
    key = caller.new_idempotency_key()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True, limit_asked=True)
    if (
        retry.status == 429 and not retry.replayed
    ):  # a replay may cost as much as its batch, which takes a while to be paid for again
        retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-marked", "bayse.idempotency.first-not-marked")
@pytest.mark.smoke
def test_replay_is_marked_and_first_response_is_not(
    caller: BayseCaller, orders: Orders, breach: Callable[[Violation], None]
) -> None:
    """A replay carries Idempotent-Replayed: true; the response to a request that is carried out does not."""
    batch, key = [*orders.unknown(2)], caller.new_idempotency_key()
    without = caller.cancel_batch(orders.unknown(1)).require_processed()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    mark = retry.header("Idempotent-Replayed")
    if mark != "true":
        reported = retry.header_text("Idempotent-Replayed")
        breach(
            Violation(
                "true in Idempotent-Replayed, of a retry",
                reported,
                "bayse.idempotency.replay-marked",
                kind="not-marked",
            )
        )
        raise Presupposed("idempotency.replay-marked", f"a retry was answered with {reported}")
    for reported, answer in (("without a key", without), ("under a new key", first)):
        if answer.replayed:
            said = f"no answer to a first request to say Idempotent-Replayed: true: {reported}"
            breach(Violation(said, repr(answer), "bayse.idempotency.first-not-marked", kind="marked-as-replay"))


@pytest.mark.clause("bayse.idempotency.first-not-marked")
@pytest.mark.deepens
def test_rejected_reuse_is_not_marked(caller: BayseCaller, orders: Orders) -> None:
    """The rejection of another body under a used key is not marked as a replay."""
    first, other = orders.unknown(2)
    key = caller.new_idempotency_key()
    caller.cancel_batch([first], idempotency_key=key).require_processed()

    answer = caller.cancel_batch([other], idempotency_key=key, retry=True)

    if not answer.refused:
        raise Presupposed("idempotency.changed-body", f"another body under a used key was answered {answer!r}")
    assert not answer.replayed, "marked-as-replay"


@pytest.mark.clause("bayse.idempotency.retry-signed-afresh")
@pytest.mark.parametrize(
    "age",
    [
        pytest.param(1, marks=pytest.mark.deepens),
        pytest.param(30, marks=pytest.mark.smoke),
        pytest.param(120, marks=pytest.mark.deepens),
    ],
)
def test_retry_may_have_a_new_signature(caller: BayseCaller, orders: Orders, age: int) -> None:
    """A retry with another timestamp, and so another signature, is the same request."""
    batch, key = orders.open(1), caller.new_idempotency_key()
    signed = Signing(timestamp=str(int(time.time()) - age))
    first = caller.cancel_batch(batch, idempotency_key=key, signing=signed, right=True).require_processed()
    same = caller.cancel_batch(batch, idempotency_key=key, signing=signed, right=True, retry=True)
    if not same.same_as(first):
        raise Presupposed("idempotency.replay-same-answer", f"the same bytes again got {same!r}, after {first!r}")

    retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


OTHER_BODIES: dict[str, Callable[[Batch, Batch], Batch]] = {
    "other orders, as many": lambda _, other: other,
    "one order exchanged": lambda batch, other: [*batch[:-1], other[0]],
    "same orders, other sequence": lambda batch, _: batch[::-1],
    "one order more": lambda batch, other: [*batch, other[0]],
    "one order less": lambda batch, _: batch[:-1],
}


@pytest.mark.clause("bayse.idempotency.changed-body")
@pytest.mark.parametrize("change", OTHER_BODIES.values(), ids=OTHER_BODIES.keys())
def test_key_reused_with_another_body_is_rejected(
    caller: BayseCaller, orders: Orders, change: Callable[[Batch, Batch], Batch]
) -> None:
    """A key belongs to one body: any other is rejected with 422."""
    batch, other = orders.unknown(3), orders.unknown(3)
    key = caller.new_idempotency_key()
    caller.cancel_batch(batch, idempotency_key=key).require_processed()

    answer = caller.cancel_batch(change([*batch], [*other]), idempotency_key=key, retry=True)

    assert answer.status == 422, "other-status"
    assert answer.refused, "not-refused"


@pytest.mark.clause("bayse.idempotency.changed-body")
@pytest.mark.deepens
def test_whole_body_is_compared(caller: BayseCaller, orders: Orders) -> None:
    """A long body, of more than 4 KiB, that differs only in its last order is another body."""
    *same, last, other = orders.unknown(49)
    key = caller.new_idempotency_key()
    first, second = (json.dumps({"orderIds": [*same, each]}, indent=80).encode() for each in (last, other))
    caller.send(first, idempotency_key=key, tokens=48).require_processed()

    answer = caller.send(second, idempotency_key=key, tokens=48, retry=True)

    assert answer.status == 422, "other-status"
    assert answer.refused, "not-refused"


@pytest.mark.clause("bayse.idempotency.changed-body")
@pytest.mark.parametrize(
    "first_fails", [pytest.param(False, marks=pytest.mark.smoke), pytest.param(True, marks=pytest.mark.deepens)]
)
def test_key_reused_with_another_body_cancels_nothing(caller: BayseCaller, orders: Orders, first_fails: bool) -> None:
    """The orders of the other body stay open."""
    first, second, control = orders.open(3)
    [same, other], key = orders.unknown(2), caller.new_idempotency_key()
    one: Batch = [same if first_fails else first, other]
    another: Batch = [one[0], second]
    caller.cancel_batch(one, idempotency_key=key).require_processed()

    answers = [caller.cancel_batch(another, idempotency_key=key, retry=True) for _ in range(2)]

    assert [answer.status for answer in answers] == [422, 422], "other-status"
    caller.cancel_batch([control])
    assert orders.after(control, [second]) == {second.order_id: "open"}, "other-body-carried-out"


@pytest.mark.clause("bayse.idempotency.first-answer-survives")
@pytest.mark.smoke
def test_rejected_reuse_leaves_the_first_response_in_place(
    caller: BayseCaller, orders: Orders, require_replay: Require
) -> None:
    """After another body was rejected twice, the key still replays its first response."""
    first_batch, other_batch, key = orders.open(1), orders.unknown(1), caller.new_idempotency_key()
    require_replay()
    first = caller.cancel_batch(first_batch, idempotency_key=key).require_processed()
    other = caller.cancel_batch(other_batch, idempotency_key=key, retry=True)
    if not other.refused:
        raise Presupposed("idempotency.changed-body", f"another body under a used key was answered {other!r}")

    other_again = caller.cancel_batch(other_batch, idempotency_key=key, retry=True)
    again = caller.cancel_batch(first_batch, idempotency_key=key, retry=True)

    assert other_again.refused, "not-refused"
    assert (again.status, again.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.callers-independent")
def test_key_of_another_caller_returns_no_stored_response(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, require_replay: Require
) -> None:
    """With a key that another caller has used, one's own order is cancelled or the request is rejected."""
    mine, theirs = orders.open(1), orders.make(1, "open", owner=stranger)
    key = caller.new_idempotency_key()
    require_replay()
    first = caller.cancel_batch(mine, idempotency_key=key).require_processed()

    other = stranger.cancel_batch(theirs, idempotency_key=key)
    again = caller.cancel_batch(mine, idempotency_key=key, retry=True)

    [order] = theirs
    if mine[0].order_id in other.text:
        raise Violation(
            "nobody to be given another caller's stored answer",
            f"a second caller under the key: {other!r}",
            kind="stored-answer-given",
        )
    if order.order_id in again.text:
        said = f"the first caller, who retried after a second one had used the key: {again!r}, first {first!r}"
        raise Violation("nobody to be given another caller's stored answer", said, kind="stored-answer-given")
    if not other.accepted and not other.refused:
        raise Violation(
            "a second caller's batch under the key to be carried out or refused with 4xx",
            repr(other),
            kind="not-served",
        )
    if other.accepted:
        read = orders.poll_until(theirs)[order.order_id]
        if not other.cancelled(order.order_id) or read != "cancelled":
            said = f"it was answered {other!r}, and the order reads as {read}"
            raise Violation(
                "a second caller's own order to be cancelled, as the request was not refused",
                said,
                kind="not-cancelled",
            )


@pytest.mark.clause("bayse.idempotency.callers-independent")
def test_stored_response_is_returned_to_its_caller_only(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, require_replay: Require
) -> None:
    """The same key and body from another caller get a response of that caller's own, or a rejection."""
    mine, key = orders.open(1), caller.new_idempotency_key()
    require_replay()
    first = caller.cancel_batch(mine, idempotency_key=key).require_processed()

    answer = stranger.cancel_batch(mine, idempotency_key=key)

    if answer.replayed or answer.same_as(first) or (answer.accepted and answer.cancelled(mine[0].order_id)):
        said = f"the first answer was {first!r}; a second caller, with the same key and body, got {answer!r}"
        raise Violation("nobody to be given another caller's stored answer", said, kind="stored-answer-given")


@pytest.mark.clause("bayse.idempotency.key-scope")
def test_key_of_another_caller(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """Is a key that one caller has used free for another one?"""
    key = caller.new_idempotency_key()
    caller.cancel_batch(orders.unknown(1), idempotency_key=key)

    answer = stranger.cancel_batch(orders.unknown(1), idempotency_key=key)

    reported = "carried out" if answer.accepted else "refused"
    observe(f"another caller's batch under a used key: {reported} ({answer.status})")


@pytest.mark.clause("bayse.idempotency.body-comparison")
def test_whitespace_in_a_retry(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is a retry whose body differs only in whitespace the same request?"""
    ids, key = orders.unknown(1), caller.new_idempotency_key()
    caller.send(json.dumps({"orderIds": ids}).encode(), idempotency_key=key)

    answer = caller.send(json.dumps({"orderIds": ids}, indent=2).encode(), idempotency_key=key)

    observe(f"other white space under one key: {answer.status}{', replayed' if answer.replayed else ''}")


@pytest.mark.clause("bayse.idempotency.body-comparison")
def test_undocumented_member_in_a_retry(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is a retry for the same orders whose body differs in an undocumented member the same request?"""
    ids, key = orders.unknown(2), caller.new_idempotency_key()
    first, second = (json.dumps({"orderIds": ids, "note": note}).encode() for note in (1, 2))
    taken = caller.send(first, tokens=2, idempotency_key=key)

    answer = caller.send(second, tokens=2, idempotency_key=key)

    reported = (
        f"{answer.status}{', replayed' if answer.replayed else ''}" if taken.accepted else "no such member is taken"
    )
    observe(f"another member under one key: {reported}")


@pytest.mark.clause("bayse.idempotency.refusal-kept")
@pytest.mark.disposable
def test_key_of_a_rejected_request(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does a request that is rejected with 4xx use up its key?"""
    key = caller.new_idempotency_key()
    first = caller.send(b'{"orderIds": []}', idempotency_key=key)

    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key, retry=True)

    observe(f"after {first.status} under the key, a valid batch under it: {answer.status}")


@pytest.mark.clause("bayse.idempotency.other-route")
def test_key_used_on_another_route(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """How is a key treated that was used on the single cancel before?"""
    [order], key = orders.open(1), caller.new_idempotency_key()
    single = caller.cancel_single(order, idempotency_key=key)

    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key)

    observe(f"single cancel: {single.status}; then a batch under its key: {answer.status}")
