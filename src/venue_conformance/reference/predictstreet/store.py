"""Where orders are kept: one small interface, which a table in memory and a PostgreSQL database implement.

A change goes lock, read, decide, write, commit, all on one transaction. Whoever reads outside of a transaction sees
what is committed and nothing else, and a reader of several orders sees all of them as of one moment.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

from ..venue import VenueUnavailable
from .orders import Order


class StoreUnavailable(VenueUnavailable):
    """The store cannot be reached or gave up on a request; nothing of the transaction has taken effect."""


class Transaction(ABC):
    """One transaction: what it writes is seen by itself at once, and by everybody else when it has committed."""

    @abstractmethod
    async def lock(self, wallet: str) -> None:
        """Wait until no other transaction holds the wallet, then hold it until this one ends."""

    @abstractmethod
    async def read(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders of exactly these ids, as committed by now; an id that names none is left out."""

    @abstractmethod
    async def open_orders(self, wallet: str) -> list[Order]:
        """The wallet's orders that can be cancelled, as committed by now, oldest first."""

    @abstractmethod
    async def write(self, orders: Sequence[Order]) -> None:
        """Put these versions in the place of what is there, whatever is there by now: nothing is compared."""


class Store(ABC):
    """All orders of a venue."""

    can_glance: ClassVar[bool] = False
    """Whether `glance` finds orders; a database is not asked without waiting for it."""

    def glance(self, order_id: str) -> Order | None:
        """The committed version of one order, at once, for whoever explains an answer; None where there is none."""
        return None

    async def open(self) -> None:  # noqa: B027 - a table in memory is always there
        """Find out now, rather than at the first use, whether the store can be used. Raises `StoreUnavailable`."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when its block ends, and does nothing at all when the block raises."""

    @abstractmethod
    async def add(self, orders: Sequence[Order]) -> None:
        """Keep new orders, all at once."""

    @abstractmethod
    async def find(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders of exactly these ids, as of one moment; an id that names none is left out."""

    @abstractmethod
    async def of(self, wallet: str) -> list[Order]:
        """The wallet's orders, oldest first, as of one moment."""

    @abstractmethod
    async def close(self) -> None:
        """Give back what the store holds. Closing twice does no harm."""
