"""A caller for the Arcus reference that signs by the documentation's recipe with code of its own."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from nacl.signing import SigningKey

BATCH = "/v1/batchCancelOrders"
Order = dict[str, Any]
Element = dict[str, Any]


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


@dataclass
class Signer:
    """An account's address and key, and an ever-growing X-Timestamp."""

    private_key: str
    address: str
    start: int = field(default_factory=time.time_ns)

    def __post_init__(self) -> None:
        self.key = SigningKey(bytes.fromhex(self.private_key))
        self._count = itertools.count(1)

    @property
    def public_key(self) -> str:
        return self.key.verify_key.encode().hex()

    def next_timestamp(self) -> int:
        """Near now; odd and nineteen digits long, so that no double holds it."""
        return max(time.time_ns(), self.start) // 1000 * 1000 + 2 * next(self._count) + 1

    def sign(self, message: bytes) -> str:
        return self.key.sign(message).signature.hex()

    def payload(self, order: Order, timestamp: int, by: str = "orderId", /, **changes: Any) -> bytes:
        """The canonical bytes of a cancel; changes name payload members, None leaves one out."""
        members = {
            "ad": self.address.lower(),
            "ai": order.get("accountIndex", 0),
            "ct": timestamp,
            {"orderId": "id", "clientId": "c"}[by]: order[by],
            "m": order.get("marketId", 1),
            "op": 2,
            "v": 1,
            **changes,
        }
        return compact({name: value for name, value in members.items() if value is not None})

    def element(self, order: Order, timestamp: int, by: str = "orderId", /, **changes: Any) -> Element:
        """A signed element; changes are made after signing, None leaves a member out."""
        element = {
            "address": self.address,
            "marketId": order.get("marketId", 1),
            "accountIndex": order.get("accountIndex", 0),
            "kind": by,
            by: order[by],
            "signature": self.sign(self.payload(order, timestamp, by)),
            **changes,
        }
        return {name: value for name, value in element.items() if value is not None}

    def headers(self, timestamp: int | str | None, elements: list[Any], **changes: str | None) -> dict[str, str]:
        first = elements[0].get("signature") if elements and isinstance(elements[0], dict) else None
        headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-API-Key": self.public_key,
            "X-Timestamp": None if timestamp is None else str(timestamp),
            "X-Signature": first if isinstance(first, str) else "ab" * 64,
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return {name: value for name, value in headers.items() if value is not None}


@dataclass
class ArcusClient:
    """Speaks HTTP to one served venue, as one of its accounts."""

    http: httpx.Client
    signer: Signer
    ws_url: str = ""

    @classmethod
    def opened(cls, http: httpx.Client) -> ArcusClient:
        """As a new account."""
        answer = http.post("/_states", json={"state": "caller", "action": "setup"})
        credentials = answer.json()["credentials"]
        return cls(http, Signer(credentials["private_key"], credentials["address"]), credentials["ws_url"])

    def state(self, name: str, action: str = "setup", **params: Any) -> httpx.Response:
        return self.http.post("/_states", json={"state": name, "params": params, "action": action})

    def orders(self, count: int, status: str = "open", **more: Any) -> list[Order]:
        answer = self.state("orders", caller=self.signer.address, count=count, status=status, **more)
        orders: list[Order] = answer.json()["orders"]
        return orders

    def statuses(self, orders: list[Order]) -> list[str]:
        named = [order["orderId"] for order in orders]
        answer = self.state("order statuses", orderIds=named).json()["statuses"]
        return [answer[order_id] for order_id in named]

    def statuses_after_effect(self, orders: list[Order]) -> list[str]:
        """The statuses once every cancel that was accepted has taken effect."""
        time.sleep(0.05)
        return self.statuses(orders)

    def post(
        self, elements: list[Any], timestamp: int | str | None, address: str | None = None, **headers: str | None
    ) -> httpx.Response:
        body = json.dumps({"cancels": elements}).encode()
        query = {"address": self.signer.address if address is None else address}
        named = self.signer.headers(timestamp, elements, **headers)
        return self.http.post(BATCH, params=query, content=body, headers=named)

    def cancel(self, orders: list[Order], by: str = "orderId") -> httpx.Response:
        timestamp = self.signer.next_timestamp()
        return self.post([self.signer.element(order, timestamp, by) for order in orders], timestamp)
