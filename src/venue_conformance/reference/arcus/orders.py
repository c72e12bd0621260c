"""Accounts, their keys, markets, orders, and the book that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where an order is in its life, in the venue's words (https://docs.arcus.xyz/api-reference/public)."""

    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    """Not a status of the venue's own: it shows an expired order as rejected, with the reason EXPIRED."""


LIVE = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
"""The statuses from which an order can be cancelled; all others are final."""


@dataclass(frozen=True, slots=True)
class Market:
    """One market and the units its orders are measured in."""

    id: int
    name: str
    tick: Decimal
    step: Decimal
    price: Decimal
    """What orders are provisioned at."""


MARKETS = (
    Market(1, "BTC-USD", Decimal("0.1"), Decimal("0.0001"), Decimal("60000")),
    Market(2, "ETH-USD", Decimal("0.01"), Decimal("0.001"), Decimal("2500")),
    Market(3, "SOL-USD", Decimal("0.001"), Decimal("0.01"), Decimal("150")),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A master account: its Ethereum address, and the first Ed25519 key if the venue made the account itself."""

    address: str
    private_key: str = field(default="", repr=False)
    """The seed of the first key, 64 hex digits; empty where only its owner knows it."""
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A registered key: the public key itself, the account it acts for, and the one account index, or all (None)."""

    public_key: str
    address: str
    account_index: int | None = None


@dataclass(slots=True)
class Order:
    """One order. Times are microseconds since 1970; `past` has every status with the monotonic moment it began."""

    id: str
    address: str
    account_index: int
    market: Market
    client_id: str | None
    side: str
    price: Decimal
    size: Decimal
    filled: Decimal
    created: int
    updated: int
    past: list[tuple[float, Status]]
    reason: str | None = None
    time_in_force: str = "GTT"
    good_til: int = 0

    @property
    def status(self) -> Status:
        """The status the order has now."""
        return self.past[-1][1]

    @property
    def is_live(self) -> bool:
        """Whether the order can still be filled or cancelled."""
        return self.status in LIVE

    def status_at(self, moment: float) -> Status:
        """The status the order had at a monotonic moment; before it was made, the one it was made with."""
        reached = [status for since, status in self.past if since <= moment]
        return reached[-1] if reached else self.past[0][1]

    def move_to(self, status: Status, moment: float, now: int) -> None:
        """Change the status as of a monotonic moment; `now` is in microseconds since 1970."""
        self.past.append((moment, status))
        self.updated = now
        if status is Status.FILLED:
            self.filled = self.size
        elif status is Status.PARTIALLY_FILLED:
            self.filled = self.size / 2

    def describe(self, status: Status) -> dict[str, Any]:
        """The order as reads and the orders channel show it, with the status that is visible to them."""
        shown: dict[str, Any] = {"orderId": self.id}
        if self.client_id is not None:
            shown["clientId"] = self.client_id
        # Only REJECTED is known outside; a partial fill shows in `state`, beside the status of the order.
        state = Status.REJECTED if status is Status.EXPIRED else status
        shown |= {
            "marketId": self.market.id,
            "marketDisplayName": self.market.name,
            "side": self.side,
            "status": str(Status.OPEN if state is Status.PARTIALLY_FILLED else state),
            "state": str(state),
            "price": plain(self.price),
            "originalSize": plain(self.size),
            "remainingSize": plain(self.size - self.filled),
        }
        if self.filled:
            shown["avgFillPrice"] = plain(self.price)
        if state is Status.REJECTED:
            shown["rejectionReason"] = self.reason or ("EXPIRED" if status is Status.EXPIRED else "POST_ONLY")
        return {**shown, "createdAt": self.created, "updatedAt": self.updated}


class Book:
    """Every order of the venue."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._by_client_id: dict[tuple[str, int, str], Order] = {}
        self._by_account: dict[str, list[Order]] = {}

    def add(self, order: Order) -> None:
        """Keep a new order; a client id that is used again names the newest of its orders from now on."""
        self._orders[order.id] = order
        self._by_account.setdefault(order.address, []).append(order)
        if order.client_id is not None:
            self._by_client_id[order.address, order.account_index, order.client_id] = order

    def get(self, order_id: str) -> Order | None:
        """The order of exactly this id, or None."""
        return self._orders.get(order_id)

    def named(self, address: str, account_index: int, client_id: str) -> Order | None:
        """The subaccount's newest order of this client id, or None."""
        return self._by_client_id.get((address, account_index, client_id))

    def of(self, address: str, account_index: int | None = None) -> list[Order]:
        """The orders of an account, or of one of its subaccounts, oldest first."""
        owned = self._by_account.get(address, [])
        return [order for order in owned if account_index is None or order.account_index == account_index]

    def all(self) -> Iterator[Order]:
        """Every order, oldest first."""
        return iter(self._orders.values())


def plain(number: Decimal) -> str:
    """The number as answers write it: decimal digits without exponent or trailing zeros."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
