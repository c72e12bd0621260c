"""Orders in PostgreSQL: a transaction here is a transaction there, and a wallet's lock is an advisory lock.

Needs the extra `venue-conformance[postgres]`. Every store makes a schema of its own in the database and drops it when
it is closed, so that venues of one database do not meet, not even in their locks.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from .orders import CANCELLABLE, Order, Status, Terms
from .store import Store, StoreUnavailable, Transaction

_CONNECTIONS_KEPT = 8  # ready before the first request, so that requests which come together run together
_CONNECTIONS_AT_MOST = 16
_CONNECT_SECONDS = 10.0
_COLUMNS = "id, number, wallet, terms, status, filled, created_ns, updated_ns"

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]
_Pool = AsyncConnectionPool[_Connection]


class PostgresStore(Store):
    """A table of orders in a schema of its own. Connects when it is first used, or opened.

    Raises `ValueError`, which does not repeat the address, when that cannot be read.
    """

    def __init__(self, address: str) -> None:
        _require_readable(address)
        self._address = address
        self._schema = f"predictstreet_{secrets.token_hex(8)}"
        self._pool: _Pool | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Connect, and make the schema."""
        try:
            # A connection by itself says at once what is wrong; a pool would try again until its time is up.
            connection = await psycopg.AsyncConnection.connect(self._address, connect_timeout=int(_CONNECT_SECONDS))
            await connection.close()
            await self._opened()
        except (psycopg.Error, PoolTimeout) as problem:
            reason = str(problem).strip().partition("\n")[0]
            raise StoreUnavailable(f"the database cannot be used: {reason}") from problem

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """BEGIN, the block, COMMIT; ROLLBACK when the block raises."""
        async with self._connection() as connection, connection.transaction():
            yield _PostgresTransaction(connection, self._schema)

    async def add(self, orders: Sequence[Order]) -> None:
        """Insert new orders in one transaction."""
        async with self._connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO orders ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
                [_row(order) for order in orders],
            )

    async def find(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders of these ids, read by one statement and so as of one moment."""
        async with self._connection() as connection:
            return await _find(connection, order_ids)

    async def of(self, wallet: str) -> list[Order]:
        """The wallet's orders, read by one statement and so as of one moment."""
        async with self._connection() as connection:
            return await _of(connection, wallet)

    async def close(self) -> None:
        """Drop the schema and close every connection."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with pool.connection(timeout=_CONNECT_SECONDS) as connection:
                await connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._schema)))
        except (psycopg.Error, PoolTimeout):
            pass  # a database that went away takes its schema with it
        finally:
            await pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        with _unavailable():
            pool = await self._opened()
            async with pool.connection() as connection:
                yield connection

    async def _opened(self) -> _Pool:
        async with self._opening:  # the first requests may come together
            if self._pool is None:
                pool: _Pool = AsyncConnectionPool(
                    self._address,
                    min_size=_CONNECTIONS_KEPT,
                    max_size=_CONNECTIONS_AT_MOST,
                    timeout=_CONNECT_SECONDS,
                    open=False,
                    # Autocommit leaves it to the code above to say where a transaction begins and ends.
                    kwargs={"autocommit": True, "options": f"-c search_path={self._schema}"},
                )
                try:
                    await pool.open(wait=True, timeout=_CONNECT_SECONDS)
                    await self._make_schema(pool)
                except BaseException:
                    await pool.close()
                    raise
                self._pool = pool
        return self._pool

    async def _make_schema(self, pool: _Pool) -> None:
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self._schema)))
            await connection.execute(
                "CREATE TABLE orders (id text PRIMARY KEY, number bigint NOT NULL, wallet text NOT NULL,"
                " terms text NOT NULL, status text NOT NULL, filled numeric NOT NULL,"
                " created_ns bigint NOT NULL, updated_ns bigint NOT NULL)"
            )
            await connection.execute("CREATE INDEX orders_of_wallet ON orders (wallet, number)")


class _PostgresTransaction(Transaction):
    """The statements of one transaction. Each sees what was committed before it began (READ COMMITTED)."""

    def __init__(self, connection: _Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def lock(self, wallet: str) -> None:
        await self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._lock_number(wallet),))

    async def read(self, order_ids: Sequence[str]) -> dict[str, Order]:
        return await _find(self._connection, order_ids)

    async def open_orders(self, wallet: str) -> list[Order]:
        return [order for order in await _of(self._connection, wallet) if order.status in CANCELLABLE]

    async def write(self, orders: Sequence[Order]) -> None:
        if not orders:
            return
        # In one order for all, so that transactions which hold no lock wait for each other and do not deadlock.
        changed = sorted(orders, key=lambda order: order.id)
        await self._connection.execute(
            "UPDATE orders SET status = new.status, filled = new.filled, updated_ns = new.updated_ns"
            " FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::bigint[]) AS new (id, status, filled, updated_ns)"
            " WHERE orders.id = new.id",
            (
                [order.id for order in changed],
                [str(order.status) for order in changed],
                [order.filled for order in changed],
                [order.updated_ns for order in changed],
            ),
        )

    def _lock_number(self, wallet: str) -> int:
        """The wallet as a number of 64 bits with sign, another one in each schema."""
        digest = hashlib.sha256(f"{self._schema} {wallet}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


def _require_readable(address: str) -> None:
    """Raises `ValueError` for an address that is none, or whose password has split it in the wrong places.

    What such an address is taken for would show parts of the password in every later message.
    """
    try:
        parts = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.Error:
        parts = {"host": "@"}
    names = f"{parts.get('host', '')}{parts.get('dbname', '')}"
    if "@" in names or not re.fullmatch(r"[0-9,]*", str(parts.get("port", ""))):
        raise ValueError("the database's address cannot be read; in a password @ is written %40, / is %2F and % is %25")


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, PoolTimeout) as problem:
        raise StoreUnavailable("the database cannot be used") from problem


async def _find(connection: _Connection, order_ids: Sequence[str]) -> dict[str, Order]:
    # PostgreSQL has no text with NUL or half a surrogate pair in it, so no order can have such an id either.
    storable = [order_id for order_id in order_ids if _is_storable(order_id)]
    cursor = await connection.execute(f"SELECT {_COLUMNS} FROM orders WHERE id = ANY(%s)", (storable,))  # noqa: S608
    return {order.id: order async for order in _orders(cursor)}


async def _of(connection: _Connection, wallet: str) -> list[Order]:
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM orders WHERE wallet = %s ORDER BY number",  # noqa: S608
        (wallet,),
    )
    return [order async for order in _orders(cursor)]


def _is_storable(order_id: str) -> bool:
    return "\0" not in order_id and not any("\ud800" <= character <= "\udfff" for character in order_id)


def _row(order: Order) -> tuple[object, ...]:
    terms = json.dumps(asdict(order.terms))
    status = str(order.status)
    return (order.id, order.number, order.wallet, terms, status, order.filled, order.created_ns, order.updated_ns)


async def _orders(cursor: psycopg.AsyncCursor[tuple[Any, ...]]) -> AsyncIterator[Order]:
    async for order_id, number, wallet, terms, status, filled, created_ns, updated_ns in cursor:
        yield Order(
            id=order_id,
            number=number,
            wallet=wallet,
            terms=Terms(**json.loads(terms)),
            status=Status(status),
            filled=Decimal(filled),
            created_ns=created_ns,
            updated_ns=updated_ns,
        )
