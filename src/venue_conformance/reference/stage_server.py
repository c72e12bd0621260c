"""Serves stages over real sockets, reading requests as they are on the wire: letter case, bytes and timing included."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from socket import SO_ERROR, SOL_SOCKET
from typing import Any, TypeVar

import h11

from .http import BODY_LIMIT, Request, Response, SpeaksWebSocket, json_response
from .stage import STAGE_FAILED, Arrival, Reply, SocketFrame, Stage
from .stage_socket import StageSocket, wants_a_socket
from .stage_steps import Step

#: So many connections at once, and so long without a byte, before a connection is ended.
MOST_CONNECTIONS = 200
_IDLE_SECONDS = 90.0
_WRITE_SECONDS = 10.0
_CALL_SECONDS = 20.0
_READ = 65536

T = TypeVar("T")


class StageHost:
    """One thread with an event loop, on which any number of stages are served."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="stages", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with suppress(RuntimeError):
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def open(self, stage: Stage, port: int = 0) -> ServedStage:
        """Serve a stage on a port of its own. Raises OSError when there is none."""
        served = ServedStage(stage, self)
        self.call(served.start(port))
        return served

    def call(self, work: Coroutine[Any, Any, T], seconds: float = _CALL_SECONDS) -> T:
        """Run something on the loop and wait for it. Raises TimeoutError."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    def close(self) -> None:
        """Stop serving."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class ServedStage:
    """A stage that is being served; its methods may be called from any thread."""

    def __init__(self, stage: Stage, host: StageHost) -> None:
        self.stage, self._host = stage, host
        self.base_url = ""
        self.connections = 0
        self.refused_connections = 0
        self.unreadable = 0
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._sockets: set[StageSocket] = set()
        self._next_socket = 1
        stage.drop_sockets = self._drop_sockets

    async def start(self, port: int) -> None:
        """Listen, here and elsewhere. Raises OSError."""
        await self.stage.venue.open()
        self.base_url = await self._listen(port, elsewhere=False)
        self.stage.elsewhere_url = await self._listen(0, elsewhere=True)

    async def _listen(self, port: int, *, elsewhere: bool) -> str:
        server = await asyncio.start_server(
            lambda reader, writer: self._serve(reader, writer, elsewhere=elsewhere), "127.0.0.1", port, backlog=512
        )
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    @property
    def ws_url(self) -> str | None:
        """The address of the channel, None where the venue has none."""
        path = self.stage.channel_path
        return None if path is None else self.base_url.replace("http", "ws", 1) + path

    # -- for whoever stages ----------------------------------------------------------------------------------------

    def put(self, steps: Iterable[Step]) -> None:
        """Replace the script."""
        self._host.call(_soon(lambda: self.stage.put(steps)))

    def watch(self, orders: Iterable[str]) -> None:
        """Note of these orders, too, which arrival cancels them."""
        added = tuple(orders)
        self._host.call(_soon(lambda: setattr(self.stage, "watched", (*self.stage.watched, *added))))

    def state(self, name: str, **params: Any) -> dict[str, Any]:
        """Bring the venue into a state. Raises LookupError where it is not offered."""
        return self._host.call(self.stage.state(name, params))

    def arrivals(self) -> list[Arrival]:
        """What has arrived so far, in the order of the first bytes."""
        return sorted(self.stage.arrivals, key=lambda arrival: arrival.began)

    def frames(self) -> list[SocketFrame]:
        """What went over sockets so far, in order."""
        return list(self.stage.frames)

    def wait_until_quiet(self, seconds: float) -> bool:
        """Wait until no request is being answered; whether that came about in time."""
        until = time.monotonic() + seconds
        while self.stage.busy and time.monotonic() < until:
            time.sleep(0.01)
        return not self.stage.busy

    def close(self) -> None:
        """Drop every connection and stop listening."""
        with suppress(TimeoutError, RuntimeError):
            self._host.call(self._close())

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self.stage.venue.close()

    # -- one connection --------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, elsewhere: bool) -> None:
        if self.connections >= MOST_CONNECTIONS:
            self.refused_connections += 1
            writer.transport.abort()
            return
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._talk(reader, writer, elsewhere=elsewhere)
        except (OSError, TimeoutError, h11.LocalProtocolError):
            pass  # the client has gone, or says nothing more
        except h11.RemoteProtocolError:
            self.unreadable += 1
            with suppress(OSError):
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        finally:
            self.connections -= 1
            self._writers.discard(writer)
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, elsewhere: bool) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_READ)
        arrival: Arrival | None = None
        while True:
            try:
                incoming = await self._read(connection, reader, writer)
            except ConnectionResetError:  # how a system ends a connection on which an answer lies unread
                if arrival is not None:
                    arrival.left = True
                raise
            if incoming is None:
                if arrival is not None:
                    arrival.left = arrival.left or _was_refused(writer)
                return
            arrival, request, too_large = incoming
            arrival.elsewhere = elsewhere
            if not elsewhere and isinstance(self.stage.venue, SpeaksWebSocket) and wants_a_socket(arrival):
                await self._serve_socket(self.stage.venue, arrival, connection.trailing_data[0], reader, writer)
                return
            reply = await self._reply(arrival, request, too_large=too_large)
            arrival.left = await _has_left(reader)
            if not await _send(connection, writer, arrival, reply):
                return
            if connection.our_state is h11.MUST_CLOSE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()

    async def _serve_socket(
        self,
        venue: SpeaksWebSocket,
        arrival: Arrival,
        more: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Serve one socket until it closes; its handshake is an arrival like any other."""
        self.stage.arrivals.append(arrival)
        socket = StageSocket(self._next_socket, arrival, more, reader, writer, self.stage.note_frame)
        self._next_socket += 1
        self._sockets.add(socket)
        try:
            await venue.handle_websocket({"type": "websocket", "path": arrival.path}, socket.receive, socket.send)
        except OSError:
            raise  # the client has gone
        except Exception as error:  # seen by whoever stages
            arrival.fault = f"{STAGE_FAILED}: {type(error).__name__}: {error}"
        finally:
            self._sockets.discard(socket)

    def _drop_sockets(self) -> None:
        for socket in list(self._sockets):
            socket.drop()

    async def _reply(self, arrival: Arrival, request: Request, *, too_large: bool) -> Reply:
        if too_large:
            self.stage.arrivals.append(arrival)
            return Reply(self.stage.venue.refuse_oversize())
        try:
            return await self.stage.take(arrival, request)
        except Exception as error:  # seen by whoever stages, never taken for an answer of the script
            arrival.fault = f"{STAGE_FAILED}: {type(error).__name__}: {error}"
            return Reply(json_response(500, {"error": "stage", "message": "Bug in the stage", "statusCode": 500}))

    async def _read(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Arrival, Request, bool] | None:
        """The next request, whole; None where the connection ended before."""
        began: float | None = time.monotonic() if connection.trailing_data[0] else None
        wall = time.time()
        head: h11.Request | None = None
        pieces: list[bytes] = []
        size = 0
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    going_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(connection.send(going_on) or b"")
                data = await asyncio.wait_for(reader.read(_READ), _IDLE_SECONDS)
                if began is None and data:
                    began, wall = time.monotonic(), time.time()
                connection.receive_data(data)
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size <= BODY_LIMIT:
                    pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                body = b"".join(pieces) if size <= BODY_LIMIT else b""
                arrival = self._arrival(head, body, began or time.monotonic(), wall)
                return arrival, _request(arrival), size > BODY_LIMIT
            else:
                return None

    def _arrival(self, head: h11.Request, body: bytes, began: float, wall: float) -> Arrival:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
        number = len(self.stage.arrivals) + self.stage.more_arrivals + 1
        target = head.target.decode("latin-1")
        return Arrival(number, began, time.monotonic(), wall, head.method.decode("latin-1"), target, headers, body)


def _was_refused(writer: asyncio.StreamWriter) -> bool:
    """Whether the other side's system has turned down what was sent, because its connection was closed by then."""
    connected = writer.get_extra_info("socket")
    try:
        return bool(connected.getsockopt(SOL_SOCKET, SO_ERROR))
    except (OSError, AttributeError):
        return False


async def _has_left(reader: asyncio.StreamReader) -> bool:
    """Whether the other side has ended its connection by now, which is read two turns of the loop after the request."""
    for _ in range(2):
        await asyncio.sleep(0)
    return reader.at_eof()


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, arrival: Arrival, reply: Reply) -> bool:
    """Send an answer; whether the connection can take another request."""
    response = reply.response
    if response is None:
        arrival.fault = arrival.fault or "the stage ended the connection without an answer"
        arrival.answered = time.monotonic()
        return False
    length = len(response.body) if reply.length is None else reply.length
    headers = _answer_headers(response, length)
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    head = h11.Response(status_code=response.status, headers=encoded, reason=_phrase(response.status))
    # Before the first byte: under load this thread may go on long after the client has the answer, and what the client
    # then waited would seem to be less than it was.
    arrival.answered = time.monotonic()
    # In one piece, so that a client that closes once it has read the status leaves nothing of a short answer unread.
    data = connection.send(head) or b""
    arrival.status, arrival.answer_headers, arrival.answer_body = response.status, headers, response.body
    if length != len(response.body):
        writer.write(data + response.body)
        arrival.fault = f"the stage ended the answer after {len(response.body)} of {length} bytes"
    else:
        data += connection.send(h11.Data(data=response.body)) or b""
        writer.write(data + (connection.send(h11.EndOfMessage()) or b""))
    try:
        await asyncio.wait_for(writer.drain(), _WRITE_SECONDS)
    except ConnectionError:
        arrival.left = True
        raise
    return length == len(response.body)


def _answer_headers(response: Response, length: int) -> tuple[tuple[str, str], ...]:
    kept = [(name, value) for name, value in response.headers if name.lower() != "content-length"]
    return (("Date", formatdate(usegmt=True)), *kept, ("Content-Length", str(length)))


def _request(arrival: Arrival) -> Request:
    path, _, query = arrival.target.partition("?")
    return Request(
        arrival.method,
        path,
        query,
        tuple((name.lower(), value) for name, value in arrival.headers),
        arrival.body,
    )


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b"Staged"


async def _soon(work: Any) -> None:
    work()
