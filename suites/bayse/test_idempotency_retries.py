"""A retry is the same request by its key, body and route, however it is sent (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

#: A retry goes out over so many further connections: whoever keeps keys by connection, or in one of two processes,
#: does not know it over one of them.
CONNECTIONS = 3

REPLAYED = pytest.mark.clause("bayse.idempotency.replay-same-answer")
pytestmark = pytest.mark.deepens


def body_of_one(orders: Orders) -> bytes:
    """A body that names an open order."""
    return json.dumps({"orderIds": [orders.open(1)[0].order_id]}).encode()


@REPLAYED
def test_retry_with_its_charset_gets_the_first_response_again(caller: BayseCaller, orders: Orders) -> None:
    """A retry whose Content-Type names the charset as well, as another HTTP client writes it, is a retry."""
    spelled = "application/json; charset=utf-8"
    control = caller.send(body_of_one(orders), idempotency_key=caller.new_idempotency_key(), content_type=spelled)
    if not control.accepted:
        raise NeverExercised(f"a first request with Content-Type: {spelled} was answered {control!r}")
    body, key = body_of_one(orders), caller.new_idempotency_key()
    first = caller.send(body, idempotency_key=key).require_processed()

    retry = caller.send(body, idempotency_key=key, content_type=spelled, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@REPLAYED
def test_retry_that_accepts_other_forms_gets_the_first_response_again(caller: BayseCaller, orders: Orders) -> None:
    """A retry by a client that accepts other forms of a response, or a compressed one, is a retry."""
    body, key = body_of_one(orders), caller.new_idempotency_key()
    forms = (("Accept", "*/*"), ("Accept-Encoding", "gzip"))
    first = caller.send(body, idempotency_key=key).require_processed()

    retry = caller.send(body, idempotency_key=key, headers=forms, retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@REPLAYED
def test_retry_over_another_connection_gets_the_first_response_again(
    caller: BayseCaller, orders: Orders, together: Callable[[Sequence[Callable[[], BatchAnswer]]], list[BatchAnswer]]
) -> None:
    """A retry over another connection is a retry."""
    batch, key = orders.open(1), caller.new_idempotency_key()
    send = partial(caller.cancel_batch, batch, idempotency_key=key, retry=True)
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()
    same = send()
    if not same.same_as(first):
        raise Presupposed("idempotency.replay-same-answer", f"a retry at once got {same!r}, after {first!r}")

    retries = [retry for _ in range(CONNECTIONS) for retry in together([send])]

    told = [(retry.status, retry.json) for retry in retries]
    assert told == [(first.status, first.json)] * CONNECTIONS, "other-answer"


@REPLAYED
@pytest.mark.disposable
def test_retry_of_rejected_request_is_rejected_alike(caller: BayseCaller) -> None:
    """A retry of an invalid request gets the same status: the first is no longer in flight once it is rejected."""
    body, key = b'{"orderIds": []}', caller.new_idempotency_key()
    first = caller.send(body, idempotency_key=key)
    if not first.refused:
        raise Presupposed("limits.empty-refused", f"an invalid body was answered {first!r}")

    retry = caller.send(body, idempotency_key=key, retry=True)

    assert retry.status == first.status, "other-status"


@pytest.mark.clause("bayse.idempotency.changed-body")
def test_body_that_names_an_order_again_is_another_body(caller: BayseCaller, orders: Orders) -> None:
    """A body that names the same orders, and one of them once more, is rejected under the key of the first."""
    batch, key = orders.unknown(2), caller.new_idempotency_key()
    longer = [*batch, batch[0]]
    caller.cancel_batch(batch, idempotency_key=key).require_processed()

    answer = caller.cancel_batch(longer, idempotency_key=key, retry=True)

    if answer.refused and answer.status != 422:
        fresh = caller.cancel_batch(longer, idempotency_key=caller.new_idempotency_key())
        if fresh.refused:
            raise NeverExercised(f"a batch that names an id twice was refused with {fresh.status}")
    assert answer.status == 422, "other-status"
    assert answer.refused, "not-refused"
