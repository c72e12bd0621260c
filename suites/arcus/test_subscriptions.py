"""Subscribers to more than one account, or to an address in other letters (batch-cancel page, response behavior)."""

from __future__ import annotations

import pytest

from fixtures.arcus_channel import Listen
from suites.arcus.test_address import CASES, digits_of
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import Envelope

pytestmark = [pytest.mark.clause("arcus.channel.event-per-cancelled-order"), pytest.mark.deepens]


def test_two_accounts_on_one_connection_have_their_events(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """A connection that has subscribed to two accounts receives the CANCELED events of both."""
    own, theirs = orders.open(1), orders.make(1, "open", owner=stranger)
    channel = listen(caller, own)
    if not channel.subscribe_also(stranger.address, theirs[0].account_index or 0):
        raise NeverExercised("the channel does not confirm a second subscription on one connection")

    for account, batch in ((caller, own), (stranger, theirs)):
        account.cancel_batch(batch).require_accepted("a batch of an open order")

    assert [order.order_id for order in channel.missing([*own, *theirs])] == [], "event-missing"


def test_another_account_index_on_one_connection_takes_no_events_away(
    caller: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """A connection that has subscribed to a second account index still receives the CANCELED events of the first."""
    batch = orders.open(1)
    channel = listen(caller, batch)
    if not channel.subscribe_also(caller.address, ((batch[0].account_index or 0) + 1) % 10):
        raise NeverExercised("the channel does not confirm a second subscription on one connection")

    caller.cancel_batch(batch).require_accepted("a batch of an open order")

    assert [order.order_id for order in channel.missing(batch)] == [], "event-missing"


def test_order_cancelled_by_address_in_mixed_case_has_an_event(
    caller: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """An order that is cancelled by a request with its address in mixed case has a CANCELED event."""
    batch = orders.open(1)
    channel = listen(caller, batch)

    answer = caller.cancel_batch(batch, envelope=Envelope(address=CASES["mixed case"](digits_of(caller))))

    answer.require_accepted("a batch with its address in mixed case")
    assert [order.order_id for order in channel.missing(batch)] == [], "event-missing"


def test_subscriber_who_writes_the_address_in_mixed_case_has_events(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """A confirmed subscription to an address in mixed case receives the CANCELED events of its account."""
    batch = orders.open(1)
    channel = listen(stranger)
    if not channel.subscribe_also(CASES["mixed case"](digits_of(caller)), batch[0].account_index or 0):
        raise NeverExercised("the channel does not confirm a second subscription, to an address in mixed case")

    caller.cancel_batch(batch).require_accepted("a batch of an open order")

    assert [order.order_id for order in channel.missing(batch)] == [], "event-missing"
