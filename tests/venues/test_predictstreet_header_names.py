"""A lie that no mutant can tell, because the reference is handed header names in lower case: their case counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suites.predictstreet.test_request import test_header_names_are_case_insensitive as key_check
from suites.predictstreet.test_wallet import (
    test_wallet_header_name_is_case_insensitive as wallet_check,
)
from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import Violation
from venue_conformance.target.file import load_target
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues import venues
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import KEY_HEADER, LOWER, UPPER, WALLET_HEADER
from venue_conformance.wire.recorder import Recorder

OPEN_ID = "6b0f7a1e-2f0c-4d5e-9a3b-0c1d2e3f4a5b"
WALLET = "0x" + "aB" * 20
TARGET = f"""venue = "predictstreet"
base_url = "{{url}}"
environment = "test"
[credentials]
api_key = "ps_live_0123456789abcdef_abc_def-ghijklmnopqrstuvwxyz0123456789ABCDE"
partner_kind = "multi_wallet"
wallet = "{WALLET}"
"""


class OneOpenOrder(Orders):
    """Orders of a target without provider states: one, which is open."""

    def make(self, *_: object, **__: object) -> list[ProvisionedOrder]:
        return [ProvisionedOrder(OPEN_ID, 1, 0, None, "open", "1", WALLET)]


def venue(spellings: dict[str, set[str]]) -> Callable[[Received], bytes]:
    """Cancels its one order for whoever is told by headers of these spellings; a header without one has no case."""

    def reply(received: Received) -> bytes:
        for header in (KEY_HEADER, WALLET_HEADER):
            sent = {name for name, _ in received.headers if name.lower() == header.lower()}
            if not sent & spellings.get(header, sent):
                return answer(401, b'{"code": "auth_required"}')
        asked = json.loads(received.body)["orderIds"]
        reasons = {order_id: "not_found" for order_id in asked if order_id != OPEN_ID}
        body = {"cancelled": [OPEN_ID] if OPEN_ID in asked else [], "notCancelled": reasons}
        return answer(200, json.dumps(body).encode())

    return reply


@pytest.fixture
def session(server: TinyServer, tmp_path: Path) -> Iterator[Session]:
    file = tmp_path / "target.toml"
    file.write_text(TARGET.format(url=server.url))
    shapes = {name: each.credentials for name, each in venues().items()}
    session = Session(venues()["predictstreet"], load_target(file, shapes, {}), seed=5)
    session.ledger.enter([OPEN_ID])
    yield session
    session.close()


@pytest.fixture
def caller(session: Session) -> PredictStreetCaller:
    account = CallerAccount(session.target.credentials, "file")
    return PredictStreetCaller(account, session, Recorder(), RetryBudget(sleep=lambda _: None))


@pytest.fixture
def orders(session: Session, caller: PredictStreetCaller) -> Orders:
    return OneOpenOrder(session, caller.recorder, caller, stranger=lambda: caller)


@pytest.mark.parametrize("names", [LOWER, UPPER])
def test_a_venue_that_minds_no_case_passes(
    server: TinyServer, caller: PredictStreetCaller, orders: Orders, names: str
) -> None:
    server.behave = venue({})
    key_check(caller, orders, names)
    wallet_check(caller, orders, names)


@pytest.mark.parametrize("header", [KEY_HEADER, WALLET_HEADER])
@pytest.mark.parametrize(("others", "names"), [(set(), LOWER), ({str.lower}, UPPER)], ids=["one", "two"])
def test_a_venue_that_knows_some_spellings_fails(
    server: TinyServer,
    caller: PredictStreetCaller,
    orders: Orders,
    header: str,
    others: set[Callable[[str], str]],
    names: str,
) -> None:
    server.behave = venue({header: {header, *(spell(header) for spell in others)}})
    assert caller.cancel_batch([OPEN_ID]).succeeded
    check = key_check if header == KEY_HEADER else wallet_check
    with pytest.raises((AssertionError, Violation)):
        check(caller, orders, names)
