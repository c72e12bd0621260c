"""Valid and invalid idempotency keys (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

import json
import random
import secrets
import string
import uuid
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


@pytest.mark.clause("bayse.idempotency.optional")
@pytest.mark.deepens
def test_request_without_a_key_after_one_with_a_key_is_carried_out(caller: BayseCaller, orders: Orders) -> None:
    """A request without a key is carried out, although the one before it had a key, and the same body."""
    order, other = orders.open(2)
    first = caller.cancel_batch([order], idempotency_key=caller.new_idempotency_key())
    if not first.cancelled(order.order_id):
        raise Presupposed("lifecycle.open-cancelled", f"a batch of one open order was answered {first!r}")

    same, another = caller.cancel_batch([order]), caller.cancel_batch([*orders.unknown(1)])

    assert [same.accepted, another.accepted] == [True, True], "not-accepted"
    assert [same.replayed, another.replayed] == [False, False], "marked-as-replay"
    if same.cancelled(order.order_id) and caller.cancel_batch([other, order]).cancelled(order.order_id):
        raise Presupposed("lifecycle.cancelled-is-final", "whatever names a cancelled order is told success")
    assert same.cancelled(order.order_id) is False, "reported-as-cancelled"


@pytest.mark.clause("bayse.idempotency.shortest-key")
@pytest.mark.smoke
def test_key_of_one_character_is_accepted(caller: BayseCaller, orders: Orders, require_replay: Require) -> None:
    """An idempotency key of one character is accepted."""
    batch = orders.unknown(1)
    require_replay()
    # Such a key may have been used within a day, by this account or, where keys are shared, by another: then it is
    # refused for its body.
    for key in random.sample(ALLOWED, len(ALLOWED)):
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


#: Keys that are one value to whoever reads them as something else than text, each pair with what that is.
ONE_VALUE: dict[str, Callable[[], tuple[str, str]]] = {
    "UUIDs in either letter case": lambda: (key := f"a{str(uuid.uuid4())[1:]}", key.upper()),
    "UUIDs with and without hyphens": lambda: (key := str(uuid.uuid4()), key.replace("-", "")),
    "numbers with and without leading zeros": lambda: (key := f"7{secrets.randbelow(10**15):015}", f"00{key}"),
}


@pytest.mark.clause("bayse.idempotency.keys-are-exact")
@pytest.mark.deepens
def test_keys_that_are_one_value_are_different_keys(
    caller: BayseCaller, orders: Orders, require_replay: Require, breach: Callable[[Violation], None]
) -> None:
    """Two spellings of one UUID, or of one number, are different keys."""
    require_replay()
    for kind, spell in ONE_VALUE.items():
        first, second = orders.unknown(2)
        key, other = spell()
        caller.cancel_batch([first], idempotency_key=key).require_processed()

        answer = caller.cancel_batch([second], idempotency_key=other)

        if answer.ids != [second]:
            said = f"a batch under {other} to be carried out, after another one under {key}: {kind}"
            breach(Violation(said, repr(answer), kind="other-answer"))


#: Keys that programs may take for something else than text: for no key, or for what each of their objects has.
WORDS = ("0", "null", "constructor", "__proto__")


@pytest.mark.clause("bayse.idempotency.key-alphabet-accepted", "bayse.idempotency.replay-same-answer")
@pytest.mark.deepens
def test_key_that_programs_take_for_something_else_is_a_key(
    caller: BayseCaller, stranger: BayseCaller, orders: Orders, breach: Callable[[Violation], None]
) -> None:
    """A key such as 0, null or constructor is accepted, and replays."""
    if caller.account.origin != "state":
        raise NotTested("keys of this kind may have been used within the last day", "caller")
    for key, order in zip(WORDS, orders.open(len(WORDS)), strict=True):
        first = caller.cancel_batch([order], idempotency_key=key)
        if first.refused and first.status in (409, 422) and _keys_are_shared(caller, stranger, orders):
            raise NeverExercised("an earlier caller may have used the keys, which are those of all callers")
        if not first.accepted:
            said = f"an idempotency key {key} to be accepted, which its caller has not used before"
            breach(Violation(said, repr(first), "bayse.idempotency.key-alphabet-accepted", kind="not-accepted"))
            continue

        retry = caller.cancel_batch([order], idempotency_key=key, retry=True)

        if not retry.same_as(first):
            said = f"a retry under the key {key} to get the first answer again: {first!r}"
            breach(Violation(said, repr(retry), "bayse.idempotency.replay-same-answer", kind="other-answer"))


def _keys_are_shared(caller: BayseCaller, stranger: BayseCaller, orders: Orders) -> bool:
    """Whether a key that one caller has used is refused to another, which is not documented."""
    key = caller.new_idempotency_key()
    caller.cancel_batch(orders.unknown(1), idempotency_key=key).require_processed()
    return stranger.cancel_batch(orders.unknown(1), idempotency_key=key).refused


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
