"""What a caller does about faults of the way: sent once more where that is safe, never elsewhere, and counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tiny_server import Behaviour, TinyServer, answer
from venue_conformance.client.caller import RetryBudget, require_armed
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import NotTested, Presupposed, RateLimited, TargetSilent, Unreachable, WayFault
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.circuit import CircuitBreaker
from venue_conformance.wire.lost_time import LostTime
from venue_conformance.wire.recorder import Recorder
from venue_conformance.wire.tries import Tries

from .conftest import Recruit, serve
from .test_caller import FRESH, limited


def reset(connection: Any) -> None:
    connection.shutdown(2)


PAGE = answer(200, b"<html>", ("Content-Type", "text/html"))
#: Each with the word by which it is counted.
FAULTS: list[tuple[Behaviour, str]] = [
    (reset, "reset"),
    (answer(503), "503"),
    (answer(500, b"<html>"), "500"),
    (PAGE, "HTML"),
]
ACCEPTED = answer(200, b'{"results": []}')


@pytest.fixture
def order(session: Session) -> ProvisionedOrder:
    session.ledger.enter(["AB-12"])
    return ProvisionedOrder("AB-12", 1, 0, None, "open", "CLOB", "pk_file")


@pytest.mark.parametrize(("fault", "word"), FAULTS)
def test_a_request_without_an_effect_is_sent_once_more(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder, fault: Behaviour, word: str
) -> None:
    server.in_turn(fault, ACCEPTED)
    caller = recruit()
    assert caller.cancel_batch(session.ledger.unknown(2)).status == 200
    assert len(recorder.exchanges) == len(server.received) == caller.tries.requests == 2
    first, second = server.received
    assert first.body == second.body
    assert first.header("X-Timestamp") != second.header("X-Timestamp"), "built afresh"
    assert caller.tries.repeats == []
    assert [str(error.status) for error in session.health.server_errors] == ([word] if word.isdigit() else [])


@pytest.mark.parametrize(("fault", "word"), FAULTS)
def test_twice_is_a_fault_of_the_way(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder, fault: Behaviour, word: str
) -> None:
    server.always(fault)
    with pytest.raises(WayFault, match="DELETE http://127") as raised:
        recruit().cancel_batch(session.ledger.unknown(1))
    assert raised.value.fault == word
    assert isinstance(raised.value, Unreachable) == (word == "reset")
    assert len(recorder.exchanges) == len(server.received) == 2


@pytest.mark.parametrize(("fault", "word"), FAULTS)
def test_a_request_that_names_an_order_is_never_sent_twice(
    server: TinyServer, recruit: Recruit, order: ProvisionedOrder, fault: Behaviour, word: str
) -> None:
    server.always(fault)
    with pytest.raises(WayFault) as raised:
        recruit().cancel_batch([order])
    assert raised.value.fault == word
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"orderIds": ["ab-12"]}',
        b'{"orderIds": ["\\u0041B-12"]}',
        b'{"orderIds": [" AB-12 "]}',
        b"\xff\xfe",
        '{"orderIds": ["AB-12"]}'.encode("utf-16-le"),
    ],
)
def test_nor_is_one_that_may_name_it_in_another_way(
    server: TinyServer, recruit: Recruit, order: ProvisionedOrder, body: bytes
) -> None:
    assert order.order_id == "AB-12"
    server.always(reset)
    with pytest.raises(Unreachable):
        recruit(FRESH).send(body)
    assert len(server.received) == 1


def test_nor_is_one_whose_path_names_it(server: TinyServer, recruit: Recruit, order: ProvisionedOrder) -> None:
    server.always(reset)
    for send in (recruit().cancel_single, recruit().read_status):
        server.received.clear()
        with pytest.raises(Unreachable):
            send(order)
        assert len(server.received) == 1


def test_nor_is_one_with_a_key(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.always(reset)
    with pytest.raises(Unreachable):
        recruit().cancel_batch(session.ledger.unknown(1), idempotency_key="k")
    assert len(server.received) == 1


def test_an_operation_that_is_not_offered_is_no_fault(
    server: TinyServer, recruit: Recruit, order: ProvisionedOrder
) -> None:
    server.always(answer(501))
    caller = recruit()
    for send in (caller.cancel_single, caller.read_status):
        with pytest.raises(NotTested):
            send(order)
    assert caller.tries.server_errors == []


@pytest.mark.parametrize("behaviour", [answer(500), answer(503, b"<html>"), limited("7")])
def test_what_is_provoked_comes_as_it_is(
    server: TinyServer, session: Session, recruit: Recruit, behaviour: bytes
) -> None:
    server.always(behaviour)
    answered = recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True)
    assert answered.status in (429, 500, 503)
    assert len(server.received) == 1
    assert session.health.server_errors == []


@pytest.mark.parametrize(("fault", "word"), [(reset, "reset"), (PAGE, "HTML")])
def test_but_nobody_provokes_a_reset_or_a_page(
    server: TinyServer, session: Session, recruit: Recruit, fault: Behaviour, word: str
) -> None:
    server.always(fault)
    with pytest.raises(WayFault) as raised:
        recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True)
    assert raised.value.fault == word
    assert len(server.received) == 1


def test_failures_that_were_armed_are_provoked(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder
) -> None:
    serve(server, venue=lambda _: answer(503), failing_response=lambda _: {})
    session.setup(recorder, "failing response", {"caller": "pk_file", "status": 503, "count": 2})
    for _ in range(2):
        assert recruit().cancel_batch(session.ledger.unknown(1)).status == 503
    assert session.health.server_errors == []
    with pytest.raises(WayFault):
        recruit().cancel_batch(session.ledger.unknown(1))
    assert len(session.health.server_errors) == 2


def test_whoever_asks_for_an_armed_failure_uses_it_up(
    server: TinyServer, session: Session, recruit: Recruit, recorder: Recorder
) -> None:
    serve(server, venue=lambda _: answer(503), failing_response=lambda _: {})
    session.setup(recorder, "failing response", {"caller": "pk_file", "status": 503, "count": 1})
    assert recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True).status == 503
    with pytest.raises(WayFault):
        recruit().cancel_batch(session.ledger.unknown(1))


def test_another_5xx_than_the_armed_one_is_a_fault_of_the_way(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.always(answer(500))
    with pytest.raises(WayFault):
        require_armed(recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True), 503)


REPLAYED = answer(500, b"{}", ("Idempotent-Replayed", "true"))


@pytest.mark.parametrize(
    ("answers", "status"),
    [((answer(500), answer(500)), 500), ((REPLAYED, ACCEPTED), 500), ((ACCEPTED, answer(500)), 200)],
)
def test_stored_5xx_is_what_a_retry_is_answered(
    server: TinyServer, session: Session, recruit: Recruit, answers: tuple[bytes, ...], status: int
) -> None:
    server.in_turn(*answers)
    batch = session.ledger.unknown(1)
    assert recruit().cancel_batch(batch, idempotency_key="k", retry=True, limit_asked=True).status == status


def test_5xx_that_a_retry_does_not_get_again_is_a_fault_of_the_way(
    server: TinyServer, session: Session, recruit: Recruit
) -> None:
    server.in_turn(answer(500), ACCEPTED)
    with pytest.raises(WayFault):
        recruit().cancel_batch(session.ledger.unknown(1), idempotency_key="k", retry=True, limit_asked=True)
    assert len(session.health.server_errors) == 1


@pytest.mark.parametrize("status", [307, 400, 401, 404, 422])
def test_any_other_answer_is_handed_back(server: TinyServer, session: Session, recruit: Recruit, status: int) -> None:
    server.always(answer(status, b"<html>", ("Location", "/elsewhere")))
    session.health.accept("somebody")
    assert recruit().cancel_batch(session.ledger.unknown(1)).status == status
    assert len(server.received) == 1


def test_a_gateways_page_is_never_the_venues(server: TinyServer, session: Session) -> None:
    session.health.accept("somebody")
    page = answer(502, b"<html><body>Bad Gateway</body></html>", ("Content-Type", "text/html"))
    server.behave = lambda received: page if len(json.loads(received.body)["orderIds"]) > 1 else answer()
    with pytest.raises(WayFault, match="502"):
        repeated(session, Tries())


def repeated(session: Session, tries: Tries, account: CallerAccount | None = None) -> int:
    """The status that a check meets at its second step in its last try, WayFault restarting it until then."""
    while True:
        caller = BayseCaller(
            account or CallerAccount(session.target.credentials, "file"), session, Recorder(), RetryBudget(), tries
        )
        try:
            caller.cancel_batch(session.ledger.unknown(1))
            return caller.cancel_batch(session.ledger.unknown(2)).status
        except WayFault as fault:
            if not tries.may_repeat:
                raise
            tries.repeat(fault)


def by_size(one: Behaviour, two: Behaviour) -> Any:
    return lambda received: one if len(json.loads(received.body)["orderIds"]) == 1 else two


def test_the_same_5xx_at_the_same_step_of_every_try_is_judged(server: TinyServer, session: Session) -> None:
    server.behave = by_size(ACCEPTED, answer(500))
    tries = Tries()
    assert repeated(session, tries) == 500
    assert tries.repeats == ["500"] * 3
    assert len(tries.server_errors) == 8, "each try sent it twice"


@pytest.mark.parametrize("other", [answer(503), reset])
def test_not_so_where_one_of_them_failed_otherwise(server: TinyServer, session: Session, other: Behaviour) -> None:
    seen: list[int] = []

    def venue(received: Any) -> Behaviour:
        if len(json.loads(received.body)["orderIds"]) == 1:
            return ACCEPTED
        seen.append(1)
        return other if len(seen) in (3, 4) else answer(500)

    server.behave = venue
    with pytest.raises(WayFault):
        repeated(session, Tries())


@pytest.mark.parametrize(
    ("one", "account", "judged"),
    [
        (ACCEPTED, None, True),
        (answer(400), None, False),
        (answer(400), FRESH, True),
    ],
)
def test_from_a_target_that_accepted_nothing_it_says_something_of_its_own_credentials_alone(
    server: TinyServer, session: Session, one: bytes, account: CallerAccount | None, judged: bool
) -> None:
    server.behave = by_size(one, answer(500))
    if judged:
        assert repeated(session, Tries(), account) == 500
    else:
        with pytest.raises(WayFault):
            repeated(session, Tries(), account)


@pytest.mark.parametrize("body", [b"{}", b"<html>", b"no"])
def test_one_and_the_same_answer_to_everything_says_nothing(server: TinyServer, session: Session, body: bytes) -> None:
    server.always(answer(503, body))
    session.health.circuit = CircuitBreaker("the target", sleep=lambda _: None)
    for account in (FRESH, None):
        with pytest.raises((WayFault, TargetSilent)):
            repeated(session, Tries(), account)


def test_five_faults_in_a_row_end_the_asking(server: TinyServer, session: Session, recruit: Recruit) -> None:
    session.health.circuit = CircuitBreaker("the target", sleep=lambda _: None)
    server.always(PAGE)
    for _ in range(2):
        with pytest.raises(WayFault):
            recruit().cancel_batch(session.ledger.unknown(1))
    with pytest.raises(TargetSilent):
        recruit().cancel_batch(session.ledger.unknown(1))
    with pytest.raises(TargetSilent):
        recruit().cancel_batch(session.ledger.unknown(1), limit_asked=True)
    assert len(server.received) == 5


def test_plain_5xx_do_not_end_it(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.always(answer(503))
    for _ in range(6):
        with pytest.raises(WayFault):
            recruit().cancel_batch(session.ledger.unknown(1))
    assert len(server.received) == 12
    assert session.health.requests == 12
    assert len(session.health.server_errors) == 12


def test_waiting_for_limits_is_time_lost(server: TinyServer, session: Session, recruit: Recruit) -> None:
    lost = LostTime(0.5)
    session.health.lost, session.health.circuit = lost, CircuitBreaker("the target", lost)
    server.always(limited("1"))
    caller = BayseCaller(FRESH, session, Recorder(), RetryBudget())
    with pytest.raises(TargetSilent, match="rate limits"):
        caller.cancel_batch(session.ledger.unknown(1))
    assert len(server.received) == 1


def test_a_replay_gets_every_answer_and_sends_nothing_twice(
    server: TinyServer, session: Session, recorder: Recorder
) -> None:
    caller = BayseCaller(FRESH, session, recorder, RetryBudget(), Tries(as_it_comes=True))
    for behaviour in (answer(500), answer(502, b"<html>"), PAGE):
        server.always(behaviour)
        assert caller.cancel_batch(session.ledger.unknown(1)).status in (200, 500, 502)
    server.always(reset)
    with pytest.raises(Unreachable):
        caller.cancel_batch(session.ledger.unknown(1))
    assert len(server.received) == 4


def test_what_a_check_meets_is_kept_for_the_report(server: TinyServer, session: Session) -> None:
    server.behave = by_size(answer(403), answer(500))
    tries = Tries()
    assert repeated(session, tries, FRESH) == 500
    assert (tries.statuses, tries.origins, tries.refused_in_json) == ({403, 500}, {"state"}, True)
    assert tries.requests == session.health.requests == 12
    assert not session.health.accepted


def test_a_control_that_is_rejected_is_no_fault(server: TinyServer, session: Session, recruit: Recruit) -> None:
    server.always(answer(400))
    with pytest.raises(Presupposed):
        recruit().require_accepted()
    server.always(limited("60"))
    with pytest.raises(RateLimited):
        recruit().require_accepted()
