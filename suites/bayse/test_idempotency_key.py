"""What an Idempotency-Key may be (page 004, Idempotency-Key)."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from venue_conformance.errors import NotTested
from venue_conformance.fuzz.explore import Explore
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.orders import Orders

ALLOWED = string.ascii_letters + string.digits + "_-"
FORBIDDEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ALLOWED)
LONGEST = 255


def unused(length: int) -> str:
    """A key of so many characters that nobody has used before."""
    return "".join(secrets.choice(ALLOWED) for _ in range(length))


@pytest.mark.clause("bayse.idempotency.optional")
def test_without_a_key_every_request_is_carried_out(caller: BayseCaller, orders: Orders) -> None:
    """The same batch sent twice without a key is carried out twice."""
    [order] = orders.open(1)

    first, second = caller.cancel_batch([order]), caller.cancel_batch([order])

    assert [answer.cancelled(order.order_id) for answer in (first, second)] == [True, False]
    assert not second.replayed


@pytest.mark.clause("bayse.idempotency.shortest-key")
def test_a_key_of_one_character_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """One character is a key."""
    batch = orders.unknown(1)
    if caller.account.origin == "state":
        answer = caller.cancel_batch(batch, idempotency_key=secrets.choice(ALLOWED))
        assert answer.succeeded
        return
    # An account of long standing may have used such a key within a day: then it is refused for its body.
    for key in ALLOWED:
        answer = caller.cancel_batch(batch, idempotency_key=key)
        if not (answer.refused and answer.status in (409, 422)):
            assert answer.succeeded
            return
    raise NotTested("every key of one character may have been used within the last day", "caller")


@pytest.mark.clause("bayse.idempotency.longest-key")
def test_a_key_of_255_characters_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """The longest key works like any other: it is accepted, and it replays."""
    batch, key = orders.unknown(1), unused(LONGEST)

    first, retry = (caller.cancel_batch(batch, idempotency_key=key, retry=retry) for retry in (False, True))

    assert first.succeeded
    assert retry.json == first.json


@pytest.mark.clause("bayse.idempotency.longest-key")
def test_all_255_characters_count(caller: BayseCaller, orders: Orders) -> None:
    """Two keys that differ in their last character only are two keys, however long they are."""
    stem = unused(LONGEST - 1)

    first, second = (caller.cancel_batch(orders.unknown(1), idempotency_key=stem + last) for last in "Aa")

    assert [first.succeeded, second.succeeded] == [True, True]


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted")
def test_every_allowed_character_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """A key may hold all of the allowed characters, and begin and end with any of them."""
    for key in (ALLOWED, ALLOWED[::-1], f"_{unused(20)}_", f"-{unused(20)}-", "0" + unused(20)):
        answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key + unused(16))
        assert answer.succeeded


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted")
def test_any_allowed_key_is_accepted(caller: BayseCaller, orders: Orders, explore: Explore) -> None:
    """Any key of allowed characters and length is accepted."""

    def is_accepted(stem: str) -> None:
        answer = caller.cancel_batch(orders.unknown(1), idempotency_key=stem + unused(24))
        assert answer.succeeded

    explore(is_accepted, examples=12, stem=st.text(ALLOWED, max_size=LONGEST - 24))


@pytest.mark.clause("bayse.idempotency.key-too-long")
@pytest.mark.parametrize("length", [256, 300, 1000])
def test_a_key_that_is_too_long_is_refused(caller: BayseCaller, orders: Orders, length: int) -> None:
    """More than 255 characters are no key."""
    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=unused(length))

    assert answer.refused


@pytest.mark.clause("bayse.idempotency.key-alphabet-refused")
def test_every_other_visible_character_is_refused(caller: BayseCaller, orders: Orders) -> None:
    """A visible ASCII character outside the alphabet, in the middle of a key, makes it none."""
    batch = orders.unknown(1)

    accepted = [
        character
        for character in FORBIDDEN
        if not caller.cancel_batch(batch, idempotency_key=unused(8) + character + unused(8)).refused
    ]

    assert accepted == []


@pytest.mark.clause("bayse.idempotency.key-alphabet-refused")
def test_a_refused_key_cancels_nothing(caller: BayseCaller, orders: Orders) -> None:
    """A request that is refused for its key leaves its order open."""
    dotted, long, witness = orders.open(3)
    caller.cancel_batch([dotted], idempotency_key=f"{unused(8)}.{unused(8)}")
    caller.cancel_batch([long], idempotency_key=unused(256))

    caller.cancel_batch([witness])

    assert orders.after(witness, [dotted, long]) == {dotted.order_id: "open", long.order_id: "open"}


@pytest.mark.clause("bayse.idempotency.keys-are-exact")
@pytest.mark.parametrize("difference", ["case", "last character", "first character", "hyphen and underscore"])
def test_keys_that_differ_are_different_keys(caller: BayseCaller, orders: Orders, difference: str) -> None:
    """A key that is nearly another one is another key: its batch is carried out."""
    first, second = orders.open(2)
    stem = f"{unused(40)}aB"
    key, other = {
        "case": (stem, stem.swapcase()),
        "last character": (stem + "x", stem + "y"),
        "first character": ("x" + stem, "y" + stem),
        "hyphen and underscore": (f"{stem}-{stem}", f"{stem}_{stem}"),
    }[difference]
    assert caller.cancel_batch([first], idempotency_key=key).succeeded

    answer = caller.cancel_batch([second], idempotency_key=other)

    assert answer.cancelled(second.order_id) is True


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
def test_the_name_of_the_header_has_no_case(caller: BayseCaller, orders: Orders) -> None:
    """A key is the same key whatever letters the header's name is written in (RFC 9110, 5.1)."""
    [order], key = orders.open(1), caller.new_idempotency_key()
    body = json.dumps({"orderIds": [order.order_id]}).encode()
    first = caller.send(body, idempotency_key=key, right=True)
    assert first.succeeded

    retry = caller.send(body, headers=(("idempotency-key", key),), retry=True)

    assert (retry.status, retry.json) == (first.status, first.json)


@pytest.mark.clause("bayse.idempotency.blank-key")
def test_an_empty_key(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """What does an empty key mean?"""
    answer = caller.cancel_batch(orders.unknown(1), idempotency_key="")

    observe(f"an empty key: {answer.status}")
