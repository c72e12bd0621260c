"""One small probe per judged clause of PredictStreet: what shows that a venue breaks it, asked of the venue object.

They are here to prove that every mutant can be told from the conforming venue, and that no variant can. Judging
deployments is not their matter.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from venue_conformance.reference.http import Request, Response

BATCH = "/api/orders/cancel-batch"
NOBODYS = "00000000-0000-4000-8000-000000000000"
Probe = Callable[["Asker"], Awaitable[None]]
PROBES: dict[str, Probe] = {}


def probes(clause: str) -> Callable[[Probe], Probe]:
    """Register the probe of a clause."""

    def register(probe: Probe) -> Probe:
        PROBES[f"predictstreet.{clause}"] = probe
        return probe

    return register


@dataclass
class Asker:
    """Asks one venue, without a socket in between, as one caller."""

    venue: Any
    credentials: dict[str, str]

    @classmethod
    def first_of(cls, venue: Any) -> Asker:
        return cls(venue, venue.credentials(venue.first_account))

    @property
    def wallet(self) -> str:
        return self.credentials["wallet"]

    @property
    def key(self) -> str:
        return self.credentials["api_key"]

    async def state(self, name: str, **params: Any) -> Any:
        body = json.dumps({"state": name, "params": params, "action": "setup"}).encode()
        answer = await self.venue.handle(Request("POST", "/_states", body=body))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    async def caller(self, kind: str = "single_wallet") -> Asker:
        return Asker(self.venue, (await self.state("caller", partner_kind=kind))["credentials"])

    async def orders(self, count: int, status: str = "open") -> list[str]:
        made = await self.state("orders", caller=self.wallet, count=count, status=status)
        return [order["orderId"] for order in made["orders"]]

    async def statuses(self, order_ids: list[str]) -> list[str]:
        found = (await self.state("order statuses", orderIds=order_ids))["statuses"]
        return [found[order_id] for order_id in order_ids]

    async def poll_until(self, order_ids: list[str], status: str) -> bool:
        """Whether the orders come to have the status within a second."""
        for _ in range(50):
            if set(await self.statuses(order_ids)) == {status}:
                return True
            await asyncio.sleep(0.02)
        return False

    async def send(self, body: bytes, **headers: str | None) -> Response:
        sent: dict[str, str | None] = {"content-type": "application/json", "x-api-key": self.key}
        if self.credentials["partner_kind"] == "multi_wallet":
            sent["x-user-wallet"] = self.wallet
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        pairs = tuple((name, value) for name, value in sent.items() if value is not None)
        answer: Response = await self.venue.handle(Request("POST", BATCH, headers=pairs, body=body))
        return answer

    async def cancel(self, order_ids: list[Any], **headers: str | None) -> Response:
        return await self.send(json.dumps({"orderIds": order_ids}).encode(), **headers)

    async def outcome(self, order_ids: list[Any], **headers: str | None) -> tuple[list[str], dict[str, str]]:
        """What a batch that has to succeed came to: the cancelled, sorted, and the reasons."""
        answer = await self.cancel(order_ids, **headers)
        assert 200 <= answer.status < 300, (answer.status, answer.body)
        document = json.loads(answer.body)
        assert isinstance(document.get("cancelled"), list), document
        assert isinstance(document.get("notCancelled"), dict), document
        return sorted(document["cancelled"]), document["notCancelled"]

    async def rest(self) -> None:
        """Let the budgets fill again."""
        await self.state("time passed", seconds=5)


def refused(answer: Response) -> bool:
    return 400 <= answer.status < 500


def succeeded(answer: Response) -> bool:
    return 200 <= answer.status < 300


def code(answer: Response) -> Any:
    document = json.loads(answer.body)
    nested = document.get("error")
    return nested.get("code") if isinstance(nested, dict) else document.get("code")


async def overspent(asker: Asker) -> list[Response]:
    """Requests at once, forty by forty, until one is refused, or there are more than any budget lets through."""
    answers: list[Response] = []
    while len(answers) < 720 and all(map(succeeded, answers)):
        answers += await burst(asker)
    return answers


async def burst(asker: Asker, count: int = 40, **headers: str | None) -> list[Response]:
    """That many requests at once."""
    return list(await asyncio.gather(*(asker.cancel([NOBODYS], **headers) for _ in range(count))))
