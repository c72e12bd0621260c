"""Authentication: each part of a signed request is verified (batch-cancel page, authentication and example request)."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import AGREES_WITHIN, clock_difference, clocks_apart
from venue_conformance.errors import NeverExercised, Presupposed, Violation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import (
    BATCH_METHOD,
    BATCH_PATH,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    Signing,
    sign,
)

#: So old a request may be, in seconds.
WINDOW = 300.0
#: Ages just inside and just outside of the window of 300 seconds, by as much as clocks and ways are not known.
INSIDE, OUTSIDE = 290, 320
#: Who takes so many seconds for a request makes it older than it was meant to be.
IN_TIME = 1.0
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
OTHER_BODY = b'{"orderIds": ["00000000-0000-4000-8000-000000000000"]}'

Wrong = tuple[str, Callable[[], Signing]]

#: Ways to sign wrongly, each with the clause that refuses it.
WRONG: dict[str, Wrong] = {
    "no public key": ("key-required", lambda: Signing(omit=frozenset({KEY_HEADER}))),
    "no timestamp": ("timestamp-required", lambda: Signing(omit=frozenset({TIME_HEADER}))),
    "no signature": ("signature-required", lambda: Signing(omit=frozenset({SIGNATURE_HEADER}))),
    "a key never issued": ("unknown-key-refused", lambda: Signing(public_key=f"pk_test_{secrets.token_hex(12)}")),
    "another secret": ("wrong-secret-refused", lambda: Signing(secret=f"sk_test_{secrets.token_hex(20)}")),
    "a signature altered": ("malformed-signature-refused", lambda: Signing(flip=True)),
    "a signature in other case": ("malformed-signature-refused", lambda: Signing(swap_case=True)),
    "a signature cut short": ("malformed-signature-refused", lambda: Signing(cut=8)),
    "a signature that is no base64": ("malformed-signature-refused", lambda: Signing(signature="*not-a-signature*")),
    "a signature in hex": ("base64-signature", lambda: Signing(encoding="hex")),
    "a timestamp that is no number": ("malformed-timestamp-refused", lambda: Signing(timestamp="yesterday")),
    "another timestamp signed": (
        "signature-covers-timestamp",
        lambda: Signing(signed_timestamp=str(int(time.time()) - 7)),
    ),
    "POST signed": ("signature-covers-method", lambda: Signing(signed_method="POST")),
    "the path of all orders signed": ("signature-covers-path", lambda: Signing(signed_path="/v1/pm/orders")),
    "another body signed": ("signature-covers-body", lambda: Signing(signed_body=OTHER_BODY)),
    "the body hash left empty": ("body-hash-required", lambda: Signing(signed_hash="")),
    "the hash of nothing signed": ("body-hash-required", lambda: Signing(signed_hash=EMPTY_HASH)),
}
#: Further ways.
FURTHER: dict[str, Wrong] = {
    "an empty signature": ("signature-required", lambda: Signing(signature="")),
    "an empty timestamp": ("timestamp-required", lambda: Signing(timestamp="")),
    "GET signed": ("signature-covers-method", lambda: Signing(signed_method="GET")),
    "the path without its version signed": ("signature-covers-path", lambda: Signing(signed_path="/pm/orders/batch")),
    "no path signed": ("signature-covers-path", lambda: Signing(signed_path="")),
    "a timestamp in hex": ("malformed-timestamp-refused", lambda: Signing(timestamp="0x6553f100")),
    "a hyphen for a timestamp": ("malformed-timestamp-refused", lambda: Signing(timestamp="-")),
}
#: Ways of which nobody can say that the request was authenticated, and malformed in another respect.
UNAUTHENTICATED = ("no public key", "no timestamp", "no signature", "a key never issued", "another secret")


def clauses_of(ways: dict[str, Wrong]) -> tuple[str, ...]:
    """The clauses by which requests signed in these ways are rejected."""
    return tuple(dict.fromkeys(f"bayse.authentication.{rule}" for rule, _ in ways.values()))


def aged(caller: BayseCaller, orders: Orders, seconds: int) -> Signing:
    """A signing that is at least so old, or so far ahead, by our clock and by the target's, as its answers tell it."""
    clocks = clocks_apart(caller.cancel_batch(orders.unknown(1)).exchange, WINDOW)
    return Signing(age=seconds + (clocks.behind if seconds > 0 else -clocks.ahead))


