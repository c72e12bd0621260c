"""What was set up is undone with what it answered, what could not be undone is told, and no call is one too many."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.errors import Inconclusive, NotTested, WayFault
from venue_conformance.target.allowance import Allowance
from venue_conformance.target.giving_back import GivenBack, give_back
from venue_conformance.target.http_states import HttpStates
from venue_conformance.target.noted_states import NotedStates
from venue_conformance.target.setups import Setups

ORDERS = {"caller": "pk", "count": 2, "status": "open"}
Answer = Behaviour | dict[str, Any]


class Target:
    """Provider states of which a test says what each answers: ``setup``, ``teardown``, and which orders are open."""

    def __init__(self, server: TinyServer) -> None:
        self.made = 0
        self.open: set[str] | None = set()
        self.setup: Callable[[dict[str, Any]], Answer] = self.makes
        self.teardown: Callable[[dict[str, Any]], Answer] = self.undoes
        self.asked: list[dict[str, Any]] = []
        server.behave = self._behave
        self.records: list[dict[str, Any]] = []
        self.setups = Setups(self.records.append)
        self.http = HttpStates(f"{server.url}/_states", None, 2)
        self.states = NotedStates(self.http, self.setups)

    def _behave(self, received: Received) -> Behaviour:
        asked = json.loads(received.body)
        self.asked.append(asked)
        if asked["state"] == "order statuses":
            if self.open is None:
                return answer(501)
            ids = asked["params"]["orderIds"]
            said: Answer = {"statuses": {each: "open" if each in self.open else "cancelled" for each in ids}}
        else:
            said = (self.setup if asked["action"] == "setup" else self.teardown)(asked)
        return answer(200, json.dumps(said).encode()) if isinstance(said, dict) else said

    def makes(self, asked: dict[str, Any]) -> Answer:
        ids = [f"o{self.made + n}" for n in range(asked["params"].get("count", 1))]
        self.made += len(ids)
        self.open = None if self.open is None else self.open | set(ids)
        return {"orders": [{"orderId": each} for each in ids]}

    def undoes(self, asked: dict[str, Any]) -> Answer:
        given = {each["orderId"] for each in asked.get("values", {}).get("orders", ())}
        self.open = None if self.open is None else self.open - given
        return {}

    def torn_down(self) -> list[dict[str, Any]]:
        return [asked for asked in self.asked if asked["action"] == "teardown"]

    def give_back(self, seconds: float = 5) -> GivenBack:
        return give_back(self.http, self.setups, seconds)


@pytest.fixture
def target(server: TinyServer):
    made = Target(server)
    yield made
    made.states.close()


def test_a_teardown_carries_what_the_setup_answered(target: Target) -> None:
    first = target.states.setup("orders", ORDERS)
    second = target.states.setup("orders", ORDERS)
    target.states.teardown("orders", ORDERS, first)
    assert target.torn_down() == [{"state": "orders", "params": ORDERS, "action": "teardown", "values": first}]
    target.states.teardown("orders", ORDERS)
    assert target.torn_down()[-1]["values"] == second
    target.states.teardown("orders", ORDERS)
    assert len(target.torn_down()) == 2, "what is undone is not undone again"
    assert target.give_back() == GivenBack(0, 0, ())


def test_each_setup_is_noted_before_it_is_asked_for(target: Target) -> None:
    def setup(asked: dict[str, Any]) -> Answer:
        assert target.records[-1] == {
            "id": target.records[-1]["id"],
            "known": "asked",
            "state": "orders",
            "params": ORDERS,
        }
        return target.makes(asked)

    target.setup = setup
    values = target.states.setup("orders", ORDERS)
    assert target.records[-1] == {"id": target.records[0]["id"], "known": "answered", "values": values}


def test_of_an_account_no_secret_is_noted_and_a_read_is_not_noted_at_all(target: Target) -> None:
    target.setup = lambda _: {"credentials": {"secret_key": "sk_secret"}}
    target.states.setup("caller", {})
    target.states.setup("order statuses", {"orderIds": ["a"]})
    assert [record["known"] for record in target.records] == ["asked", "answered"]
    assert "sk_secret" not in str(target.records)


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_target_that_knows_no_values_is_asked_without(target: Target, status: int) -> None:
    target.teardown = lambda asked: answer(status) if "values" in asked else {}
    target.states.teardown("orders", ORDERS, target.states.setup("orders", ORDERS))
    assert [sorted(asked) for asked in target.torn_down()] == [
        ["action", "params", "state", "values"],
        ["action", "params", "state"],
    ]
    assert target.setups.all[0].known == "undone"


@pytest.mark.parametrize("repeats", [1, 2])
def test_what_was_asked_in_vain_is_undone_at_the_end_by_its_params(target: Target, repeats: int) -> None:
    left = [answer(503)] * repeats
    target.setup = lambda asked: left.pop() if left else target.makes(asked)
    values = target.states.setup("orders", ORDERS)
    assert [setup.known for setup in target.setups.all] == [*["asked"] * repeats, "answered"]
    found = target.give_back()
    assert found == GivenBack(1 + repeats, 2, ())
    assert [asked.get("values") for asked in target.torn_down()] == [values, *[None] * repeats]


@pytest.mark.parametrize(("said", "raised"), [(answer(501), NotTested), (answer(400), Inconclusive)])
def test_of_what_was_refused_nothing_is_told(target: Target, said: bytes, raised: type[Exception]) -> None:
    target.setup = lambda _: said
    target.teardown = lambda _: said
    with pytest.raises(raised):
        target.states.setup("orders", ORDERS)
    assert target.give_back().left == ()


def test_what_nobody_answers_is_told(target: Target) -> None:
    target.setup = lambda _: answer(503)
    target.teardown = lambda _: answer(503)
    with pytest.raises(WayFault):
        target.states.setup("orders", ORDERS)
    left = target.give_back().left
    assert {(each.caller, each.orders) for each in left} == {("pk", ())}
    assert all(each.reason.startswith("requested, but never answered") for each in left)


@pytest.mark.parametrize(
    ("teardown", "readable", "reason"),
    [
        (answer(501), True, "the target's provider states cannot undo it"),
        ({}, True, "still open, although the target's provider states said that it was undone"),
        (answer(503), True, "the target's provider states did not say that it was undone"),
        (
            answer(501),
            False,
            "the target's provider states cannot undo it; whether it is still open cannot be read",
        ),
        ({}, False, None),
    ],
)
def test_why_orders_are_left(target: Target, teardown: Answer, readable: bool, reason: str | None) -> None:
    target.open = set() if readable else None
    target.teardown = lambda _: teardown
    target.states.setup("orders", ORDERS)
    left = target.give_back().left
    assert [(each.orders, each.reason) for each in left] == ([] if reason is None else [(("o0", "o1"), reason)])


def test_orders_that_a_check_cancelled_are_nobodys_concern(target: Target) -> None:
    target.teardown = lambda _: answer(501)
    target.states.setup("orders", ORDERS)
    target.open = {"o1"}
    assert [each.orders for each in target.give_back().left] == [("o1",)]


def test_without_time_all_is_told_and_nothing_raised(target: Target) -> None:
    target.states.setup("orders", ORDERS)
    (left,) = target.give_back(seconds=0).left
    assert left.reason == "there was no time left to undo it"


def test_a_second_ctrl_c_ends_it(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target.states.setup("orders", ORDERS)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(target.http, "teardown", interrupted)
    assert [each.orders for each in target.give_back().left] == [("o0", "o1")]


@pytest.mark.parametrize(
    "corrupt", [lambda records: [], lambda records: [{"id": 3}, {}, {"id": "x", "known": "undone"}]]
)
def test_a_journal_of_anything_is_read(target: Target, corrupt: Callable[[list[Any]], list[Any]]) -> None:
    target.states.setup("orders", ORDERS)
    again = Setups.from_records([*corrupt(target.records), *target.records])
    assert [setup.orders for setup in again.all] == [["o0", "o1"]]


@pytest.mark.parametrize("values", [{}, {"orders": 3}, {"orders": [3, {"orderId": 4}, {"orderId": ""}, {}]}])
def test_values_that_name_no_orders_leave_none(target: Target, values: dict[str, Any]) -> None:
    target.setup, target.teardown = lambda _: values, lambda _: {}
    target.states.setup("orders", ORDERS)
    assert target.give_back().left == ()


class TestAllowance:
    def test_it_ends_where_more_is_needed(self) -> None:
        allowance = Allowance(max_orders=5, max_requests=2)
        allowance.take_orders(5)
        allowance.take_request()
        assert allowance.used_up is None
        with pytest.raises(NotTested, match="max_orders = 5 of the target file: 5 orders were asked for, 3 more were"):
            allowance.take_orders(3)
        with pytest.raises(NotTested, match="max_orders"):
            allowance.take_request()

    @pytest.mark.parametrize("workers", [1, 2, 3, 7])
    def test_workers_share_it(self, workers: int) -> None:
        shares = [Allowance(max_requests=12, share=(index, workers), requests=2) for index in range(workers)]
        for allowance in shares:
            with suppress(NotTested):
                while True:
                    allowance.take_request()
            assert allowance.used_up is not None
            assert "max_requests = 12 of the target file" in allowance.used_up
        assert sum(allowance.requests for allowance in shares) == 10
        assert Allowance(max_orders=7, share=(0, 2)).orders_left == 4

    def test_without_bounds_there_is_no_end(self) -> None:
        allowance = Allowance()
        for _ in range(100):
            allowance.take_orders(1000)
            allowance.take_request()
        assert allowance.used_up is None
