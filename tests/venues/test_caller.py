"""A limit that nobody asked for is waited out, a refusal is judged fairly, and no strange id is ever sent."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.tiny_server import TinyServer, answer
from venue_conformance.client.caller import RETRY_BUDGET_SECONDS, RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import CredentialsRefused, NotSent, NotTested, RateLimited, SuiteFault
from venue_conformance.target.credentials import parse_credentials
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues import venues
from venue_conformance.venues.bayse.signing import Signing
from venue_conformance.wire.recorder import Recorder

from .conftest import OpenSession, Recruit

FRESH = CallerAccount(
    parse_credentials(
        {"public_key": "pk_state", "secret_key": "sk_state_secret"}, venues()["bayse"].credentials, "here"
    ),
    "state",
)


def provisioned(order_id: str, session: Session) -> ProvisionedOrder:
    session.ledger.enter([order_id])
    return ProvisionedOrder(order_id, 1, 0, None, "open", "CLOB", "pk_file")


ACCEPTED = answer(200, b'{"results": []}')


def limited(seconds: str | None = None) -> bytes:
    return answer(429, b"{}", *([("Retry-After", seconds)] if seconds is not None else []))


@pytest.mark.parametrize(
    ("said", "waited"),
    [("2", 2.0), ("0.5", 1.0), ("0", 1.0), (None, 1.0), ("soon", 1.0)],
)
def test_a_limit_is_waited_out_as_long_as_it_says(
    server: TinyServer, session: Session, recruit: Recruit, naps: list[float], said: str | None, waited: float
) -> None:
    server.in_turn(limited(said), limited(said), answer())
    assert recruit().cancel_batch(session.ledger.unknown(1)).status == 200
    assert naps == [waited, waited]
    assert len(server.received) == 3


@pytest.mark.parametrize("said", ["3", "11", "inf", None])
def test_a_limit_that_does_not_end_is_not_tested(
    server: TinyServer, session: Session, recruit: Recruit, naps: list[float], said: str | None
) -> None:
    server.always(limited(said))
    with pytest.raises(NotTested, match="rate limited"):
        recruit().cancel_batch(session.ledger.unknown(1))
    assert sum(naps) <= RETRY_BUDGET_SECONDS
    assert len(server.received) == len(naps) + 1 <= 11


def test_the_retry_budget_is_that_of_the_whole_check(
    server: TinyServer, session: Session, recruit: Recruit, naps: list[float]
) -> None:
    server.behave = lambda received: limited("6") if len(server.received) % 2 else answer()
    caller = recruit()
    assert caller.cancel_batch(session.ledger.unknown(1)).status == 200
    with pytest.raises(NotTested):
        caller.cancel_batch(session.ledger.unknown(1))
    assert naps == [6.0]


def test_after_three_checks_given_up_for_limits_nobody_waits_for_one(
    server: TinyServer, session: Session, recorder: Recorder, naps: list[float]
) -> None:
    server.always(limited("4"))
    for waits in (2, 2, 2, 0, 0):
        naps.clear()
        server.received.clear()
        caller = session.venue.caller(FRESH, session, recorder, RetryBudget(sleep=naps.append))
        with pytest.raises(RateLimited):
            caller.cancel_batch(session.ledger.unknown(1))
        assert (len(naps), len(server.received)) == (waits, waits + 1)
    server.always(answer())
    assert caller.cancel_batch(session.ledger.unknown(1)).status == 200


def test_the_retry_budget_is_used_up_to_its_end() -> None:
    naps: list[float] = []
    retry_budget = RetryBudget(3, naps.append)
    retry_budget.wait(1)
    retry_budget.wait(2)
    with pytest.raises(NotTested):
        retry_budget.wait(0.1)
    assert naps == [1, 2]


def test_a_limit_that_was_asked_for_is_handed_back(
    server: TinyServer, session: Session, recruit: Recruit, naps: list[float], recorder: Recorder
) -> None:
    server.always(limited("5"))
    answered = recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True)
    assert (answered.status, answered.header("Retry-After")) == (429, "5")
    assert naps == []
    assert len(recorder.exchanges) == 1


def test_every_try_is_among_the_steps(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder
) -> None:
    server.in_turn(limited("1"), answer())
    recruit().cancel_batch(session.ledger.unknown(1))
    assert [exchange.status for exchange in recorder.exchanges] == [429, 200]


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_of_the_file_that_never_worked_are_not_the_venues_fault(
    server: TinyServer, session: Session, recruit: Recruit, status: int
) -> None:
    ahead = formatdate(time.time() + 1000, usegmt=True)
    server.always(answer(status, b"{}", ("Date", ahead)))
    with pytest.raises(CredentialsRefused) as caught:
        recruit().cancel_batch(session.ledger.unknown(1))
    assert caught.value.status == status
    assert caught.value.clock_difference == pytest.approx(1000, abs=30)


def test_once_a_right_request_was_accepted_a_refusal_is_an_answer(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.in_turn(ACCEPTED, answer(401))
    caller = recruit()
    caller.cancel_batch(session.ledger.unknown(1))
    assert caller.cancel_batch(session.ledger.unknown(1)).status == 401


def test_credentials_that_the_target_made_must_work(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.always(answer(401))
    assert recruit(FRESH).cancel_batch(session.ledger.unknown(1)).status == 401


def test_a_refusal_that_is_no_json_may_be_a_gateways(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.in_turn(answer(401, b"<html>"), answer(401, b"<html>"), ACCEPTED, answer(401, b"<html>"))
    for account in (FRESH, None):
        with pytest.raises(CredentialsRefused):
            recruit(account).cancel_batch(session.ledger.unknown(1))
    assert recruit(FRESH).cancel_batch(session.ledger.unknown(1)).status == 200
    assert recruit(FRESH).cancel_batch(session.ledger.unknown(1)).status == 401


@pytest.mark.parametrize("body", [b"null", b"[]", b"", b"{", b"{}", b'{"results": 7}'])
def test_what_is_no_answer_to_a_batch_accepts_nothing(
    server: TinyServer, session: Session, recruit: Recruit, body: bytes
) -> None:
    server.always(answer(200, body))
    recruit().cancel_batch(session.ledger.unknown(1))
    assert not session.health.accepted


def test_a_request_that_was_not_right_says_nothing_about_credentials(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.always(answer(401))
    assert recruit().cancel_batch(session.ledger.unknown(1), signing=Signing(cut=4)).status == 401


@pytest.mark.parametrize("how", [{"limit_asked": True}, {"signing": Signing(age=60), "right": True}])
def test_a_request_may_be_right_though_it_is_special(
    server: TinyServer, session: Session, recruit: Recruit, how: dict[str, Any]
) -> None:
    server.always(answer(401))
    with pytest.raises(CredentialsRefused):
        recruit().cancel_batch(session.ledger.unknown(1), **how)


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_of_a_wrong_size_is_not_right(
    server: TinyServer, session: Session, recruit: Recruit, count: int
) -> None:
    server.always(answer(401))
    assert recruit(FRESH).cancel_batch(session.ledger.unknown(count)).status == 401


def test_wrong_requests_that_are_accepted_prove_no_credentials(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.in_turn(answer(200), answer(401))
    caller = recruit()
    caller.cancel_batch(session.ledger.unknown(1), signing=Signing(cut=4))
    with pytest.raises(CredentialsRefused):
        caller.cancel_batch(session.ledger.unknown(1))


@pytest.mark.parametrize("named", ["someone-elses-order", "", "7", "3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11"])
def test_an_id_that_the_run_was_not_given_is_never_sent(
    server: TinyServer, session: Session, recruit: Recruit, named: str
) -> None:
    stray = ProvisionedOrder(named, 1, 0, None, "open", "CLOB", "pk_file")
    for send in (lambda c: c.cancel_batch([*session.ledger.unknown(1), named]), lambda c: c.cancel_single(stray)):
        with pytest.raises((SuiteFault, NotSent)):
            send(recruit())
    assert server.received == []


def test_what_is_not_sent_waits_for_no_turn(
    session: Session, recruit: Recruit, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[Any] = []
    monkeypatch.setattr(session.pacer, "wait", lambda *turn: waited.append(turn) or 0.0)
    caller = recruit()
    with pytest.raises(NotSent):
        caller.send(b"[]")
    assert waited == []
    caller.cancel_batch(session.ledger.unknown(1))
    assert len(waited) == 1


def test_ids_that_were_made_may_be_sent_in_another_case(server: TinyServer, session: Session, recruit: Recruit) -> None:
    (unknown,) = session.ledger.unknown(1)
    recruit().cancel_batch([provisioned("ab-12", session), unknown, unknown.upper()])
    assert json.loads(server.received[0].body)["orderIds"] == ["ab-12", unknown, unknown.upper()]


def test_requests_of_one_account_keep_its_budget(
    open_session: OpenSession, server: TinyServer, recorder: Recorder
) -> None:
    session = open_session("[limits]\nrequests_per_second = 40\n")
    caller = session.venue.caller(FRESH, session, recorder, RetryBudget())
    began = time.monotonic()
    for _ in range(5):
        caller.cancel_batch(session.ledger.unknown(1))
    assert time.monotonic() - began >= 4 / 40
