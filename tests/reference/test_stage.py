"""The staged venue: every step as a client meets it, what is recorded, and how a script is written down."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from venue_conformance.reference import stage_server
from venue_conformance.reference.stage import make_stage, staging_of, variant_names
from venue_conformance.reference.stage_server import ServedStage, StageHost
from venue_conformance.reference.stage_steps import Step, answer, effect_then, passes, read_script
from venue_conformance.venues.bayse.signing import BATCH_PATH, signed_headers


@pytest.fixture(scope="module")
def host() -> Iterator[StageHost]:
    host = StageHost()
    yield host
    host.close()


@pytest.fixture
def stage(host: StageHost) -> Iterator[ServedStage]:
    served = host.open(make_stage("bayse", seed=3))
    yield served
    served.close()


class Caller:
    """An account of a staged venue, with open orders, that cancels all of them."""

    def __init__(self, stage: ServedStage, count: int = 2) -> None:
        self.stage, self.keys = stage, stage.state("caller")["credentials"]
        made = stage.state("orders", caller=self.keys["public_key"], count=count, status="open")["orders"]
        self.ids = [order["orderId"] for order in made]
        stage.watch(self.ids)

    def cancel(self, secret: str | None = None, timeout: float = 5) -> tuple[int | None, bytes, dict[str, str]]:
        """Status, body and headers; None where no whole answer came."""
        body = json.dumps({"orderIds": self.ids}).encode()
        keys = self.keys | ({"secret_key": secret} if secret else {})
        headers = dict(signed_headers(keys, time.time(), "DELETE", BATCH_PATH, body))
        connection = http.client.HTTPConnection(self.stage.base_url.removeprefix("http://"), timeout=timeout)
        try:
            connection.request("DELETE", BATCH_PATH, body, headers)
            response = connection.getresponse()
            return response.status, response.read(), dict(response.getheaders())
        except http.client.IncompleteRead as cut:
            return None, cut.partial, {}
        except (OSError, http.client.HTTPException):
            return None, b"", {}
        finally:
            connection.close()

    @property
    def statuses(self) -> set[str]:
        found: dict[str, str] = self.stage.state("order statuses", orderIds=self.ids)["statuses"]
        return set(found.values())


@pytest.mark.parametrize(
    ("step", "status", "becomes"),
    [
        (passes(), 200, "cancelled"),
        (answer(503), 503, "open"),
        (effect_then(503), 503, "cancelled"),
        (Step("close"), None, "open"),
        (Step("effect_close"), None, "cancelled"),
        (Step("short", keep=12), None, "cancelled"),
        (Step("cut", keep=12), 200, "cancelled"),
        (Step("change", change="unknown fields"), 200, "cancelled"),
        (Step("elsewhere"), 307, "open"),
    ],
    ids=lambda value: value.do if isinstance(value, Step) else str(value),
)
def test_a_step_is_met_once(stage: ServedStage, step: Step, status: int | None, becomes: str) -> None:
    caller = Caller(stage)
    stage.put([step])
    assert caller.cancel()[0] == status
    assert caller.statuses == {becomes}
    assert caller.cancel()[0] == 200
    first, second = stage.arrivals()
    assert first.cancelled == (frozenset(caller.ids) if becomes == "cancelled" else frozenset())
    assert (first.is_batch, first.verified, second.step) == (True, True, "pass")


def test_what_is_cut_is_cut(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([Step("short", keep=12), Step("cut", keep=12)])
    assert caller.cancel()[1] == b'{"engine":"C'
    assert caller.cancel()[1] == b'{"engine":"C'


def test_a_late_answer_comes_late_and_its_effect_at_once(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([Step("effect_late", seconds=0.3)])
    assert caller.cancel()[0] == 200
    (arrival,) = stage.arrivals()
    assert arrival.answered is not None
    assert arrival.answered - arrival.began >= 0.3


def test_whoever_hangs_up_before_the_answer_has_not_seen_it(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([Step("effect_late", seconds=0.4), passes()])
    assert caller.cancel(timeout=0.1)[0] is None
    assert caller.cancel()[0] == 200
    stage.wait_until_quiet(3)
    assert [arrival.left for arrival in stage.arrivals()] == [True, False]


def test_whoever_hangs_up_on_an_answer_that_has_come_has_not_seen_it_either(stage: ServedStage) -> None:
    stage.put([answer(429)])
    address = stage.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as caller:
        caller.sendall(b"DELETE /v1/pm/orders/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.3)  # by then the answer lies there, and nobody reads it
    time.sleep(0.2)
    assert [(arrival.status, arrival.left) for arrival in stage.arrivals()] == [(429, True)]


def test_an_answer_that_crosses_with_the_hanging_up_has_not_been_seen(
    stage: ServedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(_: object) -> bool:
        return False

    monkeypatch.setattr(stage_server, "_has_left", not_yet)
    caller = Caller(stage)
    stage.put([Step("effect_late", seconds=0.4)])
    assert caller.cancel(timeout=0.1)[0] is None
    stage.wait_until_quiet(3)
    time.sleep(0.1)
    assert [arrival.left for arrival in stage.arrivals()] == [True]


def test_whoever_reads_the_status_and_closes_has_seen_it(stage: ServedStage) -> None:
    stage.put([answer(429, {"message": "Slow down"})])
    for _ in range(5):
        caller = http.client.HTTPConnection(stage.base_url.removeprefix("http://"), timeout=5)
        caller.request("DELETE", BATCH_PATH, b"{}")
        caller.getresponse()
        caller.close()
    time.sleep(0.2)
    assert not any(arrival.left for arrival in stage.arrivals())


def test_a_refusal_of_the_venue_passes_as_it_is(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([effect_then(503).for_good()])
    assert caller.cancel(secret="sk_test_of_somebody_else")[0] == 401
    (arrival,) = stage.arrivals()
    assert arrival.verified is False
    assert "the venue turned the request down" in arrival.step


def test_times_are_counted(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([answer(429).repeated(2), answer(500).for_good()])
    assert [caller.cancel()[0] for _ in range(4)] == [429, 429, 500, 500]


def test_headers_are_recorded_as_they_were_sent(stage: ServedStage) -> None:
    head = (
        b"DELETE /v1/pm/orders/batch?x=1 HTTP/1.1\r\nhOsT: a\r\nX-One: 1\r\nx-one: 2\r\n"
        b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    )
    address = stage.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=5) as sock:
        sock.sendall(head)
        assert sock.recv(100).startswith(b"HTTP/1.1 100")
        sock.sendall(b"2\r\n{}\r\n0\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 4")
    (arrival,) = stage.arrivals()
    assert arrival.target == "/v1/pm/orders/batch?x=1"
    assert arrival.headers[:3] == (("hOsT", "a"), ("X-One", "1"), ("x-one", "2"))
    assert arrival.header_values("X-ONE") == ["1", "2"]
    assert arrival.body == b"{}"
    assert arrival.began <= arrival.ended


def test_what_arrives_elsewhere_is_noted(stage: ServedStage) -> None:
    connection = http.client.HTTPConnection(stage.stage.elsewhere_url.removeprefix("http://"), timeout=5)
    connection.request("DELETE", BATCH_PATH, b"{}")
    assert connection.getresponse().status == 404
    connection.close()
    assert [arrival.elsewhere for arrival in stage.arrivals()] == [True]


@pytest.mark.parametrize("change", staging_of("bayse").CHANGES)
def test_every_change_leaves_a_document(stage: ServedStage, change: str) -> None:
    caller = Caller(stage)
    stage.put([Step("change", change=change)])
    status, body, _ = caller.cancel()
    assert status == 200
    assert "results" in json.loads(body)


def test_a_script_can_be_written_down() -> None:
    steps = [
        answer(429, {"message": "x"}, (("Retry-After", "2"),)),
        Step("effect_late", seconds=2.5),
        Step("change", change="first row missing").for_good(),
        Step("answer", 200, (), b"\xff"),
    ]
    assert read_script([step.to_dict() for step in steps], staging_of("bayse").CHANGES) == steps


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (1, "a mapping with do is expected"),
        ({"do": "explode"}, "do is one of pass"),
        ({"wait": 1}, "'wait' is not known"),
        ({"do": "answer", "status": 99}, "status is a number from 200"),
        ({"do": "answer", "times": 0}, "times is a number from 1"),
        ({"do": "short", "keep": -1}, "keep is a number of bytes"),
        ({"do": "effect_late", "seconds": 1e9}, "seconds is a number up to 120"),
        ({"do": "change", "change": "no such"}, "change names one of"),
        ({"do": "change"}, "change names one of"),
        ({"do": "answer", "headers": {"A": "x\ny"}}, "plain ASCII"),
        ({"do": "answer", "headers": 3}, "headers is a mapping"),
    ],
)
def test_what_is_no_step_is_named(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_script([entry], staging_of("bayse").CHANGES)


def test_names_that_there_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "venue_conformance.reference.arcus.staging", None)
    with pytest.raises(LookupError, match="arcus cannot be staged yet"):
        staging_of("arcus")
    with pytest.raises(LookupError, match="no variant of bayse"):
        make_stage("bayse", variant="none-like-it")
    assert "adds-fields" in variant_names("bayse")
