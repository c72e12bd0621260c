"""One WebSocket of a stage: bytes on one side, the venue's messages on the other, and a note of each of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from .http import Message
from .stage import Arrival

_READ = 65536
_LONGEST_MESSAGE = 1024 * 1024


class NotesFrames(Protocol):
    """Where what goes over a socket is noted."""

    def __call__(self, socket: int, text: str | None, *, inward: bool) -> None:
        """Remember one message, or the socket's beginning or end (None)."""


def wants_a_socket(arrival: Arrival) -> bool:
    """Whether a request asks for a WebSocket."""
    return any(value.lower() == "websocket" for value in arrival.header_values("Upgrade"))


class StageSocket:
    """One socket, as a venue that speaks ASGI wants it: ``receive`` and ``send``."""

    def __init__(
        self,
        number: int,
        arrival: Arrival,
        more: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: NotesFrames,
    ) -> None:
        self.number, self._arrival, self._note = number, arrival, note
        self._reader, self._writer = reader, writer
        self._protocol = ServerProtocol(max_size=_LONGEST_MESSAGE)
        self._protocol.receive_data(_head(arrival) + more)
        self._events = list(self._protocol.events_received())
        self._pieces: list[bytes] = []
        self._offered = self._over = False

    async def receive(self) -> Message:
        """The venue's next message from the client."""
        if not self._offered:
            self._offered = True
            return {"type": "websocket.connect"}
        while True:
            while self._events:
                if (text := self._text_of(self._events.pop(0))) is not None:
                    self._note(self.number, text, inward=True)
                    return {"type": "websocket.receive", "text": text}
            if self._over:
                return {"type": "websocket.disconnect"}
            try:
                data = await self._reader.read(_READ)
            except OSError:
                data = b""
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            self._events += self._protocol.events_received()
            self._flush()
            if not data or self._protocol.state is not OPEN:
                self._end(inward=True)

    async def send(self, message: Message) -> None:
        """Send what the venue says."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._answer(self._shake)
        elif kind == "websocket.close" and self._arrival.status is None:
            self._answer(lambda _: self._protocol.reject(403, "There is no channel here"))
        elif kind == "websocket.close":
            self._try(lambda: self._protocol.send_close(message.get("code", 1000)))
        else:
            self._try(lambda: self._say(message["text"]))

    def drop(self) -> None:
        """End the connection, without a word."""
        self._end(inward=False)
        self._writer.transport.abort()

    def _shake(self, handshake: Handshake | None) -> Any:
        return self._protocol.reject(400, "no handshake") if handshake is None else self._protocol.accept(handshake)

    def _answer(self, respond: Callable[[Handshake | None], Any]) -> None:
        handshake = next((event for event in self._events if isinstance(event, Handshake)), None)
        self._events = [event for event in self._events if event is not handshake]
        response = respond(handshake)
        self._arrival.answered = time.monotonic()
        self._arrival.status = response.status_code
        self._arrival.answer_headers = tuple(response.headers.raw_items())
        self._protocol.send_response(response)
        self._flush()
        if response.status_code == 101:
            self._note(self.number, None, inward=True)
        else:
            self._end(inward=False)

    def _text_of(self, event: object) -> str | None:
        """The text of a message that is whole; None for a piece of one, and for what is no message."""
        if not isinstance(event, Frame) or event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None
        self._pieces.append(bytes(event.data))
        if not event.fin:
            return None
        text, self._pieces = b"".join(self._pieces).decode("utf-8", "replace"), []
        return text

    def _try(self, act: Callable[[], None]) -> None:
        """Say something, unless the socket has ended."""
        if not self._over and self._protocol.state is OPEN:
            with suppress(InvalidState):
                act()
            self._flush()

    def _say(self, text: str) -> None:
        # Before the first byte: under load this thread may go on long after the client has the message.
        self._note(self.number, text, inward=False)
        self._protocol.send_text(text.encode())

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and not self._writer.is_closing():
                self._writer.write(data)

    def _end(self, *, inward: bool) -> None:
        if not self._over:
            self._over = True
            self._note(self.number, None, inward=inward)


def _head(arrival: Arrival) -> bytes:
    """The request line and headers, as they were sent."""
    lines = [f"{arrival.method} {arrival.target} HTTP/1.1", *(f"{name}: {value}" for name, value in arrival.headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
