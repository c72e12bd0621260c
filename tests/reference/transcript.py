"""Requests that checks sent to a conforming reference, and what a venue answers when they are sent again.

They are sent at the moments at which they came, by an event loop whose time jumps from one event to the next. So the
answers of a venue, their moments included, follow from the requests alone, however slow the machine is. What is kept
was recorded by `python -m tests.reference.record`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json
import selectors
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venue_conformance.reference.clock import Clock
from venue_conformance.reference.http import Request
from venue_conformance.reference.venue import Venue

SEED = 0
"""The seed of every venue that is recorded or asked: ids and credentials follow from it."""
QUIET_SECONDS = 1.0
"""How long a venue is listened to after the last request."""

Arrival = dict[str, Any]
"""A request, or a message on a socket: what came, and the seconds from the start of the venue at which it did."""
Answer = tuple[Any, ...]
"""What a venue sent: how many arrivals there had been, the moment, to whom, and what.

To whom is the number of the request, or that of the socket, negative.
"""


@dataclass(frozen=True)
class Recording:
    """What the venue got from one check, or the beginning of it."""

    check: str
    clauses: Sequence[str]
    began: int
    """When the venue was started, in nanoseconds since 1970: what was signed holds for a while only."""
    arrivals: list[Arrival]

    def answers(self, venue_class: type[Venue]) -> list[Answer]:
        """Everything that a new venue of the class answers, in order."""
        with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
            return runner.run(_Player(venue_class, _LoopClock(self.began, runner.get_loop())).play(self.arrivals))


@dataclass(frozen=True)
class Transcript:
    """What was recorded of a venue, and the mutants that none of it shows: only checks that explore find these."""

    recordings: list[Recording]
    left_to_explorations: list[str]

    @classmethod
    def read(cls, venue: str) -> Transcript:
        """What is kept of a venue."""
        values = json.loads(gzip.decompress(_file(venue).read_bytes()))
        return cls([Recording(**each) for each in values["recordings"]], values["left_to_explorations"])

    def write(self, venue: str) -> None:
        """Keep it, in the same bytes whenever it is the same."""
        _file(venue).write_bytes(gzip.compress(json.dumps(dataclasses.asdict(self)).encode(), mtime=0))


def _file(venue: str) -> Path:
    return Path(__file__).parent / "transcripts" / f"{venue}.json.gz"


class _JumpingSelector(selectors.SelectSelector):
    """Nothing comes from outside: instead of waiting, time has passed."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("a request is never answered")
        self.passed += timeout
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    """Jumps from one event to the next."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


class _LoopClock(Clock):
    """The time of the loop, from a given moment on."""

    def __init__(self, began: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._began, self._loop = began, loop

    def nanoseconds(self) -> int:
        return self._began + int(self.monotonic() * 1e9)

    def monotonic(self) -> float:
        return self._loop.time()


class _Player:
    """Sends a new venue what was recorded, and keeps what it answers."""

    def __init__(self, venue_class: type[Venue], clock: Clock) -> None:
        self._venue: Any = venue_class(seed=SEED, clock=clock)
        self._sockets: dict[int, asyncio.Queue[MutableMapping[str, Any]]] = {}
        self._sent = 0
        self._answers: list[Answer] = []

    async def play(self, arrivals: list[Arrival]) -> list[Answer]:
        await self._venue.open()
        async with asyncio.TaskGroup() as tasks:
            for arrival in arrivals:
                await asyncio.sleep(arrival["at"] - self._venue.clock.monotonic())
                self._sent += 1
                if "socket" not in arrival:
                    tasks.create_task(self._ask(self._sent, arrival))
                    continue
                number = arrival["socket"]
                if number not in self._sockets:
                    self._sockets[number] = asyncio.Queue()
                    tasks.create_task(self._speak(number, arrival["path"]))
                self._sockets[number].put_nowait(arrival["message"])
            await asyncio.sleep(QUIET_SECONDS)
            for waiting in self._sockets.values():
                waiting.put_nowait({"type": "websocket.disconnect"})
        await self._venue.close()
        return sorted(self._answers, key=lambda each: each[:3])  # a venue may tell its sockets in any order

    async def _ask(self, number: int, arrival: Arrival) -> None:
        async def hung_up() -> bool:
            return bool(arrival.get("hung_up", False))

        request = Request(
            arrival["method"],
            arrival["path"],
            arrival["query"],
            tuple((name, value) for name, value in arrival["headers"]),
            arrival["body"].encode("latin-1"),
            arrival["client"],
            hung_up,
        )
        response = await self._venue.handle(request)
        self._keep(number, response.status, response.body, response.headers, response.chunked)

    async def _speak(self, number: int, path: str) -> None:
        async def send(message: MutableMapping[str, Any]) -> None:
            self._keep(-number, message)

        await self._venue.handle_websocket({"type": "websocket", "path": path}, self._sockets[number].get, send)

    def _keep(self, to: int, *what: Any) -> None:
        self._answers.append((self._sent, round(self._venue.clock.monotonic(), 6), to, *what))