@pytest.mark.smoke
@pytest.mark.clause("bayse.authentication.signed-request-accepted")
def test_valid_request_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """A validly signed request is accepted."""
    answer = caller.cancel_batch(orders.unknown(1))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.authentication.signed-request-accepted")
@pytest.mark.parametrize("character", ["+", "/"])
def test_signature_with_any_base64_character_is_accepted(caller: BayseCaller, orders: Orders, character: str) -> None:
    """A valid signature is accepted whichever base64 characters it contains."""
    now, secret = str(int(time.time())), caller.account.credentials["secret_key"]
    for order_id in orders.unknown(500):
        body = json.dumps({"orderIds": [order_id]}).encode()
        if character in sign(secret, now, BATCH_METHOD, BATCH_PATH, body):
            break

    answer = caller.send(body, signing=Signing(timestamp=now), right=True)

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.authentication.signature-covers-body")
def test_signature_is_valid_for_its_own_body_only(caller: BayseCaller, orders: Orders) -> None:
    """The headers of an accepted request do not authenticate another body."""
    first, second = orders.unknown(2)
    now, body = str(int(time.time())), json.dumps({"orderIds": [first]}).encode()
    caller.send(body, signing=Signing(timestamp=now), right=True).require_processed()

    answer = caller.cancel_batch([second], signing=Signing(timestamp=now, signed_body=body))

    assert answer.refused, "not-refused"


@pytest.mark.clause(*clauses_of(WRONG), "bayse.authentication.status-401", "bayse.errors.envelope")
@pytest.mark.smoke
def test_request_with_invalid_authentication_is_rejected(
    caller: BayseCaller, orders: Orders, breach: Callable[[Violation], None]
) -> None:
    """A request that is accepted when validly signed is rejected for each kind of invalid authentication."""
    [order_id] = orders.unknown(1)
    caller.cancel_batch([order_id]).require_processed()

    for way, (rule, wrong) in WRONG.items():
        answer = caller.cancel_batch([order_id], signing=wrong())
        if not answer.refused:
            breach(
                Violation(
                    f"a request with {way} to be refused",
                    repr(answer),
                    f"bayse.authentication.{rule}",
                    kind="not-refused",
                )
            )
        elif way in UNAUTHENTICATED and answer.status != 401:
            said = f"a request with {way} to be answered with 401"
            breach(Violation(said, repr(answer), "bayse.authentication.status-401", kind="other-status"))
        if way == "no signature" and answer.refused and not answer.has_envelope:
            said = f"{answer.status} with error, message and its statusCode, for a request with {way}"
            breach(Violation(said, repr(answer), "bayse.errors.envelope", kind="other-envelope"))


@pytest.mark.clause(*clauses_of(FURTHER))
@pytest.mark.deepens
def test_request_with_further_invalid_authentication_is_rejected(
    caller: BayseCaller, orders: Orders, breach: Callable[[Violation], None]
) -> None:
    """Requests with further kinds of invalid method, path and timestamp are rejected."""
    [order_id] = orders.unknown(1)
    caller.cancel_batch([order_id]).require_processed()

    for way, (rule, wrong) in FURTHER.items():
        answer = caller.cancel_batch([order_id], signing=wrong())
        if not answer.refused:
            breach(
                Violation(
                    f"a request with {way} to be refused",
                    repr(answer),
                    f"bayse.authentication.{rule}",
                    kind="not-refused",
                )
            )


@pytest.mark.clause("bayse.authentication.wrong-secret-refused")
@pytest.mark.deepens
def test_secret_of_another_caller_is_rejected(caller: BayseCaller, stranger: BayseCaller, orders: Orders) -> None:
    """A secret that is valid for another key is invalid for this one."""
    caller.cancel_batch(orders.unknown(1)).require_processed()

    answer = caller.cancel_batch(orders.unknown(1), signing=Signing(secret=stranger.account.credentials["secret_key"]))

    assert answer.refused, "not-refused"


