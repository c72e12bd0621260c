"""A caller of a served PredictStreet venue, written for these tests alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from venue_conformance.reference import load
from venue_conformance.reference.clock import Clock
from venue_conformance.reference.server import RunningServer, serve_in_thread

BATCH = "/api/orders/cancel-batch"


class StillClock(Clock):
    """Budgets fill by the state `time passed` alone, so that a slow machine spends them like a fast one."""

    def retention(self) -> float:
        return self._passed


@dataclass
class Partner:
    """Speaks HTTP to one served venue, with one key and, under a multi_wallet key, for one wallet."""

    http: httpx.Client
    credentials: dict[str, str]

    @property
    def wallet(self) -> str:
        return self.credentials["wallet"]

    @property
    def headers(self) -> dict[str, str]:
        headers = {"X-Api-Key": self.credentials["api_key"]}
        if self.credentials["partner_kind"] == "multi_wallet":
            headers["X-User-Wallet"] = self.wallet
        return headers

    def ask_state(self, name: str, params: dict[str, Any] | None = None, action: str = "setup") -> httpx.Response:
        return self.http.post("/_states", json={"state": name, "params": params or {}, "action": action})

    def state(self, name: str, **params: Any) -> Any:
        answer = self.ask_state(name, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def other(self, partner_kind: str = "single_wallet") -> Partner:
        return Partner(self.http, self.state("caller", partner_kind=partner_kind)["credentials"])

    def orders(self, count: int, status: str = "open") -> list[str]:
        made = self.state("orders", caller=self.wallet, count=count, status=status)["orders"]
        return [order["orderId"] for order in made]

    def statuses(self, order_ids: list[str]) -> list[str]:
        found = self.state("order statuses", orderIds=order_ids)["statuses"]
        return [found[order_id] for order_id in order_ids]

    def post(self, path: str, body: object, **headers: str | None) -> httpx.Response:
        """Send a body as JSON (bytes as they are); a header given as None is left out."""
        named = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in named.items() if value is not None}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(path, content=content, headers={"Content-Type": "application/json", **sent})

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=self.headers)

    def cancel(self, order_ids: object, **headers: str | None) -> httpx.Response:
        return self.post(BATCH, {"orderIds": order_ids}, **headers)


@contextmanager
def served(**options: Any) -> Iterator[tuple[RunningServer, Partner]]:
    """A conforming venue on a free port, and its first account."""
    with served_as(load("predictstreet").venue_class(**options)) as running:
        yield running


@contextmanager
def served_as(venue: Any) -> Iterator[tuple[RunningServer, Partner]]:
    """A given venue on a free port, and its first account."""
    with (
        serve_in_thread(venue) as server,
        httpx.Client(base_url=server.base_url, trust_env=False, timeout=20) as http,
    ):
        yield server, Partner(http, venue.credentials(venue.first_account))
