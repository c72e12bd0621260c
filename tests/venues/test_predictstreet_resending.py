"""PredictStreet: what goes out when a recorded request is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.caller import Recorded, RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import CUT_SHORT, MADE_LONGER, OTHER_CASE, Identity, altered_secret
from venue_conformance.wire.exchange import Request
from venue_conformance.wire.recorder import Recorder

SECRET, THEIRS = "abc_def-ghijklmnopqrstuvwxyz0123456789ABCDE", "XYZ_def-ghijklmnopqrstuvwxyz0123456789ABCDE"
OWN_KEY, THEIR_KEY = f"ps_live_0123456789abcdef_{SECRET}", f"ps_live_fedcba9876543210_{THEIRS}"
WALLET, OTHER = "0x" + "aB" * 20, "0x" + "cD" * 20
ORDER_ID = "00000000-0000-4000-8000-000000000000"
BODY = json.dumps({"orderIds": [ORDER_ID]}).encode()
Send = Callable[..., Received]


def target_text(url: str, kind: str, *, others: bool) -> str:
    key, other = (f'api_key = "{key}"' for key in (OWN_KEY, THEIR_KEY))
    own = f'[credentials]\n{key}\npartner_kind = "{kind}"\nwallet = "{WALLET}"\n'
    more = f'[[accounts]]\n{other}\npartner_kind = "single_wallet"\nwallet = "{OTHER}"\n' if others else ""
    return f'venue = "predictstreet"\nbase_url = "{url}"\nenvironment = "test"\n{own}{more}'


@pytest.fixture
def open_session(server: TinyServer, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []
    server.always(answer(200, b"{}"))

    def open_one(kind: str = "multi_wallet", *, others: bool = True) -> Session:
        (tmp_path / "target.toml").write_text(target_text(server.url, kind, others=others))
        shapes = {name: venue.credentials for name, venue in venues().items()}
        target = load_target(tmp_path / "target.toml", shapes, {})
        opened.append(Session(venues()["predictstreet"], target, seed=5))
        return opened[-1]

    yield open_one
    for session in opened:
        session.close()


def caller_of(session: Session) -> PredictStreetCaller:
    session.ledger.enter([ORDER_ID])
    account = CallerAccount(session.target.credentials, "file")
    return PredictStreetCaller(account, session, Recorder(), RetryBudget(sleep=lambda _: None))


@pytest.fixture
def send(server: TinyServer, open_session: Callable[..., Session]) -> Send:
    """Sends again what had gone out with these tamperings and headers, and hands back what came in."""

    def resend(
        tampered: dict[str, Any], *headers: tuple[str, str], kind: str = "multi_wallet", others: bool = True
    ) -> Received:
        given = (("X-Api-Key", "***"), ("X-User-Wallet", "0x" + "12" * 20), ("Content-Type", "application/json"))
        request = Request(
            "POST", "/api/orders/cancel-batch", headers or given, BODY, caller="0x" + "12" * 20, signing=tampered
        )
        caller = caller_of(open_session(kind, others=others))
        exchange = caller.resend(Recorded(request, later=60, others=(), limit_asked=False))
        assert exchange.request.caller == caller.name
        return server.received[-1]

    return resend


@pytest.mark.parametrize(
    ("tampered", "key", "wallet"),
    [
        ({}, OWN_KEY, WALLET),
        ({"omit": ["X-User-Wallet"]}, OWN_KEY, None),
        ({"omit": ["X-Api-Key"]}, None, WALLET),
        ({"key": "not-a-key"}, "not-a-key", WALLET),
        ({"key": "{prefix}_{secret}"}, f"ps_live_{SECRET}", WALLET),
        ({"key_id": "0000"}, f"ps_live_0000_{SECRET}", WALLET),
        ({"wallet": OTHER}, OWN_KEY, OTHER),
        ({"wallet": ""}, OWN_KEY, ""),
        ({"altered": OTHER_CASE}, f"ps_live_0123456789abcdef_{SECRET.swapcase()}", WALLET),
        ({"altered": 0}, f"ps_live_0123456789abcdef_b{SECRET[1:]}", WALLET),
        ({"secret": "***", "lent": ["secret"]}, f"ps_live_0123456789abcdef_{THEIRS}", WALLET),
        ({"key_id": "4711", "lent": ["key_id"]}, f"ps_live_fedcba9876543210_{SECRET}", WALLET),
    ],
)
def test_the_key_of_today_is_tampered_with_as_the_recorded_one_was(
    send: Send, tampered: dict[str, Any], key: str | None, wallet: str | None
) -> None:
    received = send(tampered)
    assert (received.header("X-Api-Key"), received.header("X-User-Wallet")) == (key, wallet)
    assert received.header("Content-Type") == "application/json"
    assert received.body == BODY


@pytest.mark.parametrize(
    "tampered", [{"secret": "***"}, {"secret": "***", "lent": ["secret"]}, {"key_id": "4711", "lent": ["key_id"]}]
)
def test_what_nobody_can_lend_belongs_to_nobody(send: Send, tampered: dict[str, Any]) -> None:
    first, second = (send(tampered, others=False).header("X-Api-Key") or "" for _ in range(2))
    assert first != second
    assert OWN_KEY not in (first, second)
    assert len(first) == len(OWN_KEY)
    assert "4711" not in first
    assert "***" not in first


def test_what_is_masked_or_was_left_out_stays_away(send: Send) -> None:
    received = send({}, ("X-Gateway", "***"), ("Content-Type", "text/plain"), ("X-More", "1"))
    assert received.all_of("X-Api-Key") == received.all_of("X-Gateway") == []
    assert (received.header("Content-Type"), received.header("X-More")) == ("text/plain", "1")


def test_the_wallet_is_declared_by_whoever_needs_it_now(send: Send) -> None:
    """The record may be of a partner of the other kind."""
    key = ("X-Api-Key", "***")
    assert send({}, key, kind="multi_wallet").header("X-User-Wallet") == WALLET
    assert send({}, key, ("X-User-Wallet", WALLET), kind="single_wallet").header("X-User-Wallet") is None
    assert send({"wallet": "me"}, key, kind="single_wallet").header("X-User-Wallet") == "me"


def test_the_acting_wallet_pays(open_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session()
    paid: list[str | None] = []
    monkeypatch.setattr(session.pacer, "wait", lambda account, _tokens: paid.append(account))
    for tampered, limit_asked in (({}, False), ({"wallet": OTHER}, False), ({}, True)):
        request = Request(
            "GET", f"/api/orders/{ORDER_ID}", (("X-Api-Key", "***"),), None, caller=WALLET, signing=tampered
        )
        caller_of(session).resend(Recorded(request, later=0, others=(), limit_asked=limit_asked))
    assert paid == [WALLET.lower(), OTHER.lower(), None]


@pytest.mark.parametrize("how", [0, 20, -1, 40, 41, CUT_SHORT, MADE_LONGER, OTHER_CASE])
def test_an_altered_secret_is_another_one(how: int | str) -> None:
    altered = altered_secret(SECRET, how)
    assert altered != SECRET
    if isinstance(how, int):
        [(place, old, new)] = [
            (place, *pair) for place, pair in enumerate(zip(SECRET, altered, strict=True)) if pair[0] != pair[1]
        ]
        assert place < len(SECRET) - 2
        assert old.lower() != new.lower()


def test_lent_parts_survive_their_description() -> None:
    identity = Identity(secret=THEIRS, lent=frozenset({"secret"}), altered=3)
    assert Identity.from_tampered(identity.tampered) == identity