@pytest.mark.clause("bayse.authentication.refused-cancels-nothing")
@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(("a key never issued", "another secret"), id="wrong key or secret", marks=pytest.mark.smoke),
        pytest.param(tuple(WRONG), id="every way", marks=pytest.mark.deepens),
    ],
)
def test_request_that_fails_authentication_cancels_nothing(
    caller: BayseCaller, orders: Orders, ways: Sequence[str]
) -> None:
    """A request rejected for its authentication, whatever is invalid about it, leaves its order open."""
    *named, control = orders.open(len(ways) + 1)
    answers = [caller.cancel_batch([order], signing=WRONG[way][1]()) for way, order in zip(ways, named, strict=True)]
    caller.cancel_batch([control]).require_processed()

    kept = {way: order for way, order, answer in zip(ways, named, answers, strict=True) if answer.refused}
    read = orders.after(control, [*kept.values()])

    refused = {way: read[order.order_id] for way, order in kept.items()}
    if not refused:
        raise Presupposed(
            "authentication.wrong-secret-refused", f"{', '.join(ways)}: none of these requests was refused"
        )
    assert refused == dict.fromkeys(refused, "open"), "order-touched"


@pytest.mark.clause("bayse.authentication.refused-cancels-nothing")
@pytest.mark.parametrize("age", [360, 7200])
@pytest.mark.deepens
def test_request_rejected_for_its_age_cancels_nothing(caller: BayseCaller, orders: Orders, age: int) -> None:
    """A request rejected for its old timestamp leaves its order open."""
    order, control = orders.open(2)

    answer = caller.cancel_batch([order], signing=aged(caller, orders, age))

    if not answer.refused:
        raise Presupposed("authentication.stale-timestamp-refused", f"a request signed {age} s ago got {answer!r}")
    caller.cancel_batch([control])
    assert orders.after(control, [order]) == {order.order_id: "open"}, "order-touched"


@pytest.mark.clause("bayse.authentication.raw-body-hashed")
@pytest.mark.parametrize(
    "shape",
    [pytest.param("spaces", marks=pytest.mark.smoke), "escapes", pytest.param("long", marks=pytest.mark.deepens)],
)
def test_body_is_hashed_as_sent(caller: BayseCaller, orders: Orders, shape: str) -> None:
    """Whitespace and escapes are part of the signed bytes and make no other difference."""
    [order_id] = orders.unknown(1)
    escaped = "".join(f"\\u{ord(character):04x}" for character in order_id)
    body = {
        "spaces": f'\n{{ "orderIds" :\t[\r\n  "{order_id}"  ] }}\n',
        "escapes": f'{{"orderIds": ["{escaped}"]}}',
        # As long as one hundred ids are, each in a line of its own.
        "long": f'{{"orderIds": [{" " * 5000}"{order_id}"]}}',
    }[shape]
    written_as_on_the_page = f'{{"orderIds":["{order_id}"]}}'
    caller.send(written_as_on_the_page.encode(), right=True).require_processed()

    answer = caller.send(body.encode(), right=True)

    assert answer.ids == [order_id], "not-carried-out"


@pytest.mark.clause("bayse.authentication.raw-body-hashed")
def test_key_order_is_hashed_as_sent(caller: BayseCaller, orders: Orders) -> None:
    """A body whose keys are not in alphabetical order is authenticated, whatever its extra field means."""
    [order_id] = orders.unknown(1)
    body = json.dumps({"zone": 1, "orderIds": [order_id], "area": "é"}, ensure_ascii=False)
    caller.send(f'{{"orderIds":["{order_id}"]}}'.encode(), right=True).require_processed()

    answer = caller.send(body.encode(), right=True)

    assert answer.status not in (401, 403), "not-authenticated"


@pytest.mark.clause("bayse.authentication.replay-needs-signature")
@pytest.mark.parametrize(
    "wrong", [Signing(secret="sk_test_of_nobody_at_all"), Signing(omit=frozenset({SIGNATURE_HEADER}))]
)
def test_retry_with_invalid_signature_is_rejected(
    caller: BayseCaller, orders: Orders, require_replay: Require, wrong: Signing
) -> None:
    """A stored response is not returned to a request with an invalid signature."""
    batch, key = orders.unknown(2), caller.new_idempotency_key()
    require_replay()
    first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, signing=wrong)

    assert retry.refused, "not-refused"
    assert retry.text != first.text, "stored-answer-given"


@pytest.mark.clause("bayse.authentication.stale-timestamp-refused")
@pytest.mark.parametrize("age", [360, 7200])
def test_stale_timestamp_is_rejected(caller: BayseCaller, orders: Orders, age: int) -> None:
    """A request signed six minutes, or two hours, ago is rejected."""
    caller.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), signing=aged(caller, orders, age))

    assert answer.refused, "not-refused"


