"""Targets that are well for a while and then take a run's time, break its connections or say nothing of use."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from uuid import uuid4

from tests.tiny_server import Behaviour, Received, TinyServer, answer


def silent(server: TinyServer) -> Behaviour:
    return lambda _: server.stopping.wait(600)


def dripping(server: TinyServer) -> Behaviour:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server.stopping.wait(0.2):
            connection.sendall(b" ")

    return drip


def flooding(server: TinyServer) -> Behaviour:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.is_set():
            connection.sendall(b"x" * 65536)

    return flood


def resetting(_: TinyServer) -> Behaviour:
    def reset(connection: socket.socket) -> None:
        # Closing with a linger of zero seconds sends RST in place of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return reset


def paging(_: TinyServer) -> Behaviour:
    return answer(200, b"<!DOCTYPE html><title>Sign in</title>", ("Content-Type", "text/html"))


def limiting(_: TinyServer) -> Behaviour:
    return answer(429, b"{}", ("Retry-After", "1"))


def slow(server: TinyServer) -> Behaviour:
    def late(connection: socket.socket) -> None:
        server.stopping.wait(3)
        connection.sendall(answer(200, b'{"results": []}', ("Connection", "close")))

    return late


HOSTILE: dict[str, Callable[[TinyServer], Behaviour]] = {
    each.__name__: each for each in (silent, dripping, flooding, resetting, paging, limiting, slow)
}


class Turning:
    """A Bayse that cancels whatever it is asked to, with its states, until it turns after ``requests`` batches.

    Its states go on, unless ``states`` says that they are to turn as well.
    """

    def __init__(self, server: TinyServer, hostile: Behaviour, *, requests: int, states: bool = False) -> None:
        self._hostile, self._left, self._states = hostile, requests, states
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()
        server.behave = self

    def __call__(self, received: Received) -> Behaviour:
        on_states = received.path == "/_states"
        with self._lock:
            self._left -= not on_states
            turned = self._left < 0
        if turned and (self._states or not on_states):
            return self._hostile
        return self._state(json.loads(received.body)) if on_states else self._batch(received)

    def _batch(self, received: Received) -> bytes:
        try:
            ids = [each for each in json.loads(received.body)["orderIds"] if isinstance(each, str)]
        except (ValueError, TypeError, KeyError):
            return answer(400, b'{"error": "bad_request", "message": "no", "statusCode": 400}')
        self._cancelled.update(ids)
        rows = [{"orderId": each, "success": True} for each in ids]
        return answer(200, json.dumps({"results": rows}).encode())

    def _state(self, asked: dict) -> bytes:
        params = asked.get("params", {})
        values: dict[str, object]
        if asked["action"] == "setup" and asked["state"] == "orders" and params.get("status", "open") == "open":
            values = {"orders": [{"orderId": str(uuid4())} for _ in range(params.get("count", 1))]}
        elif asked["action"] == "setup" and asked["state"] == "order statuses":
            values = {
                "statuses": {each: "cancelled" if each in self._cancelled else "open" for each in params["orderIds"]}
            }
        else:
            return answer(501)
        return answer(200, json.dumps(values).encode())
