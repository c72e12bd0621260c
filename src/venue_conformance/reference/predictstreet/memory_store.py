"""Orders in memory, with the manners of a database: locks, private writes, and a commit in one step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from .orders import Order
from .store import Store, Transaction


class MemoryStore(Store):
    """A dictionary of committed orders."""

    can_glance = True

    def __init__(self) -> None:
        self._committed: dict[str, Order] = {}
        self._ids_of: dict[str, list[str]] = {}
        # A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction; its commit is one step that nothing can come between."""
        async with AsyncExitStack() as held:
            transaction = _MemoryTransaction(self, held)
            yield transaction
            self._committed.update(transaction.written)

    async def add(self, orders: Sequence[Order]) -> None:
        """Keep new orders."""
        for order in orders:
            self._committed[order.id] = order
            self._ids_of.setdefault(order.wallet, []).append(order.id)

    async def find(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The committed versions of the orders."""
        return {order_id: self._committed[order_id] for order_id in order_ids if order_id in self._committed}

    async def of(self, wallet: str) -> list[Order]:
        """The committed versions of the wallet's orders."""
        return [self._committed[order_id] for order_id in self._ids_of.get(wallet, [])]

    async def close(self) -> None:
        """Nothing is held."""

    def glance(self, order_id: str) -> Order | None:
        """The committed version of one order."""
        return self._committed.get(order_id)

    def lock_of(self, wallet: str) -> asyncio.Lock:
        """The lock that guards a wallet."""
        return self._locks.setdefault(wallet, asyncio.Lock())


class _MemoryTransaction(Transaction):
    """Writes of its own on top of what is committed. Each step lets others run, as a trip to a database would."""

    def __init__(self, store: MemoryStore, held: AsyncExitStack) -> None:
        self.written: dict[str, Order] = {}
        self._store = store
        self._held = held

    async def lock(self, wallet: str) -> None:
        await self._held.enter_async_context(self._store.lock_of(wallet))

    async def read(self, order_ids: Sequence[str]) -> dict[str, Order]:
        await asyncio.sleep(0)
        committed = await self._store.find(order_ids)
        return {order_id: self.written.get(order_id, order) for order_id, order in committed.items()}

    async def open_orders(self, wallet: str) -> list[Order]:
        await asyncio.sleep(0)
        orders = [self.written.get(order.id, order) for order in await self._store.of(wallet)]
        return [order for order in orders if order.is_cancellable]

    async def write(self, orders: Sequence[Order]) -> None:
        await asyncio.sleep(0)
        self.written.update((order.id, order) for order in orders)
