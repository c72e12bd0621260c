"""The socket side: starting, stopping, and what goes over the wire."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from venue_conformance.reference import ReferenceVenue
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .conftest import BATCH, SignedClient


def raw(server: RunningServer, request: bytes) -> bytes:
    """Everything the server sends until it closes the connection."""
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_many_servers_start_and_stop(bayse: ReferenceVenue) -> None:
    for _ in range(20):
        with serve_in_thread(bayse.venue_class()) as server, httpx.Client(trust_env=False) as http:
            assert http.get(server.base_url + "/health").json() == {"status": "ok"}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("reference-bayse")][1:]


def test_a_held_request_does_not_hold_the_stop(bayse: ReferenceVenue) -> None:
    with contextlib.ExitStack() as stack:
        venue = bayse.venue_class()
        server = stack.enter_context(serve_in_thread(venue))
        http = stack.enter_context(httpx.Client(base_url=server.base_url, trust_env=False))
        client = SignedClient(http, {}).new_caller()
        client.state("held request", {"caller": client.name, "milliseconds": 60_000})

        def held() -> None:
            with httpx.Client(base_url=server.base_url, trust_env=False) as own, pytest.raises(httpx.TransportError):
                SignedClient(own, client.account).cancel(["nothing"])

        thread = threading.Thread(target=held)
        thread.start()
        time.sleep(0.2)
        began = time.perf_counter()
        stack.close()
        thread.join()
        assert time.perf_counter() - began < 2


def test_answers_have_a_date(client: SignedClient) -> None:
    assert client.http.get("/health").headers["date"].endswith("GMT")


def test_answers_are_not_delayed(client: SignedClient) -> None:
    took = []
    for _ in range(50):
        began = time.perf_counter()
        client.http.get("/health")
        took.append(time.perf_counter() - began)
    assert min(took) < 0.02  # Nagle's delay alone would be 0.04


def test_a_body_over_two_mebibytes_is_refused(client: SignedClient) -> None:
    answer = client.http.request("DELETE", BATCH, content=b" " * (2 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["statusCode"] == 413
    assert client.http.request("DELETE", BATCH, content=b" " * (2 * 1024 * 1024)).status_code == 401


def test_variants_reach_the_wire(bayse: ReferenceVenue) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with serve_in_thread(bayse.variants["writes-headers-in-odd-case"]()) as server:
        assert b"cOnTeNt-tYpE:" in raw(server, request)
    with serve_in_thread(bayse.variants["sends-chunks"]()) as server:
        answer = raw(server, request).lower()
        assert b"transfer-encoding: chunked" in answer
        assert b"content-length" not in answer
    with serve_in_thread(bayse.variants["closes-connections"]()) as server:
        assert b"connection: close" in raw(server, request.replace(b"Connection: close\r\n", b"")).lower()


def test_repeated_headers_are_refused(client: SignedClient) -> None:
    headers = [("X-Public-Key", client.name), ("X-Public-Key", client.name), ("X-Timestamp", "1"), ("X-Signature", "x")]
    assert client.http.request("DELETE", BATCH, content=b"{}", headers=headers).status_code == 401


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_ends_with_a_signal(repository: Path, sent: signal.Signals) -> None:
    program = (
        "from venue_conformance.reference import load\n"
        "from venue_conformance.reference.server import serve_forever\n"
        "ready = lambda server: print(server.base_url, flush=True)\n"
        "serve_forever(load('bayse').venue_class(), '127.0.0.1', 0, ready)\n"
        "print('ended', flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            base_url = process.stdout.readline().strip()
            assert httpx.get(base_url + "/version", trust_env=False).status_code == 200
            process.send_signal(sent)
            assert process.stdout.read().strip() == "ended"
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_a_taken_port_is_an_error(bayse: ReferenceVenue, running: RunningServer) -> None:
    port = int(running.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), serve_in_thread(bayse.venue_class(), port=port):
        pass
