"""A lie that no mutant can tell, because the reference is handed header names in lower case: their case counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suites.arcus.test_authentication import test_header_names_are_case_insensitive as check
from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import Names
from venue_conformance.wire.recorder import Recorder

from .test_arcus_caller import ADDRESS, caller, provisioned, session  # noqa: F401 - fixtures


class Venue:
    """Accepts a batch, and cancels its order, when it finds a key and a time; else answers 401."""

    def __init__(self, server: TinyServer, *, minds_case: bool) -> None:
        self.minds_case = minds_case
        self.status = "open"
        server.behave = self.reply

    def reply(self, received: Received) -> bytes:
        names = {name if self.minds_case else name.lower() for name, _ in received.headers}
        wanted = {"X-API-Key", "X-Timestamp"}
        if not (wanted if self.minds_case else {name.lower() for name in wanted}) <= names:
            return answer(401)
        self.status = "cancelled"
        return answer(202, b'{"responses": []}')


class OneOrder(Orders):
    """One order of the venue's, which is read without asking."""

    venue: Venue

    def open(self, count: int = 1, **options: object) -> list[ProvisionedOrder]:
        return [provisioned(self._session, ADDRESS)]

    def poll_until(self, orders: Sequence[ProvisionedOrder | str], *_: object, **__: object) -> dict[str, str]:
        return {order.order_id: self.venue.status for order in orders if isinstance(order, ProvisionedOrder)}


@pytest.fixture
def orders(session: Session, caller: ArcusCaller) -> OneOrder:  # noqa: F811 - the fixtures
    session.health.accepted = True
    return OneOrder(session, Recorder(), caller, stranger=lambda: caller)


@pytest.mark.parametrize("names", ["lower case", "upper case"])
def test_a_venue_that_minds_no_case_passes(
    server: TinyServer,
    caller: ArcusCaller,  # noqa: F811 - the fixture
    orders: OneOrder,
    names: Names,
) -> None:
    orders.venue = Venue(server, minds_case=False)
    check(caller, orders, names)


@pytest.mark.parametrize("names", ["lower case", "upper case"])
def test_a_venue_that_knows_one_spelling_fails(
    server: TinyServer,
    caller: ArcusCaller,  # noqa: F811 - the fixture
    orders: OneOrder,
    names: Names,
) -> None:
    orders.venue = Venue(server, minds_case=True)
    with pytest.raises(AssertionError):
        check(caller, orders, names)
