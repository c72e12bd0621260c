"""A lie that no mutant can tell, because the reference is handed header names in lower case: their case counts."""

from __future__ import annotations

import json

import pytest

from suites.bayse.test_idempotency_key import test_header_name_is_case_insensitive as check
from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.recorder import Recorder

from .conftest import Recruit


class OneOpenOrder(Orders):
    """Orders of a target without provider states: one, which is open."""

    def open(self, count: int = 1, **options: object) -> list[ProvisionedOrder]:
        return [ProvisionedOrder("id-1", 1, 0, None, "open", "CLOB", "pk_file")]


class Venue:
    """Cancels the one order once; later requests fail, or replay the first when they carry a key that is known."""

    def __init__(self, server: TinyServer, *, minds_case: bool) -> None:
        self.minds_case = minds_case
        self.replies: dict[str | None, bytes] = {}
        self.open = True
        server.behave = self.reply

    def reply(self, received: Received) -> bytes:
        names = {name if self.minds_case else name.title(): value for name, value in received.headers}
        key = names.get("Idempotency-Key")
        if key is None or key not in self.replies:
            row = {"orderId": "id-1", "success": self.open}
            self.open = False
            self.replies[key] = answer(200, json.dumps({"results": [row]}).encode())
        return self.replies[key]


@pytest.fixture
def orders(session: Session, recorder: Recorder, recruit: Recruit) -> Orders:
    session.ledger.enter(["id-1"])
    return OneOpenOrder(session, recorder, recruit(), stranger=recruit)


@pytest.fixture
def caller(recruit: Recruit) -> BayseCaller:
    return recruit()


def test_a_venue_that_minds_no_case_passes(server: TinyServer, caller: BayseCaller, orders: Orders) -> None:
    Venue(server, minds_case=False)
    check(caller, orders)


def test_a_venue_that_knows_one_spelling_fails(server: TinyServer, caller: BayseCaller, orders: Orders) -> None:
    Venue(server, minds_case=True)
    with pytest.raises(AssertionError):
        check(caller, orders)
