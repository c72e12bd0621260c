"""Edge cases of valid signatures, body hashes, ids and idempotency keys."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

import pytest

from fixtures.bayse import Require
from suites.bayse.test_idempotency_key import LONGEST, unused
from suites.shared.edges import IDS
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.target.ledger import random_uuid
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import BATCH_METHOD, BATCH_PATH, Signing, sign

#: One body in 256 is validly signed at a given edge; so many are tried, a hundred at a time.
TRIES = 60
#: Around what a signed byte holds, and the longest key.
LENGTHS = (127, 128, LONGEST)


class Signed(NamedTuple):
    """What makes a request valid: the base64 signature, its bytes, and the hash of the body that goes into it."""

    signature: str
    digest: bytes
    body_hash: str


EDGES: Mapping[str, Callable[[Signed], bool]] = {
    "a first byte of 0": lambda signed: signed.digest[0] == 0,
    "a last byte of 0": lambda signed: signed.digest[-1] == 0,
    "a plus to begin with": lambda signed: signed.signature[0] == "+",
    "a slash to begin with": lambda signed: signed.signature[0] == "/",
    "a body hash that begins with zeros": lambda signed: signed.body_hash.startswith("00"),
    "a body hash that ends with zeros": lambda signed: signed.body_hash.endswith("00"),
}


def _of_no_version(random: Random) -> str:
    """A UUID whose digits of version and variant are those of the page's example, which no random UUID has."""
    text = random_uuid(random)
    return f"{text[:14]}2{text[15:19]}f{text[20:]}"


UNUSUAL = {**IDS, "no version": _of_no_version}


def signed(caller: BayseCaller, now: str, body: bytes) -> Signed:
    """The valid signature of a body."""
    path = caller.session.target.signed_path(BATCH_PATH)
    signature = sign(caller.account.credentials["secret_key"], now, BATCH_METHOD, path, body)
    return Signed(signature, base64.b64decode(signature), hashlib.sha256(body).hexdigest())


@pytest.mark.clause("bayse.authentication.signed-request-accepted")
@pytest.mark.deepens
@pytest.mark.parametrize("edge", EDGES)
def test_valid_signature_with_unusual_digits_is_accepted(caller: BayseCaller, orders: Orders, edge: str) -> None:
    """A valid signature is accepted whatever its first and last bytes, or those of the body hash, are."""
    now = str(int(time.time()))
    bodies = (json.dumps({"orderIds": [each]}).encode() for _ in range(TRIES) for each in orders.unknown(100))
    body = next((body for body in bodies if EDGES[edge](signed(caller, now, body))), None)
    if body is None:
        raise NeverExercised(f"none of {100 * TRIES} bodies is signed with {edge}")

    answer = caller.send(body, signing=Signing(timestamp=now), right=True)

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.isolation.unknown-not-found")
@pytest.mark.deepens
@pytest.mark.parametrize("edge", UNUSUAL)
def test_unknown_id_with_unusual_digits_is_not_found(caller: BayseCaller, edge: str) -> None:
    """An id of many zeros or ones, or of no version, that does not exist is reported as not found, as it was sent."""
    ids = caller.session.ledger.unknown(2, UNUSUAL[edge])

    answer = caller.cancel_batch(ids)

    assert [answer.reason(order_id) for order_id in ids] == ["ORDER_NOT_FOUND"] * 2, "other-reason"


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted")
@pytest.mark.deepens
@pytest.mark.parametrize("length", LENGTHS)
def test_long_key_is_accepted(caller: BayseCaller, orders: Orders, require_replay: Require, length: int) -> None:
    """Idempotency keys of 127, 128 and 255 characters are accepted."""
    require_replay()

    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=unused(length))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.idempotency.keys-are-exact")
@pytest.mark.deepens
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("body", ["another", "the same"])
def test_long_keys_that_differ_in_last_character_are_different_keys(
    caller: BayseCaller, orders: Orders, require_replay: Require, length: int, body: str
) -> None:
    """A long key that differs from a used one only in its last character is another key, whatever the body."""
    first, second = orders.unknown(2)
    stem = unused(length - 1)
    require_replay()
    caller.cancel_batch([first], idempotency_key=f"{stem}x").require_processed()

    named = second if body == "another" else first
    answer = caller.cancel_batch([named], idempotency_key=f"{stem}y")

    assert answer.accepted, "not-accepted"
    assert not answer.replayed, "marked-as-replay"
    assert answer.ids == [named], "other-answer"
