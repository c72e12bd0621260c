"""Serves a venue over a real socket: in a thread for tests and mutants, in the foreground for the command."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn

from .http import Application, Handler, SpeaksWebSocket
from .venue import Venue, VenueUnavailable

_READY_SECONDS = 10.0
_STOP_SECONDS = 10.0
_TICK_SECONDS = 0.1


class RunningServer:
    """A venue that is being served: where, and by which object."""

    def __init__(self, venue: Venue, base_url: str) -> None:
        self.venue = venue
        self.base_url = base_url

    @property
    def target_file(self) -> str:
        """A target file for this very server, as TOML text."""
        return self.venue.target_file(self.base_url)


@contextmanager
def serve_in_thread(venue: Venue, host: str = "127.0.0.1", port: int = 0) -> Iterator[RunningServer]:
    """Serve the venue from a thread with an event loop of its own while the block runs; port 0 takes a free one.

    Leaving the block closes every connection at once, requests that are still held included.
    Raises `OSError` when the address cannot be bound, `VenueUnavailable` when the venue lacks something that it rests
    upon, `RuntimeError` when the server does not come up.
    """
    listener = _listen(host, port)
    server = _Server(venue)
    thread = threading.Thread(target=server.run_on, args=(listener,), name=f"reference-{venue.name}", daemon=True)
    thread.start()
    try:
        ready = server.ready.wait(_READY_SECONDS)
        if server.missing is not None:
            raise server.missing
        if not ready or not server.started:
            raise RuntimeError("the reference venue did not come up")
        yield RunningServer(venue, _url(server.address))
    finally:
        server.stop()
        thread.join(_STOP_SECONDS)


def serve_forever(
    venue: Venue,
    host: str,
    port: int,
    on_ready: Callable[[RunningServer], object],
    handler: Handler | None = None,
) -> None:
    """Serve the venue from this thread until SIGINT or SIGTERM, then return; `on_ready` is called once it listens.

    `handler` answers in the venue's place, where there is one.

    Raises `OSError` when the address cannot be bound, `VenueUnavailable` when the venue lacks something that it rests
    upon.
    """
    listener = _listen(host, port)
    server = _Server(venue, on_ready=on_ready, handler=handler)
    server.run_on(listener)
    if server.missing is not None:
        raise server.missing


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off (40 ms an answer) only for sockets that say TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _url(address: tuple[Any, ...]) -> str:
    host, port = address[0], address[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn, made to stop at once: its own stop polls and waits for held requests, which tests cannot afford."""

    def __init__(
        self,
        venue: Venue,
        on_ready: Callable[[RunningServer], object] | None = None,
        handler: Handler | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                Application(handler or venue),
                http="h11",
                loop="asyncio",
                # Only a venue that speaks WebSocket needs the library; by its older name uvicorn warns of it.
                ws="websockets-sansio" if isinstance(venue, SpeaksWebSocket) else "none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                # Longer than any pause of a client: a connection must not close under a request on its way.
                timeout_keep_alive=600,
            )
        )
        self.ready = threading.Event()
        self.address: tuple[Any, ...] = ()
        self.missing: VenueUnavailable | None = None
        """What kept it from starting."""
        self._venue = venue
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def run_on(self, listener: socket.socket) -> None:
        """Serve the listening socket until stopped."""
        self.address = listener.getsockname()
        try:
            asyncio.run(self.serve(sockets=[listener]))
        except VenueUnavailable as missing:
            self.missing = missing
        finally:
            listener.close()
            self.ready.set()

    def stop(self) -> None:
        """Stop soon; may be called from any thread, also before the start or after the end."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # the loop closed between the question and the call: it has stopped
                self._loop.call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on SIGINT and SIGTERM, without raising the signal again afterwards."""
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections and say so."""
        self._loop = asyncio.get_running_loop()
        await self._venue.open()
        await super().startup(sockets=sockets)
        await self.on_tick(0)  # sets the Date header before the first answer
        self.ready.set()
        if self._on_ready is not None:
            self._on_ready(RunningServer(self._venue, _url(self.address)))

    async def main_loop(self) -> None:
        """Keep the Date header right until asked to stop."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            try:
                await asyncio.wait_for(self._stopping.wait(), _TICK_SECONDS)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection and every request at once."""
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets the connections learn that they are gone
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._venue.close()
