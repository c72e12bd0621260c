"""A WebSocket whose other side never stops: what it sends is bounded in number, in bytes and in time."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from venue_conformance.errors import Unreachable
from venue_conformance.venues.arcus.channel import OrdersChannel
from venue_conformance.wire import channel as module
from venue_conformance.wire.channel import Channel

_ACCEPTS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, PING = 1, 9
Behaviour = Callable[[socket.socket], None]


def frame(kind: int, data: bytes) -> bytes:
    size = len(data)
    head = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size)
    return bytes([0x80 | kind]) + head + data


@contextmanager
def speaking(behaviour: Behaviour) -> Iterator[str]:
    """The address of a server that shakes hands once, does so, and reads nothing more."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += connection.recv(4096)
                key = next(line for line in asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
                accepted = base64.b64encode(hashlib.sha1(key.partition(b":")[2].strip() + _ACCEPTS).digest())  # noqa: S324
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
                )
                behaviour(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/v1/ws"
    thread.join(10)


def endlessly(data: bytes) -> Behaviour:
    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(data)

    return flood


def subscribed(url: str, seconds: float = 0.3) -> OrdersChannel:
    channel = Channel(url, timeout_seconds=seconds)
    channel.open()
    return OrdersChannel(channel, "0xabc", seconds)


def test_a_goodbye_before_anything_was_sent_ends_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library may have closed the socket by the time that its sending is to be bounded."""
    bound = module._bound_sending

    def late(connection: socket.socket, seconds: float) -> None:
        over = time.monotonic() + 10
        while connection.fileno() >= 0 and time.monotonic() < over:
            time.sleep(0.01)
        bound(connection, seconds)

    monkeypatch.setattr(module, "_bound_sending", late)
    with speaking(lambda connection: connection.sendall(frame(8, b"\x03\xe8"))) as url:
        channel = Channel(url, timeout_seconds=2)
        channel.open()
        with pytest.raises(Unreachable):
            channel.receive(2)
        channel.close()


EVENT = json.dumps({"channel": "orders", "type": "channel_data", "contents": {"orderId": "a", "status": "OPEN"}})


@pytest.mark.parametrize(
    ("name", "most", "text"),
    [("MOST_MESSAGES", 2000, EVENT), ("MOST_BYTES", 1_000_000, json.dumps({"a": "b" * 60_000}))],
    ids=["messages", "bytes"],
)
def test_what_one_check_reads_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, most: int, text: str) -> None:
    monkeypatch.setattr(module, name, most)
    with speaking(endlessly(frame(TEXT, text.encode()) * 10)) as url:
        listener = subscribed(url, seconds=20)
        looks = 0

        def enough() -> bool:
            nonlocal looks
            looks += 1
            return False

        with pytest.raises(Unreachable, match=str(most)):
            listener._read_until(enough)
        listener.wire.close()
        assert looks < 300


def test_one_who_pings_and_reads_nothing_keeps_nobody_waiting() -> None:
    with speaking(endlessly(frame(PING, b"a" * 100) * 100)) as url:
        began = time.monotonic()
        listener = subscribed(url)
        with suppress(Unreachable):
            time.sleep(0.3)
            listener.subscribe([0])
            listener.subscribe([1])
        listener.wire.close()
        assert time.monotonic() - began < 15


def test_a_snapshot_may_be_as_deep_as_json_is_read() -> None:
    contents = '{"a":' * 480 + '[{"orderId": "a"}]' + "}" * 480
    said = f'{{"type": "subscribed", "channel": "orders", "contents": {contents}}}'

    def say(connection: socket.socket) -> None:
        connection.sendall(frame(TEXT, said.encode()))
        time.sleep(0.5)

    with speaking(say) as url:
        listener = subscribed(url)
        listener.subscribe([0])
        assert listener.listed() == [[{"orderId": "a"}]]
        listener.wire.close()
