"""One scenario, played to a Bayse venue without sockets and in made-up time, with a protocol of what was answered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import math
from typing import Any

from venue_conformance.reference.clock import Clock
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.venue import Venue

BATCH = "/v1/pm/orders/batch"
NOW = 1_800_000_000
UNKNOWN = ["7f3d2b1a-5c4e-4f6a-8b9c-0d1e2f3a4b5c", "0a1b2c3d-4e5f-4a6b-9c8d-7e6f5a4b3c2d"]
Account = dict[str, str]


class MadeUpClock(Clock):
    """Time stands still, but for sleep: a millisecond takes one turn of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0

    def nanoseconds(self) -> int:
        return NOW * 10**9

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        for _ in range(math.ceil(seconds * 1000)):
            await asyncio.sleep(0)


class Scenario:
    """Plays the scenario to one venue and keeps the protocol."""

    def __init__(self, venue_class: type[Venue]) -> None:
        self.venue = venue_class(clock=MadeUpClock(), seed=3)
        self.protocol: list[Any] = []

    async def ask(self, request: Request) -> Response:
        response = await self.venue.handle(request)
        shown = [(name.lower(), value) for name, value in response.headers if name.lower() != "content-type"]
        self.protocol.append((response.status, response.body, shown))
        return response

    async def state(self, name: str, **params: Any) -> Any:
        body = json.dumps({"state": name, "params": params, "action": "setup"}).encode()
        return json.loads((await self.ask(Request("POST", "/_states", body=body))).body)

    async def caller(self) -> Account:
        credentials: Account = (await self.state("caller"))["credentials"]
        return credentials

    async def orders(self, owner: Account, count: int, status: str = "open", **more: Any) -> list[str]:
        answer = await self.state("orders", caller=owner["public_key"], count=count, status=status, **more)
        return [order["orderId"] for order in answer["orders"]]

    async def cancel(
        self,
        account: Account,
        body: list[str] | bytes,
        key: str | None = None,
        *,
        at: int | str = NOW,
        signed: dict[str, Any] | None = None,
        without: str = "",
        **headers: str,
    ) -> Response:
        """A batch cancel; `signed` replaces what the signature is made over, `headers` and `without` what is sent."""
        body = body if isinstance(body, bytes) else json.dumps({"orderIds": body}, separators=(",", ":")).encode()
        parts = {"at": at, "method": "DELETE", "path": BATCH, "body": body, "secret": account["secret_key"]}
        parts |= signed or {}
        body_hash = parts.get("hash", hashlib.sha256(parts["body"]).hexdigest())
        payload = f"{parts['at']}.{parts['method']}.{parts['path']}.{body_hash}".encode()
        digest = hmac.new(parts["secret"].encode(), payload, hashlib.sha256).digest()
        sent = {
            "x-public-key": account["public_key"],
            "x-timestamp": str(at),
            "x-signature": base64.b64encode(digest).decode(),
            **({} if key is None else {"idempotency-key": key}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent.pop(without, None)
        return await self.ask(Request("DELETE", BATCH, headers=tuple(sent.items()), body=body))

    async def play(self) -> list[Any]:
        for probe in (self.signatures, self.bodies, self.outcomes, self.keys, self.reuse, self.races, self.faults):
            await probe()
        await self.sequences()
        await self.budgets()
        await self.retention()
        return self.protocol

    async def signatures(self) -> None:
        caller, other = await self.caller(), await self.caller()
        orders = await self.orders(caller, 2)
        right = await self.signature(caller, orders)
        for header in ("x-public-key", "x-timestamp", "x-signature"):
            await self.cancel(caller, orders, without=header)
        for signature in (right[:20], right[:-4] + "AAA=", right.swapcase(), "!", bytes_in_hex(right), ""):
            await self.cancel(caller, orders, x_signature=signature)
        await self.cancel(caller, orders, x_public_key="pk_test_nobody")
        await self.state("order statuses", orderIds=orders)
        for signed in (
            {"secret": other["secret_key"]},
            {"at": NOW - 7},
            {"method": "POST"},
            {"path": "/v1/pm/orders"},
            {"path": BATCH.removeprefix("/v1")},
            {"body": b'{"orderIds":[]}'},
            {"hash": ""},
            {"hash": hashlib.sha256().hexdigest()},
        ):
            await self.cancel(caller, orders, signed=signed)
        for at in ("soon", f"{NOW}.5", NOW - 7200, NOW - 360, NOW - 200):
            await self.cancel(caller, [UNKNOWN[0]], at=at)
        for body in (
            b'{"orderIds": ["x"]}',
            b'{"orderIds":["\\u0041"]}',
            b'{"orderIds":["x"],"a":1}',
            b'{"orderIds":["x"]}\n',
        ):
            await self.cancel(caller, body)
        for number in range(8):  # enough for a signature with a plus or a slash
            await self.cancel(caller, [f"order-{number}"])
        first, second = await self.orders(caller, 2)
        await self.cancel(caller, [first])
        await self.cancel(caller, [second], x_signature=await self.signature(caller, [first]))
        await self.cancel(caller, [second], "unsigned")
        await self.cancel(caller, [second], "unsigned", x_signature="A" * 43 + "=")

    async def signature(self, account: Account, order_ids: list[str]) -> str:
        body_hash = hashlib.sha256(json.dumps({"orderIds": order_ids}, separators=(",", ":")).encode()).hexdigest()
        payload = f"{NOW}.DELETE.{BATCH}.{body_hash}".encode()
        return base64.b64encode(hmac.digest(account["secret_key"].encode(), payload, "sha256")).decode()

    async def bodies(self) -> None:
        for count in (1, 100, 101):
            caller = await self.caller()
            orders = await self.orders(caller, count)
            await self.cancel(caller, orders)
            await self.state("order statuses", orderIds=orders)
        caller = await self.caller()
        await self.orders(caller, 1)
        for document in ({}, {"orderIds": []}, {"orderIds": "x"}, {"orderIds": {"x": 1}}, [], {"orderIds": [1]}):
            await self.cancel(caller, json.dumps(document).encode(), x_trace_id="trace")
        await self.cancel(caller, ["\ud800"])

    async def outcomes(self) -> None:
        caller, other = await self.caller(), await self.caller()
        every = ("open", "partially_filled", "filled", "cancelled", "expired", "rejected")
        own = [(await self.orders(caller, 1, status))[0] for status in every]
        foreign = [(await self.orders(other, 1, status))[0] for status in every]
        amm = await self.orders(caller, 1, "filled", engine="AMM")
        watched = own + foreign + amm
        for batch in (own, [*UNKNOWN, *foreign], amm, UNKNOWN[:1]):
            await self.cancel(caller, batch)
            await self.state("order statuses", orderIds=watched)
        markets = await self.orders(caller, 12)
        await self.cancel(caller, [*amm, *markets[:2]])
        await self.cancel(caller, [UNKNOWN[0], *markets[2:4], UNKNOWN[1]])
        (stray,) = await self.orders(other, 1)
        await self.cancel(caller, [markets[4], stray, markets[5], UNKNOWN[1]])
        await self.cancel(caller, [markets[6], UNKNOWN[0], markets[7]])
        await self.cancel(caller, [markets[8], markets[9], markets[8]])
        await self.state("order statuses", orderIds=[*markets, *foreign, stray])
        rest = await self.orders(caller, 12)
        (partial,) = await self.orders(caller, 1, "partially_filled")
        for batch in ([stray, stray], [partial], rest[:5]):
            await self.cancel(caller, batch)
            await self.state("order statuses", orderIds=[stray, partial, *rest])

    async def keys(self) -> None:
        caller, other = await self.caller(), await self.caller()
        for key in (
            "k",
            "under_score",
            "CAPITAL",
            "zz",
            "k" * 255,
            "k" * 254 + "x",
            "k" * 256,
            "a.b",
            "a^b",
            "a b",
            "K",
            "zy",
        ):
            await self.cancel(caller, UNKNOWN, key)
        await self.cancel(caller, UNKNOWN)
        await self.cancel(caller, UNKNOWN)
        await self.cancel(other, UNKNOWN, "k")
        refused, theirs = await self.orders(caller, 1), await self.orders(other, 1)
        await self.cancel(caller, refused, "a.b")
        await self.cancel(other, theirs, "under_score")
        await self.state("order statuses", orderIds=[*refused, *theirs])

    async def reuse(self) -> None:
        caller = await self.caller()
        first, second, third = await self.orders(caller, 3)
        for body in ([first, UNKNOWN[0]], [first, UNKNOWN[0]], [UNKNOWN[0], first], [first, second], [third]):
            await self.cancel(caller, body, "key")
            await self.state("order statuses", orderIds=[first, second, third])
        await self.cancel(caller, [first, UNKNOWN[0]], "key", at=NOW - 3)
        for note in (1, 2):
            await self.cancel(caller, json.dumps({"orderIds": UNKNOWN, "note": note}).encode(), "noted")
        for number in range(60):
            await self.cancel(caller, UNKNOWN[:1], f"many-{number}")
        await self.cancel(caller, UNKNOWN[:1], "many-0")

    async def races(self) -> None:
        caller, other = await self.caller(), await self.caller()
        (order,) = await self.orders(caller, 1)
        await asyncio.gather(*(self.cancel(caller, [order], "race") for _ in range(3)))
        (order,) = await self.orders(caller, 1)
        await self.state("held request", caller=caller["public_key"], milliseconds=100)
        held = asyncio.create_task(self.cancel(caller, [order], "held"))
        await self.venue.clock.sleep(0.05)
        for account, key in ((caller, "held"), (caller, "else"), (other, "held")):
            waiting = asyncio.create_task(self.cancel(account, [order], key))
            await asyncio.wait([waiting], timeout=0.001)
        await held
        await self.cancel(caller, [order], "held")

    async def faults(self) -> None:
        for status in (500, 503, 429, 408):
            for after_commit in (False, True):
                caller = await self.caller()
                (order,) = await self.orders(caller, 1)
                failure = {"status": status, "count": 1, "after_commit": after_commit}
                await self.state("failing response", caller=caller["public_key"], **failure)
                for _ in range(2):
                    await self.cancel(caller, [order], f"failed-{status}-{after_commit}")

    async def sequences(self) -> None:
        caller, other = await self.caller(), await self.caller()
        first, second, filled = await self.orders(caller, 3)
        await self.cancel(caller, [first, first], "kept")
        await self.state("failing response", caller=caller["public_key"], status=500, count=1)
        for _ in range(3):
            await self.cancel(caller, [second], "failed-at-first")
        for _ in range(4):
            await self.cancel(caller, [first, first], "kept")
        for _ in range(2):
            await self.state("fill", orderId=filled, part=True)
        for account in (caller, caller, caller, other):
            await self.cancel(account, [filled])

    async def budgets(self) -> None:
        for own in (False, True):
            caller, other = await self.caller(), await self.caller()
            orders = await self.orders(caller, 100)
            for _ in range(2):
                await self.cancel(caller, orders if own else [f"order-{number}" for number in range(100)])
            await self.cancel(caller, orders, "refused")
            await self.state("order statuses", orderIds=orders)
            await self.cancel(other, UNKNOWN)
            await self.state("time passed", seconds=10)
            await self.cancel(caller, orders, "refused")

    async def retention(self) -> None:
        caller = await self.caller()
        await self.cancel(caller, UNKNOWN, "old")
        for hours in (1, 22, 20, 30 * 24):
            await self.state("time passed", seconds=hours * 3600)
            await self.cancel(caller, UNKNOWN[:1], "old")
            await self.cancel(caller, UNKNOWN, "old")
        for _ in range(2):
            await self.cancel(caller, [f"order-{number}" for number in range(99)], "long")


def bytes_in_hex(signature: str) -> str:
    return base64.b64decode(signature).hex()
