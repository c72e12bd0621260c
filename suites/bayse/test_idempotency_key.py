"""Valid and invalid idempotency keys (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, Presupposed, Violation
from venue_conformance.fuzz.explore import Explore
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.malformed_keys import taken_for_a_key

ALLOWED = string.ascii_letters + string.digits + "_-"
FORBIDDEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ALLOWED)
LONGEST = 255


def unused(length: int) -> str:
    """A key of so many characters that nobody has used before."""
    return "".join(secrets.choice(ALLOWED) for _ in range(length))


@pytest.mark.clause("bayse.idempotency.optional")
@pytest.mark.smoke
def test_every_request_without_a_key_is_carried_out(caller: BayseCaller, orders: Orders) -> None:
    """The same batch sent twice without a key is carried out twice: the second finds its order cancelled."""
    order, other = orders.open(2)

    first, second = caller.cancel_batch([order]), caller.cancel_batch([order])

    if not first.cancelled(order.order_id):
        raise Presupposed("lifecycle.open-cancelled", f"a batch of one open order was answered {first!r}")
    if second.cancelled(order.order_id) and not second.replayed:
        # Either the first answer again, or a venue that says of any cancelled order that it was cancelled just now.
        third = caller.cancel_batch([other, order])
        if third.cancelled(order.order_id):
            raise Presupposed("lifecycle.cancelled-is-final", f"a third batch with the order was answered {third!r}")
    assert second.cancelled(order.order_id) is False, "reported-as-cancelled"
    assert not second.replayed, "marked-as-replay"


@pytest.mark.clause("bayse.idempotency.shortest-key")
@pytest.mark.smoke
def test_key_of_one_character_is_accepted(caller: BayseCaller, orders: Orders, require_replay: Require) -> None:
    """An idempotency key of one character is accepted."""
    batch = orders.unknown(1)
    require_replay()
    # An account of long standing may have used such a key within a day: then it is refused for its body.
    for key in secrets.choice(ALLOWED) if caller.account.origin == "state" else ALLOWED:
        answer = caller.cancel_batch(batch, idempotency_key=key)
        if not (answer.refused and answer.status in (409, 422)):
            break
    else:
        if caller.account.origin != "state":
            raise NotTested("every key of one character may have been used within the last day", "caller")

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.idempotency.longest-key")
def test_key_of_255_characters_is_accepted(caller: BayseCaller, orders: Orders, require_replay: Require) -> None:
    """The longest key is accepted and replays like any other."""
    batch, key = orders.open(1), unused(LONGEST)
    require_replay()

    first, retry = (caller.cancel_batch(batch, idempotency_key=key, retry=retry) for retry in (False, True))

    assert first.accepted, "not-accepted"
    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.longest-key")
def test_all_255_characters_are_significant(caller: BayseCaller, orders: Orders, require_replay: Require) -> None:
    """Two keys of 255 characters that differ only in their last character are different keys."""
    stem = unused(LONGEST - 1)
    require_replay()

    first, second = (caller.cancel_batch(orders.unknown(1), idempotency_key=stem + last) for last in "Aa")

    assert [first.accepted, second.accepted] == [True, True], "not-accepted"


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted")
@pytest.mark.parametrize(
    "stem",
    [
        pytest.param(ALLOWED, id="all of them", marks=pytest.mark.smoke),
        *(pytest.param(first + unused(20), id=f"first {first}") for first in "_-0"),
    ],
)
def test_every_allowed_character_is_accepted(
    caller: BayseCaller, orders: Orders, require_replay: Require, stem: str
) -> None:
    """A key may contain all of the allowed characters and begin with any of them."""
    require_replay()

    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=stem + unused(16))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted")
def test_any_valid_key_is_accepted(
    caller: BayseCaller, orders: Orders, explore: Explore, require_replay: Require
) -> None:
    """Any key of allowed characters and length is accepted."""
    require_replay()

    def is_accepted(stem: str) -> None:
        answer = caller.cancel_batch(orders.unknown(1), idempotency_key=stem + unused(24))
        assert answer.accepted, "not-accepted"

    explore(is_accepted, examples=12, stem=st.text(ALLOWED, max_size=LONGEST - 24))


@pytest.mark.clause("bayse.idempotency.key-too-long")
@pytest.mark.parametrize(
    "length",
    [
        pytest.param(256, marks=pytest.mark.smoke),
        pytest.param(300, marks=pytest.mark.deepens),
        pytest.param(1000, marks=pytest.mark.deepens),
    ],
)
def test_too_long_key_is_invalid(caller: BayseCaller, orders: Orders, require_replay: Require, length: int) -> None:
    """A key of more than 255 characters is rejected, or every request with it is carried out."""
    require_replay()

    taken = taken_for_a_key(caller, orders, unused(length))

    if taken:
        raise Violation(f"a key of {length} characters to be refused, or to have no effect", taken, kind="key-taken")


@pytest.mark.clause("bayse.idempotency.key-alphabet-refused")
@pytest.mark.parametrize(
    "characters",
    [
        pytest.param(".^", id="dot and circumflex", marks=pytest.mark.smoke),
        pytest.param(FORBIDDEN, id="all", marks=pytest.mark.deepens),
    ],
)
def test_key_with_any_other_visible_character_is_invalid(
    caller: BayseCaller, orders: Orders, require_replay: Require, characters: str
) -> None:
    """A key with any other visible ASCII character is rejected, or every request with it is carried out."""
    require_replay()

    taken = {
        character: reported
        for character in characters
        if (reported := taken_for_a_key(caller, orders, unused(8) + character + unused(8)))
    }

    if taken:
        reported = "; ".join(f"with {character}: {each}" for character, each in taken.items())
        raise Violation(
            "a key with any other visible character to be refused, or to have no effect", reported, kind="key-taken"
        )


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: unused(256), id="long", marks=pytest.mark.clause("bayse.idempotency.key-too-long")),
        pytest.param(
            lambda: f"{unused(8)}.{unused(8)}",
            id="dotted",
            marks=pytest.mark.clause("bayse.idempotency.key-alphabet-refused"),
        ),
    ],
)
@pytest.mark.deepens
def test_request_rejected_for_its_key_cancels_nothing(
    caller: BayseCaller, orders: Orders, key: Callable[[], str]
) -> None:
    """A request that is rejected for its idempotency key leaves its order open."""
    order, control = orders.open(2)
    answer = caller.cancel_batch([order], idempotency_key=key())
    if not answer.refused:
        raise NeverExercised(f"no request was refused for its malformed key: it was answered {answer!r}")

    caller.cancel_batch([control])

    read = orders.after(control, [order])[order.order_id]
    if read != "open":
        raise Violation(
            "the order of a request that was refused for its malformed key to stay open",
            f"it is {read}",
            kind="order-touched",
        )


@pytest.mark.clause("bayse.idempotency.malformed-key")
def test_malformed_key(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is a request with a malformed key rejected or carried out?"""
    for said, key in (("256 characters", unused(256)), ("a dot in it", f"{unused(8)}.{unused(8)}")):
        answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key)

        observe(f"a key with {said}: {'refused with' if answer.refused else 'carried out,'} {answer.status}")


