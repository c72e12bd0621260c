"""Orders of a check: provisioned, read back once their effect shows, and never confused with anybody else's."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.caller import Caller
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import Inconclusive, NotTested, Presupposed
from venue_conformance.target.credentials import parse_credentials
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.recorder import Recorder

from .conftest import OpenSession, Recruit, serve


class FakeStates:
    """Provider states in memory whose read-back lags: a cancel shows only after so many reads."""

    def __init__(self, *, lag: int = 0) -> None:
        self.statuses: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.reads = 0
        self.lag = lag
        self._numbers = itertools.count(1)

    def orders(self, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(params)
        ids = [f"order-{next(self._numbers)}" for _ in range(params["count"])]
        self.statuses.update(dict.fromkeys(ids, params["status"]))
        self.owners.update(dict.fromkeys(ids, params["caller"]))
        return {"orders": [{"orderId": order_id} for order_id in ids]}

    def order_statuses(self, params: dict[str, Any]) -> dict[str, Any]:
        self.reads += 1
        late = self.reads <= self.lag
        shown = {order_id: self.statuses.get(order_id, "absent") for order_id in params["orderIds"]}
        return {"statuses": {i: "open" if late and s == "cancelled" else s for i, s in shown.items()}}


class Naps:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.each = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.each.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Naps:
    return Naps()


@pytest.fixture
def make_orders(session: Session, recorder: Recorder, recruit: Recruit, clock: Naps) -> Callable[..., Orders]:
    def make(caller: Caller[Any] | None = None, stranger: Callable[[], Caller[Any]] | None = None) -> Orders:
        def nobody() -> Caller[Any]:
            raise AssertionError("nobody asked for a stranger")

        return Orders(
            session,
            recorder,
            caller or recruit(),
            stranger=stranger or nobody,
            sleep=clock.sleep,
            clock=lambda: clock.now,
        )

    return make


@pytest.fixture
def orders(make_orders: Callable[..., Orders]) -> Orders:
    return make_orders()


def test_orders_are_provisioned_as_asked(server: TinyServer, orders: Orders, session: Session) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders)
    one, two = orders.open(2)
    (amm,) = orders.make(1, "filled", engine="AMM")
    assert [order.order_id for order in (one, two, amm)] == ["order-1", "order-2", "order-3"]
    assert (one.status, one.engine, one.owner) == ("open", "CLOB", "pk_file")
    assert (amm.status, amm.engine) == ("filled", "AMM")
    assert fake_states.asked == [
        {"caller": "pk_file", "count": 2, "status": "open"},
        {"caller": "pk_file", "count": 1, "status": "filled", "engine": "AMM"},
    ]
    assert all(session.ledger.knows(order_id) for order_id in ("order-1", "order-2", "order-3"))


def test_foreign_orders_are_a_strangers(
    server: TinyServer, make_orders: Callable[..., Orders], recruit: Recruit, session: Session
) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders)
    hired = itertools.count()

    def stranger() -> Caller[Any]:
        next(hired)
        keys = {"public_key": "pk_other", "secret_key": "sk_other_secret"}
        return recruit(CallerAccount(parse_credentials(keys, session.venue.credentials, "here"), "file"))

    orders = make_orders(stranger=stranger)
    orders.open(1)
    assert next(hired) == 0, "a check without foreign orders needs no other account"
    (foreign,) = orders.foreign(1, "filled")
    assert foreign.owner == "pk_other"
    assert fake_states.asked[-1] == {"caller": "pk_other", "count": 1, "status": "filled"}


def test_strangers_orders_of_an_inventory_need_no_account(
    open_session: OpenSession, tmp_path: Path, recorder: Recorder
) -> None:
    prepared = [("mine", "caller", "open"), ("theirs", "stranger", "open"), ("old", "stranger", "filled")]
    (tmp_path / "orders.json").write_text(
        json.dumps({"orders": [{"orderId": i, "owner": owner, "status": s} for i, owner, s in prepared]})
    )
    session = open_session(states='inventory = "orders.json"')
    caller = session.venue.caller(session.main_account(recorder), session, recorder, None)
    orders = Orders(session, recorder, caller, stranger=lambda: pytest.fail("no account is needed"))
    (foreign,) = orders.foreign()
    assert (foreign.order_id, foreign.owner) == ("theirs", "stranger")
    assert [order.order_id for order in orders.foreign(1, "filled")] == ["old"]
    assert session.ledger.knows("theirs")
    assert session.ledger.knows("old")
    with pytest.raises(NotTested, match="order statuses"):
        orders.statuses([foreign])


def test_unknown_ids_are_new_and_may_be_sent(orders: Orders, session: Session) -> None:
    ids = orders.unknown(50)
    assert len(set(ids)) == 50
    assert all(session.ledger.knows(order_id) for order_id in ids)


def test_wrong_answers_of_a_state_are_inconclusive(server: TinyServer, orders: Orders) -> None:
    serve(server, orders=lambda params: {"orders": [{"orderId": "a"}] * (params["count"] + 1)})
    with pytest.raises(Inconclusive, match="has 2 orders, 1 were asked for"):
        orders.open()


def test_all_orders_are_read_at_one_moment(server: TinyServer, orders: Orders) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    one, two = orders.open(2)
    fake_states.statuses["order-2"] = "cancelled"
    assert orders.statuses([one, two, "nowhere", one]) == {
        "order-1": "open",
        "order-2": "cancelled",
        "nowhere": "absent",
    }
    assert fake_states.reads == 1
    assert orders.status_of(two) == "cancelled"


@pytest.mark.parametrize("lag", [0, 1, 3, 8])
def test_an_effect_may_take_its_time(server: TinyServer, orders: Orders, clock: Naps, lag: int) -> None:
    fake_states = FakeStates(lag=lag)
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    provisioned = orders.open(2)
    fake_states.statuses.update(dict.fromkeys(fake_states.statuses, "cancelled"))
    assert orders.poll_until(provisioned) == {"order-1": "cancelled", "order-2": "cancelled"}
    assert fake_states.reads == lag + 1
    assert len(clock.each) == lag
    assert all(later >= earlier for earlier, later in itertools.pairwise(clock.each))
    assert clock.now <= 5


def test_an_effect_that_never_shows_is_awaited_to_the_end_and_no_longer(
    server: TinyServer, orders: Orders, clock: Naps, session: Session
) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    provisioned = orders.open(2)
    fake_states.statuses["order-1"] = "cancelled"
    assert orders.poll_until(provisioned) == {"order-1": "cancelled", "order-2": "open"}
    assert session.settle_seconds <= clock.now < session.settle_seconds + 0.5


def test_without_settle_seconds_there_is_one_read(
    open_session: OpenSession, server: TinyServer, recorder: Recorder, clock: Naps
) -> None:
    fake_states = FakeStates(lag=1)
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    session = open_session("[limits]\nsettle_seconds = 0\n")
    caller = session.venue.caller(session.main_account(recorder), session, recorder, None)
    orders = Orders(session, recorder, caller, lambda: caller, clock.sleep, lambda: clock.now)
    provisioned = orders.open()
    fake_states.statuses["order-1"] = "cancelled"
    assert orders.poll_until(provisioned) == {"order-1": "open"}
    assert fake_states.reads == 1


def test_polling_waits_for_any_status_that_is_asked_for(server: TinyServer, orders: Orders, clock: Naps) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    assert orders.poll_until(orders.make(2, "filled"), "filled") == {"order-1": "filled", "order-2": "filled"}
    assert clock.each == []


def test_what_did_not_happen_is_reported_after_a_control(server: TinyServer, orders: Orders, clock: Naps) -> None:
    fake_states = FakeStates(lag=4)
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    control_order, untouched, taken = orders.open(3)
    fake_states.statuses |= {"order-1": "cancelled", "order-3": "cancelled"}
    assert orders.after(control_order, [untouched, taken]) == {"order-2": "open", "order-3": "cancelled"}
    assert len(clock.each) == 4


def test_what_is_judged_by_a_control_is_read_at_the_same_moment(server: TinyServer, orders: Orders) -> None:
    """A later read may tell of an earlier moment."""
    asked: list[list[str]] = []

    def by_turns(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params["orderIds"])
        return {"statuses": dict.fromkeys(params["orderIds"], "open" if len(asked) % 2 else "cancelled")}

    serve(server, orders=FakeStates().orders, order_statuses=by_turns)
    control_order, taken = orders.open(2)
    assert orders.after(control_order, [taken]) == {"order-2": "cancelled"}
    assert asked == [["order-1", "order-2"]] * 2


def test_without_a_control_nothing_can_be_reported(server: TinyServer, orders: Orders) -> None:
    fake_states = FakeStates()
    serve(server, orders=fake_states.orders, order_statuses=fake_states.order_statuses)
    control_order, untouched = orders.open(2)
    with pytest.raises(Presupposed, match="never showed") as caught:
        orders.after(control_order, [untouched])
    assert caught.value.clause == "lifecycle.open-cancelled"


def test_without_that_state_each_own_order_is_read_by_the_venue(server: TinyServer, orders: Orders) -> None:
    fake_states = FakeStates()

    def read(received: Received) -> bytes:
        order_id = received.path.rpartition("/")[2]
        assert received.header("X-Public-Key") == fake_states.owners[order_id]
        return answer(200, json.dumps({"id": order_id, "status": fake_states.statuses[order_id]}).encode())

    serve(server, venue=read, orders=fake_states.orders)
    one, two = orders.open(2)
    fake_states.statuses["order-2"] = "cancelled"
    assert orders.statuses([one, two]) == {"order-1": "open", "order-2": "cancelled"}
    assert orders.after(two, [one]) == {"order-1": "open"}


def test_an_unknown_id_cannot_be_read_by_the_venue(server: TinyServer, orders: Orders) -> None:
    serve(server, orders=FakeStates().orders)
    with pytest.raises(NotTested) as caught:
        orders.statuses(orders.unknown(1))
    assert caught.value.needs == "order statuses"


def test_with_neither_read_nothing_is_tested(server: TinyServer, orders: Orders) -> None:
    serve(server, venue=lambda _: answer(404), orders=FakeStates().orders)
    with pytest.raises(NotTested, match="neither `order statuses` nor a read") as caught:
        orders.status_of(orders.open()[0])
    assert caught.value.needs == "order statuses"


def test_what_was_provisioned_is_undone_last_first(server: TinyServer, orders: Orders) -> None:
    serve(server, orders=FakeStates().orders)
    orders.open(1)
    orders.make(2, "filled")
    orders.close()
    undone = [json.loads(received.body) for received in server.received]
    assert [(call["params"]["count"], call["action"]) for call in undone] == [
        (1, "setup"),
        (2, "setup"),
        (2, "teardown"),
        (1, "teardown"),
    ]


def test_what_was_given_to_one_account_is_not_taken_for_anothers(
    server: TinyServer, make_orders: Callable[..., Orders], recruit: Recruit, session: Session
) -> None:
    serve(server, orders=lambda params: {"orders": [{"orderId": "a"}] * params["count"]})

    def stranger() -> Caller[Any]:
        keys = {"public_key": "pk_other", "secret_key": "sk_other_secret"}
        return recruit(CallerAccount(parse_credentials(keys, session.venue.credentials, "here"), "file"))

    orders = make_orders(stranger=stranger)
    orders.open(1)
    with pytest.raises(Inconclusive, match='handed out the id "a" twice, to pk_file and to pk_other'):
        orders.foreign(1)


def test_accounts_may_have_client_ids_in_common(session: Session) -> None:
    given = [ProvisionedOrder(name, 1, 0, "c-1", "open", "CLOB", f"0x{name}") for name in "ab"]

    session.ledger.enter_orders(given)

    assert session.ledger.knows("c-1")


def test_what_nearly_is_an_order_must_read_as_absent(server: TinyServer, orders: Orders, session: Session) -> None:
    given = "3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11"
    read: dict[str, str] = {given.upper(): "open", f"{given}0": "absent"}
    serve(
        server,
        orders=lambda params: {"orders": [{"orderId": given}] * params["count"]},
        order_statuses=lambda params: {"statuses": {each: read[each] for each in params["orderIds"]}},
    )
    [order] = orders.open(1)
    with pytest.raises(NotTested, match="reads as open, not as absent") as missing:
        orders.nearly(order, given.upper())
    assert missing.value.cause == "state"
    assert not session.ledger.knows(given.upper())
    assert orders.nearly(order, f"{given}0") == f"{given}0"
    assert session.ledger.knows(f"{given}0")
    with pytest.raises(NotTested, match="may be another order's id"):
        orders.nearly(ProvisionedOrder("17400000000000000", 1, 0, None, "open", "CLOB", "pk_file"), "17400000000000001")


def test_what_nearly_is_a_client_id_goes_out_as_a_fresh_account_alone(
    server: TinyServer, orders: Orders, session: Session
) -> None:
    given = {"orderId": "3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11", "clientId": "mine-1"}
    serve(server, orders=lambda params: {"orders": [given] * params["count"]})
    [order] = orders.open(1)
    with pytest.raises(NotTested, match="may name another order of an account") as missing:
        orders.nearly_by_client(order, "mine-2")
    assert missing.value.needs == "caller"
    assert not session.ledger.knows("mine-2")
