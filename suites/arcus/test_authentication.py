"""Whose key it must be (batch-cancel page, X-API-Key and description)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import KEY_HEADER, SIGNATURE_HEADER, Envelope, Names
from venue_conformance.venues.arcus.sentinels import Sentinels
from venue_conformance.venues.arcus.signing import public_key

Wrong = Callable[[ArcusCaller], Envelope]
deepens = pytest.mark.deepens


def own_key(caller: ArcusCaller) -> str:
    """The key that the caller rightly sends."""
    return public_key(caller.account.credentials["private_key"])


def unregistered(_: ArcusCaller) -> Envelope:
    """A key pair that nobody has registered, used as if it were."""
    fresh = secrets.token_hex(32)
    return Envelope(key=public_key(fresh), private_key=fresh)


#: Ways to send another key than the registered one, each with the clause that refuses it.
WRONG: dict[str, tuple[str, Wrong]] = {
    "none": ("key-required", lambda _: Envelope(omit=frozenset({KEY_HEADER}))),
    "a digit short": ("malformed-key-refused", lambda caller: Envelope(key=own_key(caller)[:-1])),
    "a digit more": ("malformed-key-refused", lambda caller: Envelope(key=own_key(caller) + "0")),
    "a letter that is no digit": ("malformed-key-refused", lambda caller: Envelope(key=own_key(caller)[:-1] + "g")),
    "empty": ("malformed-key-refused", lambda _: Envelope(key="")),
    "never registered": ("unknown-key-refused", unregistered),
    "never registered, elements by the right one": (
        "unknown-key-refused",
        lambda _: Envelope(key=public_key(secrets.token_hex(32))),
    ),
    "the right one but for its last digit": (
        "unknown-key-refused",
        lambda caller: Envelope(key=own_key(caller)[:-1] + f"{int(own_key(caller)[-1], 16) ^ 1:x}"),
    ),
}
#: Those that say no more than another of the same clause.
FURTHER = (
    *("a digit short", "a letter that is no digit", "empty"),
    *("never registered, elements by the right one", "the right one but for its last digit"),
)


def wrong_keys() -> list[object]:
    """Each wrong key, as a parameter that carries its clause."""
    return [
        pytest.param(
            make,
            id=name,
            marks=[pytest.mark.clause(f"arcus.authentication.{rule}"), *([deepens] if name in FURTHER else [])],
        )
        for name, (rule, make) in WRONG.items()
    ]


@pytest.mark.parametrize("wrong", wrong_keys())
def test_invalid_key_is_rejected(caller: ArcusCaller, sentinels: Sentinels, wrong: Wrong) -> None:
    """A request with any key other than the registered one, or without a key, is rejected and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=wrong(caller))

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.authentication.key-refusal-status")
@pytest.mark.parametrize("name", ["none", "a digit short", "never registered"])
def test_status_of_request_without_valid_key(
    caller: ArcusCaller, sentinels: Sentinels, observe: Callable[[str], None], name: str
) -> None:
    """Which status rejects a missing, malformed or unregistered key?"""
    answer = caller.cancel_batch(sentinels.place(), envelope=WRONG[name][1](caller))

    observe(f"X-API-Key {name}: {answer.status}")


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@deepens
@pytest.mark.parametrize("names", ["lower case", "upper case"])
def test_header_names_are_case_insensitive(caller: ArcusCaller, orders: Orders, names: Names) -> None:
    """A valid batch is carried out whatever the letter case of its header names (RFC 9110, 5.1)."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(names=names))

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.authentication.key-case")
def test_key_in_upper_case(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is a registered key recognized in upper-case hex?"""
    answer = caller.cancel_batch(orders.open(1), envelope=Envelope(key=own_key(caller).upper()))

    observe(f"X-API-Key in upper case: {answer.status}")


@pytest.mark.clause("arcus.authentication.x-signature-absent")
def test_batch_without_x_signature(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is a batch without an X-Signature header carried out?"""
    caller.require_accepted()
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(omit=frozenset({SIGNATURE_HEADER})))

    if answer.accepted and not answer.denies(caller.element(order)):
        observe(
            f"accepts requests without X-Signature ({answer.status}): as the contract page says, contrary to later "
            "documentation; clients may leave the header out here"
        )
    else:
        how = "refuses requests" if answer.refused else "denies the elements of requests"
        observe(
            f"{how} without X-Signature ({answer.status}): contrary to the contract page, as later documentation asks; "
            "clients have to send the header, with any value"
        )
