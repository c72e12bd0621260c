"""A staged venue: the reference with a script before it, and a record of everything that arrives.

A step of the script is used up by the next batch cancel; when none is left, requests pass. The stage knows no venue:
what it has to know of one lies in ``reference/<venue>/staging.py``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from .discovery import load, part_of
from .http import Request, Response, json_response
from .stage_steps import ChannelEvent, Step
from .venue import STATES_PATH, Venue

#: Arrivals beyond these are counted and not kept: a client that never stops fills no memory.
MOST_ARRIVALS = 2000
#: So many messages of sockets are kept.
MOST_FRAMES = 20_000
#: How long an event that comes before its answer is ahead of it.
_EVENT_SECONDS = 0.05
#: How the fault of an arrival begins whose answer is a bug of the stage, or of the reference.
STAGE_FAILED = "the stage failed"


class Staging(Protocol):
    """What a stage has to know of a venue: a module of the name ``staging`` beside the venue."""

    BATCH: tuple[str, str]
    """Method and path of the batch cancel."""
    CHANGES: Mapping[str, Callable[[Any], Any]]
    """What ``change`` can do to a successful answer's document, by name."""

    def verifies(self, venue: Any, request: Request) -> Awaitable[bool | None]:
        """Whether the reference takes the request's signature for the caller's; None for what it cannot read."""

    # A module may also have what only some venues need:
    #   ACCOUNT: str                      the credential by which states name an account, else the first of them
    #   refusal(status, retry_after)      the document with which the venue refuses a whole request, in its usual words
    #   ASKED: Mapping[str, object]       what a client is told of an order beside its id, and of one that is none
    #   UNKNOWN: Callable                 an id that names no order, of a source of random numbers
    #   prepared(venue, name, params)     takes out of a state's parameters what only a stage can be asked for
    #   CHANNEL: str                      the path of the channel
    #   EVENTS: tuple[str, ...]           the statuses that events of the channel can have, and ``drop``
    #   async settled(venue)              waits until what was accepted has taken effect
    #   async keep_back(venue, request)   accepts a batch and does not carry it out: the answer, and the batch
    #   happens(venue, kept, event)       lets something become of such a batch, and tells of it on the channel


@dataclass(frozen=True, slots=True)
class SocketFrame:
    """One message on one socket, or (``text`` None) its beginning or end; ``inward`` is what the client sent or did."""

    moment: float
    socket: int
    inward: bool
    text: str | None = None


@dataclass(slots=True)
class Arrival:
    """One request as it came in. Moments are of the monotonic clock, ``wall`` is Unix time.

    ``left`` says that whoever sent it had hung up before its answer was read, and so has never seen it.
    ``headers`` are as sent, in order and letter case. ``cancelled`` are the watched orders that it took off the book;
    ``verified`` is what the reference's own verifier says of its signature, None for what is no batch cancel.
    """

    number: int
    began: float
    ended: float
    wall: float
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_batch: bool = False
    elsewhere: bool = False
    step: str = "pass"
    verified: bool | None = None
    cancelled: frozenset[str] = frozenset()
    answered: float | None = None
    status: int | None = None
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer_body: bytes = b""
    fault: str | None = None
    left: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, by its name in any case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Reply:
    """What the server is to do: send an answer, late, short or cut, or end the connection without one."""

    response: Response | None
    length: int | None = None
    """The Content-Length to tell, where it is another than the body's."""


