"""Telling orders apart: what merely changes with time is no difference, what lasts is one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from venue_conformance.client.indistinguishable import ROUNDS, differences
from venue_conformance.wire.exchange import Answer, Exchange, Request

FOREIGN = "3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11"
UNKNOWN = "00000000-0000-4000-8000-{:012d}"

Reply = tuple[int, dict[str, str], Any]


def found(reply: Callable[[str, int], Reply]) -> dict[str, tuple[str, str]]:
    """The differences at a venue that answers the n-th request about an id with ``reply``."""
    asked = itertools.count(1)
    numbers = itertools.count(1)

    def send(ids: list[Any]) -> Answer:
        (order_id,) = ids
        status, headers, body = reply(order_id, next(asked))
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(Exchange(Request("DELETE", "/", ()), "", 0, 1, "", status, tuple(headers.items()), raw))

    return differences(send, FOREIGN, lambda: UNKNOWN.format(next(numbers)))


def row(order_id: str, **more: Any) -> dict[str, Any]:
    return {"results": [{"orderId": order_id, "success": False, "error": {"code": "ORDER_NOT_FOUND"}, **more}]}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda order_id, n: (200, {}, row(order_id)), id="the same but for the id"),
        pytest.param(lambda order_id, n: (200, {}, row(order_id.upper())), id="the id in upper case"),
        pytest.param(lambda order_id, n: (404, {}, f"no {order_id}".encode()), id="no JSON"),
        pytest.param(lambda order_id, n: (200, {"Location": f"/o/{order_id}"}, {order_id: 1}), id="the id elsewhere"),
        pytest.param(lambda order_id, n: (200, {}, row(order_id, at=1_700_000_000_000 + n)), id="a clock"),
        pytest.param(lambda order_id, n: (200, {"X-Request-Id": f"r-{n}"}, row(order_id)), id="a request id"),
        pytest.param(lambda order_id, n: (200, {"RateLimit-Remaining": str(99 - n)}, row(order_id)), id="a counter"),
        pytest.param(lambda order_id, n: (200, {"Content-Length": str(n % 2)}, row(order_id)), id="the length"),
    ],
)
def test_what_changes_with_time_or_id_is_no_difference(reply: Callable[[str, int], Reply]) -> None:
    assert found(reply) == {}


@pytest.mark.parametrize("tick", range(1, 3 * ROUNDS + 1))
@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_a_date_may_tick_at_any_moment(tick: int, every: int) -> None:
    def reply(order_id: str, n: int) -> Reply:
        return 200, {"Date": f"second {(n + tick) // every}"}, row(order_id)

    assert found(reply) == {}


@pytest.mark.parametrize("servers", [2, 3, 4])
def test_servers_that_take_turns_are_no_difference(servers: int) -> None:
    def reply(order_id: str, n: int) -> Reply:
        return 200, {"X-Served-By": f"node-{n % servers}"}, row(order_id, node=n % servers)

    assert found(reply) == {}


def test_servers_chosen_at_random_are_no_difference() -> None:
    random = Random(5)
    alarms = sum(
        bool(found(lambda order_id, n: (200, {"X-Served-By": random.choice("ab")}, row(order_id)))) for _ in range(500)
    )
    assert alarms <= 1


@pytest.mark.parametrize("odd", [1, 2])
def test_a_header_that_comes_and_goes_is_no_difference(odd: int) -> None:
    def reply(order_id: str, n: int) -> Reply:
        return 200, {"X-Cache": "hit"} if n % 2 == odd % 2 else {}, row(order_id)

    assert found(reply) == {}


@pytest.mark.parametrize("outlier", range(1, 3 * ROUNDS + 1))
def test_what_happens_once_is_no_difference(outlier: int) -> None:
    def reply(order_id: str, n: int) -> Reply:
        return (503, {}, {"error": "busy"}) if n == outlier else (200, {}, row(order_id))

    assert found(reply) == {}


@pytest.mark.parametrize(
    ("foreign", "unknown", "places"),
    [
        ((200, {}, {"code": "FOREIGN"}), (200, {}, {"code": "NOT_FOUND"}), {"body.code"}),
        ((200, {}, {"code": 1, "owner": "b"}), (200, {}, {"code": 1}), {"body.owner"}),
        ((200, {}, {"a": 1}), (200, {}, {"a": 1, "hint": None}), {"body.hint"}),
        ((403, {}, {}), (404, {}, {}), {"status"}),
        ((200, {"X-Shard": "7"}, {}), (200, {}, {}), {"header x-shard"}),
        ((200, {}, b"not yours"), (200, {}, b"not there"), {"body"}),
        ((200, {}, {"rows": [1, 2]}), (200, {}, {"rows": [1]}), {"body.rows.1"}),
        ((200, {}, {"a": "1"}), (200, {}, {"a": 1}), {"body.a"}),
        ((200, {}, {"a": {}}), (200, {}, {"a": []}), {"body.a"}),
    ],
)
def test_what_lasts_is_a_difference(foreign: Reply, unknown: Reply, places: set[str]) -> None:
    differing = found(lambda order_id, n: foreign if order_id == FOREIGN else unknown)
    assert set(differing) == places


def test_a_difference_is_told_with_both_sides() -> None:
    def reply(order_id: str, n: int) -> Reply:
        return 200, {"X-Request-Id": str(n)}, row(order_id, code="theirs" if order_id == FOREIGN else "none")

    assert found(reply) == {"body.results.0.code": ('"none"', '"theirs"')}


def test_a_difference_shows_among_things_that_change() -> None:
    clock = itertools.count()

    def reply(order_id: str, n: int) -> Reply:
        status = 403 if order_id == FOREIGN else 404
        return status, {"Date": str(next(clock) // 2)}, {"at": next(clock), "n": n}

    assert found(reply) == {"status": ("404", "403")}


def test_it_ends_as_soon_as_nothing_is_left() -> None:
    asked: list[str] = []

    def ids() -> Iterator[str]:
        while True:
            yield UNKNOWN.format(len(asked))

    def send(wanted: list[Any]) -> Answer:
        asked.extend(wanted)
        return Answer(Exchange(Request("DELETE", "/", ()), "", 0, 1, "", 200, (), b"{}"))

    unknown = ids()
    differences(send, FOREIGN, lambda: next(unknown))
    assert len(asked) == 3
    assert asked[1] == FOREIGN
