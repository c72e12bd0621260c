"""Accounts, callers and orders, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
WRITE_ORDERS = "orders:write"
"""The scope that placing and cancelling need."""


class Status(StrEnum):
    """Where an order is in its life, in the venue's words (docs: concepts/trading/order-lifecycle)."""

    PENDING = "PENDING"
    OPEN = "OPEN"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    CANCELLED_BY_RESOLVE = "CANCELLED_BY_RESOLVE"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SETTLEMENT_FAILED = "SETTLEMENT_FAILED"


CANCELLABLE = frozenset({Status.PENDING, Status.OPEN, Status.PARTIAL})
"""The statuses from which an order can be cancelled; all others are final."""


class PartnerKind(StrEnum):
    """Whether a key acts for one wallet that is fixed, or for the one that each request declares."""

    SINGLE_WALLET = "single_wallet"
    MULTI_WALLET = "multi_wallet"


@dataclass(slots=True)
class Account:
    """One partner key and what stands behind it."""

    key_id: str
    secret: str = field(repr=False)
    partner_kind: PartnerKind
    wallet: str | None
    """Lower case. A single_wallet key always acts for it; a multi_wallet key for any wallet, this one among them."""
    scopes: frozenset[str] = frozenset({WRITE_ORDERS})
    identity_checked: bool = True
    """Whether the identity check of whoever owns the wallet was passed; cancelling does not ask for it."""
    refused_as: str | None = None
    """The error code of a key that is no longer served, api_key_revoked for instance."""

    @property
    def api_key(self) -> str:
        """The key as it is sent."""
        return f"ps_live_{self.key_id}_{self.secret}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from: the account of its key, and the wallet that it acts for, in lower case."""

    account: Account
    wallet: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order was placed for. Price (between 0 and 1) and quantity are decimal texts, as the venue shows them."""

    market_id: str
    side: str = "buy"
    outcome: str = "1"
    price: str = "0.50"
    quantity: str = "10"
    order_type: str = "limit"
    time_in_force: str = "gtc"
    expiry: int = 0
    """Unix seconds; 0 for never."""
    vault: str = ""
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One version of an order. A change makes a new version, which a store takes in when a transaction commits."""

    id: str
    number: int
    """Orders are numbered as they are made."""
    wallet: str
    terms: Terms
    status: Status
    filled: Decimal
    created_ns: int
    updated_ns: int

    @property
    def quantity(self) -> Decimal:
        """What the order was placed for."""
        return Decimal(self.terms.quantity)

    @property
    def is_cancellable(self) -> bool:
        """Whether the order is still in a status from which it can be cancelled."""
        return self.status in CANCELLABLE

    def moved_to(self, status: Status, now_ns: int, filled: Decimal | None = None) -> Order:
        """The next version of the order; what is filled of it stays filled."""
        return replace(self, status=status, updated_ns=now_ns, filled=self.filled if filled is None else filled)

    def describe(self) -> dict[str, Any]:
        """The order as the venue's own reads show it."""
        terms = self.terms
        return {
            "id": self.id,
            "userWallet": self.wallet,
            "vault": terms.vault or self.wallet,
            "marketId": terms.market_id,
            "side": terms.side,
            "outcome": terms.outcome,
            "price": terms.price,
            "quantity": terms.quantity,
            "filledQty": plain(self.filled),
            "remainingQty": plain(self.quantity - self.filled),
            "expiry": terms.expiry,
            "type": terms.order_type,
            "timeInForce": terms.time_in_force,
            "status": str(self.status),
            "clientOrderId": terms.client_order_id,
            "createdAt": iso(self.created_ns),
            "updatedAt": iso(self.updated_ns),
        }


def plain(number: Decimal) -> str:
    """A decimal number without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def iso(nanoseconds: int) -> str:
    """A moment as the venue writes it, with milliseconds."""
    moment = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_uuid(text: str) -> bool:
    """Whether a text has the form of a UUID, in whatever letter case."""
    return _UUID.fullmatch(text) is not None