@dataclass
class Stage:
    """The script before one venue. Everything here runs on the loop that serves it."""

    venue: Venue
    staging: Staging
    elsewhere_url: str = ""
    watched: tuple[str, ...] = ()
    script: deque[Step] = field(default_factory=deque)
    arrivals: list[Arrival] = field(default_factory=list)
    more_arrivals: int = 0
    busy: int = 0
    frames: list[SocketFrame] = field(default_factory=list)
    drop_sockets: Callable[[], None] = field(default=lambda: None)
    """Ends every socket at once; whoever serves the stage says how."""
    told: Callable[[Request, Response | None, str], None] | None = None
    """Called with every request, its answer (None: the connection was ended) and the step that it met."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def put(self, steps: Iterable[Step]) -> None:
        """Replace the script."""
        self.script = deque(steps)

    async def state(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the venue into a state, as a target's back door would. Raises LookupError where it is not offered."""
        if (prepared := getattr(self.staging, "prepared", None)) is not None:
            params = prepared(self.venue, name, params)
        body = json.dumps({"state": name, "action": "setup", "params": params}).encode()
        headers = () if self.venue.states_token is None else (("authorization", f"Bearer {self.venue.states_token}"),)
        response = await self.venue.handle(Request("POST", STATES_PATH, headers=headers, body=body))
        values: dict[str, Any] = json.loads(response.body)
        if response.status != 200:
            raise LookupError(f"state {name!r}: {response.status} {values.get('message')}")
        return values

    async def statuses(self) -> dict[str, str]:
        """The watched orders as they are now."""
        if not self.watched:
            return {}
        found: dict[str, str] = (await self.state("order statuses", {"orderIds": list(self.watched)}))["statuses"]
        return found

    async def take(self, arrival: Arrival, request: Request) -> Reply:
        """Answer one request that has arrived whole."""
        if len(self.arrivals) < MOST_ARRIVALS:
            self.arrivals.append(arrival)
        else:
            self.more_arrivals += 1
        self.busy += 1
        try:
            reply = await self._reply(arrival, request)
        finally:
            self.busy -= 1
        if self.told is not None:
            self.told(request, reply.response, arrival.step)
        return reply

    async def _reply(self, arrival: Arrival, request: Request) -> Reply:
        if arrival.elsewhere:
            return Reply(json_response(404, {"error": "not_found", "message": "Nothing is here", "statusCode": 404}))
        if (request.method, request.path) != self.staging.BATCH:
            return Reply(await self.venue.handle(request))
        arrival.is_batch = True
        arrival.verified = await self.staging.verifies(self.venue, request)
        return await self._perform(self._next_step(), arrival, request)

    def _next_step(self) -> Step:
        if not self.script:
            return Step()
        step = self.script[0]
        if step.times is not None:
            if step.times > 1:
                self.script[0] = replace(step, times=step.times - 1)
            else:
                self.script.popleft()
        return replace(step, times=1)

    async def _perform(self, step: Step, arrival: Arrival, request: Request) -> Reply:
        arrival.step = step.describe()
        own = Response(step.status, step.body, step.headers)
        match step.do:
            case "answer":
                return Reply(own)
            case "close":
                return Reply(None)
            case "elsewhere":
                location = ("Location", self.elsewhere_url + request.path)
                return Reply(Response(307, b"", (location,)))
            case "channel":
                return await self._on_channel(step, arrival, request)
        response = await self._effect(arrival, request, at_once=step.do == "pass")
        if response.status >= 300:
            arrival.step = f"pass (instead of {arrival.step}: the venue turned the request down)"
            return Reply(response)
        match step.do:
            case "effect_then":
                return Reply(own)
            case "effect_close":
                return Reply(None)
            case "effect_late":
                await asyncio.sleep(step.seconds)
            case "short":
                return Reply(replace(response, body=response.body[: step.keep]), length=len(response.body))
            case "cut":
                return Reply(replace(response, body=response.body[: step.keep]))
            case "change":
                return Reply(self._changed(step, response))
        return Reply(response)

    def _changed(self, step: Step, response: Response) -> Response:
        document = self.staging.CHANGES[step.change](json.loads(response.body))
        status = response.status if step.status == Step.status else step.status
        return replace(response, status=status, body=json.dumps(document, separators=(",", ":")).encode())

    async def _effect(self, arrival: Arrival, request: Request, *, at_once: bool = False) -> Response:
        """Let the venue carry the request out, and note which watched orders that cancelled.

        Where a venue answers before the effect, the effect is waited for, unless the answer is to go out ``at_once``.
        """
        before = await self.statuses()
        response = await self.venue.handle(request)
        settled = getattr(self.staging, "settled", None)
        if settled is not None and at_once:
            self._meanwhile(arrival, self._note_effect(arrival, before, settled(self.venue)))
        else:
            await self._note_effect(arrival, before, None if settled is None else settled(self.venue))
        return response

    async def _note_effect(self, arrival: Arrival, before: Mapping[str, str], effect: Awaitable[object] | None) -> None:
        if effect is not None:
            await effect
        after = await self.statuses()
        arrival.cancelled = frozenset(
            order for order, status in after.items() if status == "cancelled" and before.get(order) != "cancelled"
        )

    async def _on_channel(self, step: Step, arrival: Arrival, request: Request) -> Reply:
        """Acknowledge a batch, and let of it become what the step's events say."""
        keep_back = getattr(self.staging, "keep_back", None)
        if keep_back is None:
            raise LookupError(f"{self.venue.name} has no channel")
        before = await self.statuses()
        response, kept = await keep_back(self.venue, request)
        if response.status >= 300:
            arrival.step = f"pass (instead of {arrival.step}: the venue turned the request down)"
            return Reply(response)
        effect = self._note_effect(arrival, before, self._becomes(kept, step.events))
        if step.change:
            response = self._changed(step, response)
        if step.before_answer:
            await effect
            await asyncio.sleep(_EVENT_SECONDS)
        else:
            self._meanwhile(arrival, effect)
        return Reply(response)

    async def _becomes(self, kept: Any, events: Iterable[ChannelEvent]) -> None:
        happens: Callable[[Any, Any, ChannelEvent], None] = getattr(self.staging, "happens")  # noqa: B009
        for event in events:
            await asyncio.sleep(event.seconds)
            if event.status == "drop":
                self.drop_sockets()
            else:
                happens(self.venue, kept, event)

    def _meanwhile(self, arrival: Arrival, work: Coroutine[Any, Any, None]) -> None:
        """Do something while the answer goes out; until it is done the stage is busy."""

        async def done() -> None:
            try:
                await work
            except Exception as error:  # seen by whoever stages
                arrival.fault = f"{STAGE_FAILED}: {type(error).__name__}: {error}"
            finally:
                self.busy -= 1

        self.busy += 1
        task = asyncio.get_running_loop().create_task(done())
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    # -- sockets ---------------------------------------------------------------------------------------------------

    @property
    def channel_path(self) -> str | None:
        """The path of the venue's channel, None where it has none."""
        return getattr(self.staging, "CHANNEL", None)

    def note_frame(self, socket: int, text: str | None, *, inward: bool) -> None:
        """Remember one message of a socket."""
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(SocketFrame(time.monotonic(), socket, inward, text))

    # -- accounts --------------------------------------------------------------------------------------------------

    def account_name(self, credentials: Mapping[str, str]) -> str:
        """How states name the account of these credentials."""
        named = getattr(self.staging, "ACCOUNT", None)
        return credentials[named] if named is not None else next(iter(credentials.values()))


def staging_of(venue_name: str) -> Staging:
    """What a stage has to know of a venue. Raises LookupError where the venue has no staging."""
    staging: Staging = part_of(venue_name, "staging", f"{venue_name} cannot be staged yet")
    return staging


def make_stage(
    venue_name: str, *, seed: int = 0, variant: str | None = None, mutant: str | None = None, rate_limited: bool = True
) -> Stage:
    """A stage before a fresh venue, not yet served. Raises LookupError for a name that does not exist."""
    described = load(venue_name)
    venue = described.find(variant=variant, mutant=mutant)(seed=seed, rate_limited=rate_limited)
    return Stage(venue, staging_of(venue_name))


def variant_names(venue_name: str) -> tuple[str, ...]:
    """The permitted variants of a venue, by which a client can be tried."""
    return tuple(load(venue_name).variants)


def now() -> float:
    """The monotonic clock by which arrivals are timed."""
    return time.monotonic()
