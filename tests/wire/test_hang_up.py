"""Giving up on purpose: what the other side sees of it, over real sockets."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from tests.tiny_server import TinyServer, answer
from venue_conformance.wire.exchange import Request
from venue_conformance.wire.hang_up import WAYS, HangUp, How
from venue_conformance.wire.transport import Transport

REQUEST = Request("DELETE", "/v1/orders/batch", (), b'{"orderIds": []}')


class Waits:
    """Answers when the client has left, or when it is told to; remembers how the client left."""

    def __init__(self, *, answers: bool) -> None:
        self.left: str | None = None
        self.done = threading.Event()
        self._answers = answers

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        try:
            self.left = "closed" if connection.recv(1) == b"" else "went on"
            if self._answers:
                connection.sendall(answer(200, b'{"late": true}'))
        except ConnectionResetError:
            self.left = "reset"
        finally:
            self.done.set()


@pytest.mark.parametrize("how", WAYS)
def test_the_other_side_learns_how_the_client_left(server: TinyServer, how: How) -> None:
    waits = Waits(answers=False)
    server.always(waits)
    transport = Transport(server.url)
    with transport.leaving(HangUp(0.1, how)):
        exchange = transport.send(REQUEST)
    assert waits.done.wait(10)
    assert waits.left == ("reset" if how == "resets" else "closed")
    assert exchange.status is None
    assert exchange.finished - exchange.started >= 0.1
    server.always(answer())
    assert transport.send(REQUEST).status == 200
    transport.close()


def test_who_closed_its_half_still_gets_the_answer(server: TinyServer) -> None:
    server.always(Waits(answers=True))
    transport = Transport(server.url)
    with transport.leaving(HangUp(0.1, "closes its half")):
        exchange = transport.send(REQUEST)
    assert (exchange.status, exchange.body) == (200, b'{"late": true}')
    transport.close()


@pytest.mark.parametrize("how", WAYS)
def test_an_answer_in_time_is_an_answer(server: TinyServer, how: How) -> None:
    transport = Transport(server.url)
    with transport.leaving(HangUp(20, how)):
        assert transport.send(REQUEST).status == 200
    assert transport.send(REQUEST).status == 200
    assert server.connections == 2  # one that may be left is used for nothing else
    transport.close()


def test_an_exchange_that_is_to_be_held_may_take_longer(server: TinyServer) -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.5)
        connection.sendall(answer())

    server.always(late)
    transport = Transport(server.url, timeout_seconds=0.2)
    assert transport.send(REQUEST).status is None
    with transport.expecting(20):
        assert transport.send(REQUEST).status == 200
    transport.close()
