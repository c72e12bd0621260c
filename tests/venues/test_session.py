"""Accounts of a run: fresh ones where the target makes them, else those of its file, each handed out rightly."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.tiny_server import TinyServer, answer
from venue_conformance.client.session import Apart, Session, clock_difference, clocks_apart
from venue_conformance.errors import Inconclusive, NotTested
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Recorder, StateCall

from .conftest import OpenSession, serve


def makes_callers(server: TinyServer) -> None:
    made = 0

    def caller(_: dict[str, Any]) -> dict[str, Any]:
        nonlocal made
        made += 1
        return {"credentials": {"public_key": f"pk_{made}", "secret_key": f"sk_secret_{made}"}}

    serve(server, caller=caller)


def test_fresh_accounts_come_from_the_target(server: TinyServer, session: Session, recorder: Recorder) -> None:
    makes_callers(server)
    accounts = [session.main_account(recorder), session.other_account(recorder), session.own_account(recorder)]
    assert [account.name for account in accounts] == ["pk_1", "pk_2", "pk_3"]
    assert {account.origin for account in accounts} == {"state"}


@pytest.mark.parametrize(("repeated", "origin"), [({"kyc": "none"}, "state"), ({}, "file"), ({"kyc": "full"}, "file")])
def test_what_an_answer_does_not_repeat_is_not_offered(
    server: TinyServer, session: Session, repeated: dict[str, str], origin: str
) -> None:
    serve(server, caller=lambda _: {"credentials": {"public_key": "pk_1", "secret_key": "sk_1"}, **repeated})
    assert session.main_account(Recorder(), {"kyc": "none"}).origin == origin
    assert session.main_account(Recorder()).origin == "state"


def test_a_fresh_secret_is_masked_from_then_on(server: TinyServer, session: Session, recorder: Recorder) -> None:
    makes_callers(server)
    session.main_account(recorder)
    assert "sk_secret_1" not in session.redaction.text('{"message": "sk_secret_1 is wrong"}')
    assert "sk_file_secret" not in session.redaction.text("sk_file_secret")


def test_without_fresh_accounts_the_file_speaks(open_session: OpenSession, server: TinyServer) -> None:
    serve(server)
    session = open_session(further=3)
    assert [session.main_account(Recorder()).name for _ in range(2)] == ["pk_file"] * 2
    assert [session.other_account(Recorder()).name for _ in range(2)] == ["pk_further_0"] * 2
    own = [session.own_account(Recorder()) for _ in range(2)]
    assert [account.name for account in own] == ["pk_further_1", "pk_further_2"]
    assert {account.origin for account in own} == {"file"}
    with pytest.raises(NotTested, match="used up") as caught:
        session.own_account(Recorder())
    assert caught.value.needs == "caller"


def test_without_a_second_account_nothing_foreign_is_tested(open_session: OpenSession, server: TinyServer) -> None:
    serve(server)
    session = open_session(states="")
    with pytest.raises(NotTested, match="no second account") as caught:
        session.other_account(Recorder())
    assert caught.value.needs == "caller"


def test_no_two_threads_get_one_account(open_session: OpenSession, server: TinyServer) -> None:
    serve(server)
    session = open_session(further=13)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(session.own_account(Recorder()).name)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(f"pk_further_{n}" for n in range(1, 13))


def test_states_and_their_absence_are_among_the_steps(server: TinyServer, session: Session) -> None:
    serve(server, orders=lambda _: {"orders": []})
    recorder = Recorder()
    session.setup(recorder, "orders", {"count": 0})
    with pytest.raises(NotTested):
        session.setup(recorder, "fill", {"orderId": "a"})
    assert recorder.steps == [
        StateCall("orders", {"count": 0}, {"orders": []}),
        StateCall("fill", {"orderId": "a"}, None),
    ]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, Inconclusive),
        ({"credentials": []}, Inconclusive),
        ({"credentials": {"public_key": 5}}, Inconclusive),
        ({"credentials": {"public_key": "pk"}}, Inconclusive),
        (answer(500), Inconclusive),
        (answer(200, b"{"), Inconclusive),
    ],
)
def test_a_state_that_misbehaves_is_no_reason_to_use_the_file(
    server: TinyServer, session: Session, values: Any, fault: Any
) -> None:
    serve(server, caller=lambda _: values)
    with pytest.raises(fault):
        session.main_account(Recorder())


def _dated(*headers: tuple[str, str]) -> Exchange:
    return Exchange(Request("GET", "/", ()), "http://h/", 0, 1, "", 401, headers)


@pytest.mark.parametrize("ahead", [-3600, 0, 90])
def test_the_clock_difference_is_read_from_the_date(ahead: int) -> None:
    difference = clock_difference(_dated(("date", formatdate(time.time() + ahead, usegmt=True))))
    assert difference == pytest.approx(ahead, abs=30)


@pytest.mark.parametrize("headers", [(), (("Date", "yesterday"),), (("Date", ""),)])
def test_without_a_usable_date_there_is_no_difference(headers: tuple[tuple[str, str], ...]) -> None:
    assert clock_difference(_dated(*headers)) is None


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(0, Apart(0, 0)), (20, Apart(0, 20)), (-20, Apart(20, 0)), (90, Apart(0, 30)), (-90, Apart(30, 0))],
)
def test_either_clock_may_be_the_one_that_counts(ahead: int, expected: Apart) -> None:
    apart = clocks_apart(_dated(("Date", formatdate(time.time() + ahead, usegmt=True))), 30)
    assert (apart.behind, apart.ahead) == pytest.approx((expected.behind, expected.ahead), abs=1.9)
