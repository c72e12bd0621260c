"""Which store an address names."""

from __future__ import annotations

from .memory_store import MemoryStore
from .store import Store


def open_store(address: str | None) -> Store:
    """The store of an address: `postgresql://…` for a database, None or "memory" for a table in memory.

    Nothing is connected yet. Raises `ValueError` for any other address, and `ImportError` when the driver for
    PostgreSQL is not installed.
    """
    if address is None or address == "memory":
        return MemoryStore()
    if address.startswith(("postgresql://", "postgres://")):
        try:
            from .postgres_store import PostgresStore
        except ImportError as problem:
            raise ImportError("a PostgreSQL store needs the extra: venue-conformance[postgres]") from problem
        return PostgresStore(address)
    # The address is not repeated: it may hold a password.
    raise ValueError("a store is 'memory' or an address that begins with postgresql://")