@pytest.mark.clause("bayse.idempotency.keys-are-exact")
@pytest.mark.parametrize("difference", ["case", "last character", "first character", "hyphen and underscore"])
def test_similar_keys_are_different_keys(
    caller: BayseCaller, orders: Orders, require_replay: Require, difference: str
) -> None:
    """A key that differs slightly from a used one is another key: its batch is carried out."""
    first, second = orders.unknown(2)
    stem = f"{unused(40)}aB"
    key, other = {
        "case": (stem, stem.swapcase()),
        "last character": (stem + "x", stem + "y"),
        "first character": ("x" + stem, "y" + stem),
        "hyphen and underscore": (f"{stem}-{stem}", f"{stem}_{stem}"),
    }[difference]
    require_replay()
    caller.cancel_batch([first], idempotency_key=key).require_processed()

    answer = caller.cancel_batch([second], idempotency_key=other)

    assert answer.accepted, "not-accepted"
    assert answer.ids == [second], "other-answer"


@pytest.mark.clause("bayse.idempotency.replay-same-answer")
def test_header_name_is_case_insensitive(caller: BayseCaller, orders: Orders) -> None:
    """A key is the same in whatever letter case the header's name is written (RFC 9110, 5.1)."""
    [order], key = orders.open(1), caller.new_idempotency_key()
    body = json.dumps({"orderIds": [order.order_id]}).encode()
    first = caller.send(body, idempotency_key=key, right=True).require_processed()

    retry = caller.send(body, headers=(("idempotency-key", key),), retry=True)

    assert (retry.status, retry.json) == (first.status, first.json), "other-answer"


@pytest.mark.clause("bayse.idempotency.blank-key")
def test_empty_key(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """How is an empty key treated?"""
    answer = caller.cancel_batch(orders.unknown(1), idempotency_key="")

    observe(f"an empty key: {answer.status}")