@pytest.mark.clause("bayse.authentication.stale-timestamp-refused")
@pytest.mark.deepens
def test_stale_retry_is_rejected(caller: BayseCaller, orders: Orders, require_replay: Require) -> None:
    """A stored response is not returned to a request signed two hours ago."""
    batch, key = orders.unknown(1), caller.new_idempotency_key()
    require_replay()
    caller.cancel_batch(batch, idempotency_key=key).require_processed()

    retry = caller.cancel_batch(batch, idempotency_key=key, signing=Signing(age=7200))

    assert retry.refused, "not-refused"


@pytest.mark.clause("bayse.authentication.recent-timestamp-accepted")
def test_recent_timestamp_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """A request signed 200 seconds ago is accepted."""
    caller.require_accepted()
    clocks = clocks_apart(caller.cancel_batch(orders.unknown(1)).exchange, WINDOW)

    answer = caller.cancel_batch(orders.unknown(1), signing=Signing(age=max(0.0, 200 - clocks.ahead)), right=True)

    assert answer.accepted, "not-accepted"


def at_the_edge(caller: BayseCaller, orders: Orders, age: int, *, right: bool) -> BatchAnswer:
    """The answer to a request that is so many seconds old by the target's own clock.

    Raises NeverExercised where that clock is not known, or the request was too long on its way to be so old.
    """
    caller.require_accepted()
    asked = caller.cancel_batch(orders.unknown(1)).exchange
    ahead = clock_difference(asked)
    if ahead is None:
        raise NeverExercised("the target does not say in a Date header what time it is")
    if abs(ahead) > AGREES_WITHIN:
        raise NeverExercised("the target's Date, which may be a gateway's, does not agree with our clock")
    answer = caller.cancel_batch(orders.unknown(1), signing=Signing(age=age - ahead), right=right)
    took = max(each.finished - each.started for each in (asked, answer.exchange))
    if took >= IN_TIME:
        raise NeverExercised(f"a request took {took:.1f} s, so that its age at the target is not known")
    return answer


@pytest.mark.clause("bayse.authentication.stale-timestamp-refused")
@pytest.mark.deepens
def test_timestamp_just_outside_window_is_rejected(caller: BayseCaller, orders: Orders) -> None:
    """A request signed 320 seconds ago is rejected, because the window is 300 seconds."""
    answer = at_the_edge(caller, orders, OUTSIDE, right=False)

    assert answer.refused, "not-refused"


@pytest.mark.clause("bayse.authentication.recent-timestamp-accepted")
@pytest.mark.deepens
def test_timestamp_just_within_window_is_accepted(caller: BayseCaller, orders: Orders) -> None:
    """A request signed 290 seconds ago is accepted, because the window is 300 seconds."""
    answer = at_the_edge(caller, orders, INSIDE, right=True)

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("bayse.authentication.timestamp-units")
@pytest.mark.parametrize(("unit", "in_a_second"), [("milli", 10**3), ("micro", 10**6), ("nano", 10**9)])
def test_timestamp_in_another_unit(
    caller: BayseCaller, orders: Orders, observe: Callable[[str], None], unit: str, in_a_second: int
) -> None:
    """Is a timestamp in a smaller unit accepted, signed as it is sent or as the seconds it stands for?"""
    seconds = int(time.time())
    sent = str(seconds * in_a_second)

    for signed, signing in (
        ("as it is sent", Signing(timestamp=sent)),
        ("as seconds", Signing(timestamp=sent, signed_timestamp=str(seconds))),
    ):
        answer = caller.cancel_batch(orders.unknown(1), signing=signing)
        observe(f"{unit}seconds, signed {signed}: {answer.status}")


@pytest.mark.clause("bayse.authentication.future-timestamp")
@pytest.mark.parametrize("ahead", [60, 7200])
def test_future_timestamp(caller: BayseCaller, orders: Orders, observe: Callable[[str], None], ahead: int) -> None:
    """Is a timestamp ahead of the venue's clock accepted?"""
    answer = caller.cancel_batch(orders.unknown(1), signing=aged(caller, orders, -ahead))

    observe(f"{ahead} s ahead: {answer.status}")


@pytest.mark.clause("bayse.authentication.same-bytes-twice")
def test_same_bytes_are_accepted_twice(caller: BayseCaller, orders: Orders) -> None:
    """A request that is sent again byte for byte is not rejected as a repetition."""
    batch, same = orders.unknown(1), Signing(timestamp=str(int(time.time())))
    caller.cancel_batch(batch, signing=same, right=True).require_processed()

    answer = caller.cancel_batch(batch, signing=same, right=True)

    assert answer.accepted, "not-accepted"
