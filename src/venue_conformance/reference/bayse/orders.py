"""Accounts, orders and the book that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where an order is in its life, in the venue's words (https://docs.bayse.markets/concepts/order-lifecycle)."""

    OPEN = "open"
    PARTIALLY_FILLED = "partial_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


CANCELLABLE = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
"""The statuses from which an order can be cancelled; all others are final."""


@dataclass(frozen=True, slots=True)
class Account:
    """A caller: one API key with its secret, and the user behind it."""

    public_key: str
    secret_key: str = field(repr=False)
    user_id: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order was placed for. Sizes and amounts are in the order's currency, the price is between 0 and 1."""

    event_id: str
    market_id: str
    outcome_id: str
    side: str = "BUY"
    order_type: str = "LIMIT"
    time_in_force: str = "GTC"
    price: float = 0.5
    amount: float = 10.0
    currency: str = "USD"
    post_only: bool = False
    stp_mode: str = "SKIP"


@dataclass(slots=True)
class Order:
    """One order and every status it has had, with the monotonic moment at which each began."""

    id: str
    owner: str
    user_id: str
    engine: str
    terms: Terms
    created_ns: int
    updated_ns: int
    past: list[tuple[float, Status]]

    @property
    def status(self) -> Status:
        """The status the order has now."""
        return self.past[-1][1]

    def status_at(self, moment: float) -> Status:
        """The status the order had at a monotonic moment; before it was made, the one it was made with."""
        reached = [status for since, status in self.past if since <= moment]
        return reached[-1] if reached else self.past[0][1]

    def move_to(self, status: Status, moment: float, now_ns: int) -> None:
        """Change the status as of a monotonic moment."""
        self.past.append((moment, status))
        self.updated_ns = now_ns

    def describe(self, status: Status) -> dict[str, Any]:
        """The order as the venue's own endpoints show it, with the status that is visible to them."""
        terms = self.terms
        size = round(terms.amount / terms.price, 8)
        ever_filled = [past for _, past in self.past]
        filled = 0.0
        if status is Status.FILLED:
            filled = size
        elif Status.PARTIALLY_FILLED in ever_filled:
            filled = round(size / 2, 8)
        return {
            "id": self.id,
            "eventId": terms.event_id,
            "marketId": terms.market_id,
            "userId": self.user_id,
            "outcomeId": terms.outcome_id,
            "outcome": terms.outcome_id,
            "engine": self.engine,
            "side": terms.side,
            "orderType": terms.order_type,
            "type": terms.order_type,
            "timeInForce": terms.time_in_force,
            "status": str(status),
            "amount": terms.amount,
            "currency": terms.currency,
            "price": terms.price,
            "size": size,
            "quantity": size,
            "filledSize": filled,
            "remainingSize": round(size - filled, 8),
            "avgFillPrice": terms.price if filled else 0,
            "fee": 0,
            "postOnly": terms.post_only,
            "stpMode": terms.stp_mode,
            "createdAt": _iso(self.created_ns),
            "updatedAt": _iso(self.updated_ns),
        }


class Book:
    """Every order of the venue, by id."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self._orders[order.id] = order

    def get(self, order_id: str) -> Order | None:
        """The order of exactly this id, or None."""
        return self._orders.get(order_id)

    def of(self, owner: str) -> Iterator[Order]:
        """The orders of one public key, oldest first."""
        return (order for order in self._orders.values() if order.owner == owner)


def _iso(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
