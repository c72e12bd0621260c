"""A Bayse caller: the bytes that it sends are the bytes that it signed, as a verifier of our own finds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from email.utils import formatdate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suites.bayse.test_authentication import aged
from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import NotTested, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.signing import Signing
from venue_conformance.wire.recorder import Recorder

from .conftest import Recruit

SECRETS = {"pk_file": b"sk_file_secret"}


def signature_fits(received: Received) -> bool:
    """A verifier of the test's own: over the bytes and the path that arrived."""
    secret = SECRETS[received.header("X-Public-Key") or ""]
    body_hash = hashlib.sha256(received.body).hexdigest() if received.header("Content-Length") else ""
    payload = f"{received.header('X-Timestamp')}.{received.method}.{received.path}.{body_hash}".encode()
    expected = base64.b64encode(hmac.new(secret, payload, hashlib.sha256).digest()).decode()
    recent = abs(int(received.header("X-Timestamp") or 0) - time.time()) < 300
    return recent and received.header("X-Signature") == expected


def strict(received: Received) -> Behaviour:
    return answer(200 if signature_fits(received) else 401)


def provisioned(order_id: str, session: Session) -> ProvisionedOrder:
    session.ledger.enter([order_id])
    return ProvisionedOrder(order_id, 1, 0, None, "open", "CLOB", "pk_file")


def limited(seconds: str | None = None) -> bytes:
    return answer(429, b"{}", *([("Retry-After", seconds)] if seconds is not None else []))


def test_a_batch_is_accepted_by_whoever_verifies_it(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.behave = strict
    ids = session.ledger.unknown(3)
    answered = recruit().cancel_batch(ids, idempotency_key="key-1")
    assert answered.status == 200
    (received,) = server.received
    assert (received.method, received.path) == ("DELETE", "/v1/pm/orders/batch")
    assert json.loads(received.body) == {"orderIds": ids}
    assert received.all_of("Idempotency-Key") == ["key-1"]
    assert received.all_of("Content-Type") == ["application/json"]


def test_without_a_key_none_is_sent(server: TinyServer, session: Session, recruit: Recruit) -> None:
    recruit().cancel_batch(session.ledger.unknown(1))
    assert server.received[0].header("Idempotency-Key") is None


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(min_size=1, max_size=15) | st.text(max_size=15).map(json.dumps).map(str.encode))
def test_the_bytes_sent_are_the_bytes_signed(
    server: TinyServer, session: Session, recruit: Recruit, body: bytes
) -> None:
    server.behave = strict
    owns_nothing = CallerAccount(session.target.credentials, "state")
    assert recruit(owns_nothing).send(body, limit_asked=True).status == 200
    assert server.received[-1].body == body


def test_a_single_cancel_is_signed_without_a_body(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.behave = strict
    assert recruit().cancel_single(provisioned("id-1", session), idempotency_key="k").status == 200
    assert server.received[0].path == "/v1/pm/orders/id-1"
    assert server.received[0].header("Idempotency-Key") == "k"


def test_what_is_tampered_with_is_refused_and_recorded(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder
) -> None:
    server.behave = strict
    tampering = Signing(signed_path="/v1/pm/orders")
    assert recruit().cancel_batch(session.ledger.unknown(1), signing=tampering).status == 401
    (exchange,) = recorder.exchanges
    assert exchange.request.signing == {"signed_path": "/v1/pm/orders"}
    assert exchange.request.caller == "pk_file"


def test_new_keys_are_never_the_same(recruit: Recruit) -> None:
    caller = recruit()
    keys = {caller.new_idempotency_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.isascii() and key.isalnum() and len(key) == 32 for key in keys)


def test_after_a_limit_the_request_is_signed_afresh(
    server: TinyServer, session: Session, recruit: Recruit, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late = time.time, itertools.count(step=2)
    monkeypatch.setattr("venue_conformance.venues.bayse.caller.time.time", lambda: real() + next(late))
    server.in_turn(limited("1"), answer())
    recruit().cancel_batch(session.ledger.unknown(1), idempotency_key="k")
    first, second = server.received
    assert first.body == second.body
    assert first.header("Idempotency-Key") == second.header("Idempotency-Key") == "k"
    assert first.header("X-Timestamp") != second.header("X-Timestamp")
    assert signature_fits(first)
    assert signature_fits(second)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_operation_that_is_not_there_is_not_tested(
    server: TinyServer, session: Session, recruit: Recruit, status: int
) -> None:
    server.always(answer(status))
    order = provisioned("id-1", session)
    for ask in (recruit().cancel_single, recruit().read_status):
        with pytest.raises(NotTested, match=r"offers? "):
            ask(order)


@pytest.mark.parametrize(
    ("said", "read"),
    [("open", "open"), ("partial_filled", "partially_filled"), ("partially_filled", "partially_filled")],
)
def test_a_status_is_read_in_the_words_of_the_protocol(
    server: TinyServer, session: Session, recruit: Recruit, said: str, read: str
) -> None:
    server.always(answer(200, json.dumps({"status": said}).encode()))
    assert recruit().read_status(provisioned("id-1", session)) == read
    assert server.received[0].path == "/v1/pm/orders/id-1"
    assert server.received[0].header("X-Signature") is None


@pytest.mark.parametrize("body", [b"{}", b'{"status": 1}', b"[]", b"{"])
def test_a_read_that_says_no_status_is_a_violation(
    server: TinyServer, session: Session, recruit: Recruit, body: bytes
) -> None:
    server.always(answer(200, body))
    with pytest.raises(Violation):
        recruit().read_status(provisioned("id-1", session))


def test_a_retry_backs_off_briefly_while_its_key_is_said_to_be_in_flight(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    [order_id] = session.ledger.unknown(1)
    server.in_turn(answer(409), answer(409), answer(200))
    assert recruit().cancel_batch([order_id], idempotency_key="k", retry=True).status == 200
    server.in_turn(answer(409), answer(409), answer(409), answer(200))
    assert recruit().cancel_batch([order_id], idempotency_key="k", retry=True).status == 409
    server.in_turn(answer(409), answer(200))
    assert recruit().cancel_batch([order_id], idempotency_key="k").status == 409


def test_what_is_sent_again_is_signed_as_of_another_second(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.behave = strict
    caller, ids = recruit(), session.ledger.unknown(2)
    for _ in range(5):
        assert caller.cancel_batch(ids[:1], idempotency_key="k").status == 200
    times = {received.header("X-Timestamp") for received in server.received}
    assert len(times) == 5
    assert caller.cancel_batch(ids[1:]).status == 200
    assert time.time() - int(server.received[-1].header("X-Timestamp") or 0) < 2


def test_a_time_that_is_asked_for_is_sent_as_it_is(server: TinyServer, session: Session, recruit: Recruit) -> None:
    now = str(int(time.time()))
    for _ in range(2):
        recruit().cancel_batch(session.ledger.unknown(1), signing=Signing(timestamp=now))
    assert [received.header("X-Timestamp") for received in server.received] == [now, now]


@pytest.mark.parametrize(("ahead", "made_up"), [(150, 0), (-150, -150), (1, 0)])
def test_an_age_is_one_by_either_clock(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder, ahead: int, made_up: int
) -> None:
    caller = recruit()
    orders = Orders(session, recorder, caller, stranger=recruit)
    server.behave = lambda _: answer(200, b"{}", ("Date", formatdate(time.time() + ahead, usegmt=True)))
    signing = aged(caller, orders, 200)
    assert signing.age == pytest.approx(200 - made_up, abs=2)
