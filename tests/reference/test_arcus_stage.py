"""The staged Arcus: batches that are acknowledged and what becomes of them, told on a real WebSocket."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from venue_conformance.clients.samples.arcus import Client
from venue_conformance.reference.arcus.staging import EVENTS
from venue_conformance.reference.stage import make_stage, staging_of
from venue_conformance.reference.stage_server import ServedStage, StageHost
from venue_conformance.reference.stage_steps import ChannelEvent, Step, channel, read_script


@pytest.fixture(scope="module")
def host() -> Iterator[StageHost]:
    host = StageHost()
    yield host
    host.close()


@pytest.fixture
def stage(host: StageHost) -> Iterator[ServedStage]:
    served = host.open(make_stage("arcus", seed=3))
    yield served
    served.close()


class Caller:
    """An account of a staged venue, with open orders, that cancels all of them; the channel is listened to by hand."""

    def __init__(self, stage: ServedStage, count: int = 2, **how: Any) -> None:
        self.stage, keys = stage, stage.state("caller")["credentials"]
        self.orders = stage.state("orders", caller=keys["address"], count=count, status="open", **how)["orders"]
        self.ids = [order["orderId"] for order in self.orders]
        stage.watch(self.ids)
        assert stage.ws_url is not None
        self.client = Client(stage.base_url, stage.ws_url, keys["private_key"], keys["address"])

    def cancel(self) -> int:
        now = self.client.now()
        return int(self.client.send(self.client.body(self.orders, now), now)[0])

    @contextmanager
    def listening(self, index: int = 0) -> Iterator[ClientConnection]:
        with connect(str(self.stage.ws_url)) as socket:
            asked = {"type": "subscribe", "channel": "orders", "id": self.client.address, "accountIndex": index}
            socket.send(json.dumps(asked))
            assert json.loads(socket.recv(2))["type"] == "subscribed"
            yield socket

    @property
    def statuses(self) -> list[str]:
        self.stage.wait_until_quiet(5)
        return list(self.stage.state("order statuses", orderIds=self.ids)["statuses"].values())


def told(socket: ClientConnection, count: int) -> list[tuple[str, str]]:
    """The next events: order and status."""
    contents = [json.loads(socket.recv(2))["contents"] for _ in range(count)]
    return [(each["orderId"], each["status"]) for each in contents]


def test_what_is_acknowledged_takes_effect_and_is_told(stage: ServedStage) -> None:
    caller = Caller(stage)
    with caller.listening() as socket:
        assert caller.cancel() == 202
        assert told(socket, 2) == [(order, "CANCELED") for order in caller.ids]
    assert caller.statuses == ["cancelled", "cancelled"]
    batch = next(each for each in stage.arrivals() if each.is_batch)
    assert (batch.verified, batch.cancelled) == (True, frozenset(caller.ids))


def test_of_a_batch_becomes_what_the_script_says(stage: ServedStage) -> None:
    caller = Caller(stage, 3)
    stage.put([channel(ChannelEvent("FILLED", 1), ChannelEvent("CANCELED"), ChannelEvent("OPEN", stale=True))])
    with caller.listening() as socket:
        assert caller.cancel() == 202
        first, second, third = caller.ids
        assert told(socket, 3) == [(second, "FILLED"), (first, "CANCELED"), (first, "OPEN")]
        with pytest.raises(TimeoutError):
            socket.recv(0.05)
    assert caller.statuses == ["cancelled", "filled", "open"]
    assert next(each for each in stage.arrivals() if each.is_batch).cancelled == frozenset({first})
    assert third not in "".join(frame.text or "" for frame in stage.frames()[-2:])


def test_an_event_comes_twice_with_the_same_number(stage: ServedStage) -> None:
    caller = Caller(stage, 1)
    stage.put([channel(ChannelEvent("CANCELED"), ChannelEvent("CANCELED"), ChannelEvent("OPEN", stale=True))])
    with caller.listening() as socket:
        caller.cancel()
        numbers = [json.loads(socket.recv(2))["contents"]["sequenceNumber"] for _ in range(3)]
    assert numbers[0] == numbers[1] == numbers[2] + 1


def test_an_event_can_come_before_its_answer(stage: ServedStage) -> None:
    caller = Caller(stage, 1)
    stage.put([channel(ChannelEvent("CANCELED", seconds=0.1), before_answer=True)])
    with caller.listening() as socket:
        caller.cancel()
        assert told(socket, 1) == [(caller.ids[0], "CANCELED")]
    batch = next(each for each in stage.arrivals() if each.is_batch)
    event = next(frame.moment for frame in stage.frames() if "CANCELED" in (frame.text or ""))
    assert batch.answered is not None
    assert event < batch.answered


def test_a_socket_drops_and_the_next_snapshot_tells_what_was_missed(stage: ServedStage) -> None:
    caller = Caller(stage, 1)
    stage.put([channel(ChannelEvent("drop"), ChannelEvent("CANCELED", seconds=0.0))])
    with caller.listening() as socket:
        caller.cancel()
        with pytest.raises(ConnectionClosed):
            socket.recv(2)
    assert caller.statuses == ["cancelled"]
    with connect(str(stage.ws_url)) as socket:
        socket.send(json.dumps({"type": "subscribe", "channel": "orders", "id": caller.client.address}))
        closed = json.loads(socket.recv(2))["contents"]["recentClosedOrders"]
    assert [(order["orderId"], order["status"]) for order in closed] == [(caller.ids[0], "CANCELED")]


def test_another_accounts_event_says_whose_it_is(stage: ServedStage) -> None:
    other, caller = Caller(stage, 1), Caller(stage, 1)
    stage.put([channel(ChannelEvent("CANCELED", other=True))])
    with caller.listening() as socket:
        caller.cancel()
        frame = json.loads(socket.recv(2))
    assert (frame["id"], frame["contents"]["orderId"]) == (other.client.address, other.ids[0])
    assert caller.statuses == other.statuses == ["open"]


def test_a_row_can_fail_beside_one_that_is_carried_out(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([channel(ChannelEvent("CANCELED", 1), change="first row failed")])
    now = caller.client.now()
    _, _, answer = caller.client.send(caller.client.body(caller.orders, now), now)
    assert [row["status"] for row in json.loads(answer)["responses"]] == ["ERROR", "CANCEL_ACKNOWLEDGED"]
    assert caller.statuses == ["open", "cancelled"]


def test_a_refusal_passes_as_it_is(stage: ServedStage) -> None:
    caller = Caller(stage, 1)
    stage.put([channel(ChannelEvent("CANCELED"))])
    assert caller.client.send(caller.client.body(caller.orders, 1), 1)[0] == 401
    assert caller.statuses == ["open"]
    assert "the venue turned the request down" in stage.arrivals()[0].step


def test_orders_can_lie_in_another_subaccount(stage: ServedStage) -> None:
    caller = Caller(stage, account_index=3)
    assert [order["accountIndex"] for order in caller.orders] == [3, 3]
    with caller.listening(3) as socket:
        caller.cancel()
        assert {status for _, status in told(socket, 2)} == {"CANCELED"}
    assert Caller(stage).orders[0]["accountIndex"] == 0


def test_a_step_that_needs_the_effect_waits_for_it(stage: ServedStage) -> None:
    caller = Caller(stage)
    stage.put([Step("effect_then", 503)])
    assert caller.cancel() == 503
    assert next(each for each in stage.arrivals() if each.is_batch).cancelled == frozenset(caller.ids)


def test_where_there_is_no_channel_nothing_is_upgraded(stage: ServedStage) -> None:
    host = stage.base_url.removeprefix("http://")
    for path, headers in (
        ("/elsewhere", {"Connection": "Upgrade", "Upgrade": "websocket"}),
        ("/v1/ws", {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "7"}),
    ):
        connection = http.client.HTTPConnection(host, timeout=5)
        connection.request("GET", path, headers=headers)
        assert 400 <= connection.getresponse().status < 500
        connection.close()
    with connect(str(stage.ws_url)) as socket:  # the stage goes on
        socket.send('{"type": "ping"}')
        assert json.loads(socket.recv(2)) == {"type": "pong"}


def test_long_messages_in_pieces_are_put_together(stage: ServedStage) -> None:
    with connect(str(stage.ws_url)) as socket:
        socket.send(iter(['{"type"', ': "pi', 'ng"}']))
        assert json.loads(socket.recv(2)) == {"type": "pong"}
        socket.ping()
    time.sleep(0.05)
    assert [frame.text for frame in stage.frames()] == [None, '{"type": "ping"}', '{"type":"pong"}', None]


def test_what_no_client_sends_ends_its_socket_alone(stage: ServedStage) -> None:
    with connect(str(stage.ws_url)) as socket:
        socket.send("x" * (2 * 1024 * 1024))
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
    with connect(str(stage.ws_url)) as socket:
        socket.send(b"\xff\x00")
        assert json.loads(socket.recv(2))["type"] == "error"
        socket.socket.sendall(b"\xff" * 64)  # no frame
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
    assert Caller(stage, 1).cancel() == 202
    assert [each.fault for each in stage.arrivals()] == [None] * len(stage.arrivals())


def test_a_bug_on_a_socket_is_seen(stage: ServedStage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(type(stage.stage.venue), "take", broken)
    with connect(str(stage.ws_url)) as socket:
        socket.send("{}")
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
    assert stage.arrivals()[0].fault == "the stage failed: RuntimeError: a bug"


def test_a_script_with_events_can_be_written_down() -> None:
    changes, statuses = staging_of("arcus").CHANGES, EVENTS
    steps = [
        channel(ChannelEvent("FILLED", 1, 0.5), ChannelEvent("drop"), before_answer=True),
        channel(change="first row failed"),
    ]
    assert read_script([step.to_dict() for step in steps], changes, statuses) == steps
    (short,) = read_script([{"do": "channel", "events": ["CANCELED"]}], (), statuses)
    assert short == channel(ChannelEvent("CANCELED"))
    assert short.describe() == "acknowledged; CANCELED of order 1"


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"do": "channel", "events": "CANCELED"}, "events is a list"),
        ({"do": "channel", "events": ["EXPLODED"]}, "the status of an event is one of CANCELED, FILLED"),
        (
            {"do": "channel", "events": [{"status": "FILLED", "order": -1}]},
            "order of an event is a number from 0, not -1",
        ),
        ({"do": "channel", "events": [{"status": "FILLED", "order": True}]}, "order of an event is a number from 0"),
        ({"do": "channel", "events": [{"status": "FILLED", "seconds": 1e9}]}, "seconds of an event is a number up to"),
        ({"do": "channel", "events": [{"status": "FILLED", "when": 1}]}, "'when' of an event is not known"),
        ({"do": "answer", "events": ["FILLED"]}, "belong to do: channel"),
    ],
)
def test_what_is_no_event_is_named(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_script([entry], (), EVENTS)
