"""An Arcus venue without sockets and in made-up time, and callers who speak to it as over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from venue_conformance.reference.clock import Clock
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.venue import Venue

from .arcus_client import BATCH, Element, Order, Signer

NOW = 1_800_000_000_123_456_789


class MadeUpClock(Clock):
    """Time stands still until somebody lets it pass; then it jumps from one sleeper to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def nanoseconds(self) -> int:
        return NOW + int(self.slept * 1e9)

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.slept + seconds, next(self._count), woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Let so much time pass, waking whoever sleeps less."""
        end = self.slept + seconds
        await _a_few_turns()
        while self._sleepers and self._sleepers[0][0] <= end:
            await self.wake_next()
        self.slept = end

    async def wake_next(self) -> None:
        """Let time pass until the next sleeper wakes."""
        if self._sleepers:
            self.slept, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
        await _a_few_turns()


async def _a_few_turns() -> None:
    """Let whoever has been woken go on, and whoever waits for them."""
    for _ in range(8):
        await asyncio.sleep(0)


class HarnessAnswer:
    """What a request was answered with."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.body = response.body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def accepted(self) -> bool:
        return self.status in (200, 202)

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500

    @property
    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.json["responses"]
        return rows


class Socket:
    """One WebSocket that subscribed to an account's orders."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: list[dict[str, Any]] = []
        self._incoming.put_nowait({"type": "websocket.connect"})
        serving: Any = harness.venue
        scope = {"type": "websocket", "path": "/v1/ws"}
        self._task = asyncio.create_task(serving.handle_websocket(scope, self._incoming.get, self._take))

    async def _take(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            self.frames.append(json.loads(message["text"]))

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    async def events(self) -> list[dict[str, Any]]:
        """The contents of every update so far."""
        await self._harness.let_effects_show()
        updates = [frame for frame in self.frames if frame.get("type") == "channel_data"]
        return [frame["contents"] for frame in updates if frame["channel"] == "orders"]

    async def ended(self) -> dict[str, list[str]]:
        """The statuses other than OPEN and REJECTED that were told of each order, in their order."""
        reported: dict[str, list[str]] = {}
        for event in await self.events():
            if event["status"] not in ("OPEN", "REJECTED"):
                reported.setdefault(event.get("orderId", "?"), []).append(event["status"])
        return reported

    async def close(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect"})
        with suppress(asyncio.CancelledError):
            await self._task


class HarnessCaller:
    """One account of the venue."""

    def __init__(self, harness: Harness, credentials: dict[str, str]) -> None:
        self.harness = harness
        self.signer = Signer(credentials["private_key"], credentials["address"], start=NOW)
        self._count = 0

    @property
    def address(self) -> str:
        return self.signer.address

    def next_timestamp(self) -> int:
        self._count += 1
        return self.harness.clock.nanoseconds() // 1000 * 1000 + 2 * self._count + 1

    async def orders(self, count: int = 1, status: str = "open", client_ids: bool = False) -> list[Order]:
        params = {"caller": self.address, "count": count, "status": status, "client_ids": client_ids}
        orders: list[Order] = (await self.harness.state("orders", params))["orders"]
        return orders

    async def statuses(self, orders: list[Order]) -> list[str]:
        await self.harness.let_effects_show()
        ids = [order["orderId"] for order in orders]
        found = (await self.harness.state("order statuses", {"orderIds": ids}))["statuses"]
        return [found[order_id] for order_id in ids]

    async def definitive(self) -> None:
        await self.harness.state("definitive answers", {"caller": self.address, "on": True})

    def element(self, order: Order, timestamp: int, by: str = "orderId", /, **changes: Any) -> Element:
        return self.signer.element(order, timestamp, by, **changes)

    def resigned(self, order: Order, timestamp: int, by: str = "orderId", /, **signed: Any) -> Element:
        """An element signed over other payload members than its own."""
        return self.element(
            order, timestamp, by, signature=self.signer.sign(self.payload(order, timestamp, by, **signed))
        )

    def payload(self, order: Order, timestamp: int, by: str = "orderId", /, **signed: Any) -> bytes:
        return self.signer.payload(order, timestamp, by, **signed)

    async def post(
        self,
        elements: Any,
        timestamp: int | str | None,
        address: str | None = "",
        body: bytes | None = None,
        **headers: str | None,
    ) -> HarnessAnswer:
        """Send a batch. The address "" stands for the caller's own, None for none at all."""
        address = self.address if address == "" else address
        named = self.signer.headers(timestamp, elements if isinstance(elements, list) else [], **headers)
        request = Request(
            "POST",
            BATCH,
            "" if address is None else "address=" + quote(address),
            tuple((name.lower(), value) for name, value in named.items()),
            json.dumps({"cancels": elements}).encode() if body is None else body,
        )
        return HarnessAnswer(await self.harness.handle(request))

    async def cancel(self, orders: list[Order], by: str = "orderId") -> HarnessAnswer:
        timestamp = self.next_timestamp()
        return await self.post([self.element(order, timestamp, by) for order in orders], timestamp)

    async def subscribe(self) -> Socket:
        socket = Socket(self.harness)
        self.harness.sockets.append(socket)
        index = self.harness.account_index
        socket.say({"type": "subscribe", "channel": "orders", "id": self.address, "accountIndex": index})
        await self.harness.let_effects_show()
        return socket


class Harness:
    """A venue and its callers."""

    def __init__(self, venue_class: type[Venue], seed: int = 3) -> None:
        self.clock = MadeUpClock()
        self.venue = venue_class(clock=self.clock, seed=seed)
        self.account_index: int = getattr(venue_class, "provisioned_account_index", 0)
        self.sockets: list[Socket] = []
        self._unknown = 0

    async def handle(self, request: Request) -> Response:
        """One request; made-up time goes on while it is answered."""
        task = asyncio.ensure_future(self.venue.handle(request))
        await asyncio.sleep(0)
        while not task.done():
            await self.clock.wake_next()
        return task.result()

    async def state(self, name: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps({"state": name, "params": params or {}, "action": "setup"}).encode()
        response = await self.venue.handle(Request("POST", "/_states", body=body))
        assert response.status == 200, response.body
        values: dict[str, Any] = json.loads(response.body)
        return values

    async def caller(self) -> HarnessCaller:
        return HarnessCaller(self, (await self.state("caller"))["credentials"])

    async def let_effects_show(self) -> None:
        """Let every effect show."""
        await self.clock.pass_by(0.4)

    def unknown(self) -> Order:
        """An order that does not exist, by either id."""
        self._unknown += 1
        venue: Any = self.venue
        ids = {"orderId": venue.new_order_id(), "clientId": f"no-such-{self._unknown:08x}"}
        return {**ids, "marketId": 1, "accountIndex": self.account_index}


def play(venue_class: type[Venue], probe: Callable[[Harness], Awaitable[None]]) -> None:
    """Run a probe at a new venue of the class; what it raises is raised."""

    async def probe_and_end() -> None:
        harness = Harness(venue_class)
        try:
            await probe(harness)
        finally:
            for socket in harness.sockets:
                await socket.close()

    asyncio.run(probe_and_end())
