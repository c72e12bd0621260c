"""What a batch cancel is made of once it has been read: who asks, for which cancels, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .orders import Account, ApiKey, Order, Status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and when by their own account."""

    account: Account
    key: ApiKey
    timestamp: int
    """X-Timestamp, in nanoseconds, exact."""

    @property
    def address(self) -> str:
        """The address the caller acts for, as answers spell it."""
        return self.account.address


@dataclass(frozen=True, slots=True)
class Element:
    """One cancel of a batch, its fields of the right type and its address as answers spell it."""

    position: int
    address: str
    market_id: int
    account_index: int
    order_id: str | None
    client_id: str | None
    timestamp: int | None
    signature: str | None
    source: dict[str, Any] = field(repr=False)
    """The element as it was sent."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A request that was understood, on its way to being carried out."""

    caller: Caller
    elements: tuple[Element, ...]
    body: bytes = b""
    header_signature: str | None = None
    """X-Signature, which decides nothing in a batch."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one element at the matching engine. The order is the caller's own, None when there is none."""

    element: Element
    status: Status
    order: Order | None = None
    reason: str | None = None
