"""Documented statuses, in further ways that the pages name to come by them (the page, authorizations, query, body)."""

from __future__ import annotations

import secrets

import pytest

from suites.arcus.test_address import CASES, PREFIXES, Spell, digits_of
from suites.arcus.test_targets import answers_to_both, with_both_ids
from suites.arcus.test_timestamps import apart
from venue_conformance.client.orders import Orders
from venue_conformance.client.wording import as_json
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import Envelope
from venue_conformance.venues.arcus.sentinels import Sentinels

pytestmark = pytest.mark.deepens

#: Seconds by which a time is off. Milliseconds that are counted in 32 bits begin anew after the last of them.
FAR_OFF = {"a day": 86_400.0, "a year": 365 * 86_400.0, "2^32 ms": 2**32 / 1000}
far_off = pytest.mark.parametrize("seconds", FAR_OFF.values(), ids=FAR_OFF.keys())
#: What stands at the twenty-first place of an address. Whoever reads numbers, or bytes, may skip some of them.
NO_DIGITS = ("G", "_", " ", "-", "x")
#: Ways to write an address, besides 0x and small letters.
SPELT = {**{f"prefix {name}": spell for name, spell in PREFIXES.items() if name != "0x"}, **CASES}


@pytest.mark.clause("arcus.timestamp.too-old")
@far_off
def test_timestamp_in_distant_past_is_rejected_with_401(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, seconds: float
) -> None:
    """An X-Timestamp in the distant past is rejected with 401 and cancels nothing."""
    clocks = apart(caller.cancel_batch(orders.unknown(1)).exchange)

    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(age=seconds + clocks.behind))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.too-far-ahead")
@far_off
def test_timestamp_in_distant_future_is_rejected_with_401(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, seconds: float
) -> None:
    """An X-Timestamp in the distant future is rejected with 401 and cancels nothing."""
    clocks = apart(caller.cancel_batch(orders.unknown(1)).exchange)

    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(age=-seconds - clocks.ahead))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.invalid-hex")
def test_any_non_hex_character_in_address_is_rejected_with_400(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """An address with any non-hexadecimal character, whatever its prefix, is rejected with 400 and cancels nothing."""
    digits, batch = digits_of(caller), sentinels.place()
    wrong = [f"0x{digits[:20]}{character}{digits[21:]}" for character in NO_DIGITS]
    wrong += [spell(f"{digits[:20]}g{digits[21:]}") for spell in PREFIXES.values()]

    answers = {address: caller.cancel_batch(batch, envelope=Envelope(address=address)) for address in wrong}

    if said := {address: repr(answer) for address, answer in answers.items() if answer.status != 400}:
        raise Violation(
            "an address with a character that is no hexadecimal digit to be answered with 400",
            as_json(said),
            kind="other-status",
        )
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.other-account")
@pytest.mark.parametrize("spell", SPELT.values(), ids=SPELT.keys())
def test_other_address_is_rejected_with_403_in_every_spelling(
    caller: ArcusCaller, sentinels: Sentinels, spell: Spell
) -> None:
    """A well-formed address that is not the key's own is rejected with 403 in every allowed spelling."""
    digits = f"{secrets.token_hex(19)}ab"
    [element] = [caller.element(order) for order in sentinels.place()]
    everywhere = element.but(signed={"ad": f"0x{digits}"}, members={"address": f"0x{digits}"})
    envelope = Envelope(address=spell(digits))

    answers = [caller.cancel_batch([element], envelope=envelope)]
    if answers[0].status != 403:
        # Where query and element disagree, a venue may look at that first.
        answers.append(caller.cancel_batch([everywhere], envelope=envelope))

    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert answers[-1].status == 403, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.target.both-ids")
@pytest.mark.parametrize("kind", ["unknown", "filled", "cancelled", "partially_filled"])
def test_both_ids_are_rejected_with_400_whatever_they_name(caller: ArcusCaller, orders: Orders, kind: str) -> None:
    """An element with both ids is rejected with 400 even if its orderId names no open order."""
    caller.require_accepted()
    order: ProvisionedOrder | str = (
        orders.unknown(1)[0] if kind == "unknown" else orders.make(1, kind, client_ids=True)[0]
    )
    other = caller.unknown_client_ids(1)[0] if isinstance(order, str) else order

    answers = answers_to_both(caller, [], with_both_ids(caller, order, other), [])

    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert answers[-1].status == 400, "other-status"
