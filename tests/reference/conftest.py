"""Served reference venues, and a caller that signs by the page's recipe with code of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from venue_conformance.reference import ReferenceVenue, load
from venue_conformance.reference.server import RunningServer, serve_in_thread

BATCH = "/v1/pm/orders/batch"


@dataclass
class SignedClient:
    """Speaks HTTP to one served venue, as any of its accounts."""

    http: httpx.Client
    account: dict[str, str]

    def state(self, name: str, params: dict[str, Any] | None = None, action: str = "setup") -> httpx.Response:
        body = {"state": name, "params": params or {}, "action": action}
        return self.http.post("/_states", json=body)

    def new_caller(self) -> SignedClient:
        return SignedClient(self.http, self.state("caller").json()["credentials"])

    @property
    def name(self) -> str:
        return self.account["public_key"]

    def orders(self, count: int, status: str = "open", **more: Any) -> list[str]:
        answer = self.state("orders", {"caller": self.name, "count": count, "status": status, **more})
        return [order["orderId"] for order in answer.json()["orders"]]

    def statuses(self, order_ids: list[str]) -> list[str]:
        answer = self.state("order statuses", {"orderIds": order_ids}).json()["statuses"]
        return [answer[order_id] for order_id in order_ids]

    def signed(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        timestamp = str(int(time.time()))
        body_hash = hashlib.sha256(body).hexdigest() if body else ""
        payload = f"{timestamp}.{method}.{path}.{body_hash}".encode()
        digest = hmac.new(self.account["secret_key"].encode(), payload, hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"X-Public-Key": self.name, "X-Timestamp": timestamp, "X-Signature": signature, **named}
        return self.http.request(method, path, content=body, headers=headers)

    def cancel(self, order_ids: list[Any], key: str | None = None) -> httpx.Response:
        headers = {} if key is None else {"idempotency_key": key}
        return self.signed("DELETE", BATCH, json.dumps({"orderIds": order_ids}).encode(), **headers)


@pytest.fixture(scope="session")
def bayse() -> ReferenceVenue:
    return load("bayse")


@pytest.fixture(scope="session")
def running(bayse: ReferenceVenue) -> Iterator[RunningServer]:
    with serve_in_thread(bayse.venue_class(seed=7)) as server:
        yield server


@pytest.fixture
def client(running: RunningServer) -> Iterator[SignedClient]:
    """A new account at the session's venue."""
    with httpx.Client(base_url=running.base_url, trust_env=False) as http:
        yield SignedClient(http, {}).new_caller()


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parents[2]
