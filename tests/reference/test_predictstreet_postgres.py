"""The two stores of the PredictStreet venue: the same manners in memory and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import builtins
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.predictstreet.orders import Order, Status, Terms
from venue_conformance.reference.predictstreet.store import Store
from venue_conformance.reference.predictstreet.stores import open_store
from venue_conformance.reference.server import RunningServer
from venue_conformance.reference.venue import VenueUnavailable

from .postgres import PrivatePostgres, private_postgres
from .predictstreet import Partner, served_as

WALLET = "0x" + "a" * 40
Race = Callable[[RunningServer, Partner], bool]


@pytest.fixture(scope="module")
def database() -> Iterator[PrivatePostgres]:
    with private_postgres() as running:
        yield running


@pytest.fixture(params=["memory", "postgres"])
def address(request: pytest.FixtureRequest) -> str:
    return "memory" if request.param == "memory" else request.getfixturevalue("database").address


def new_order(number: int, **changes: Any) -> Order:
    plain = {"wallet": WALLET, "terms": Terms("1"), "status": Status.OPEN, "filled": Decimal(0)}
    return Order(id=f"order-{number}", number=number, created_ns=1, updated_ns=number, **{**plain, **changes})


def with_store(address: str, work: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        store = open_store(address)
        try:
            await work(store)
        finally:
            await store.close()
            await store.close()

    asyncio.run(run())


def test_what_is_added_is_found_as_it_was(address: str) -> None:
    async def work(store: Store) -> None:
        terms = Terms("Ω'\"", "sell", "0", "0.45", "3.5", "limit", "gtc", 5, "0xvault", "mine")
        orders = [new_order(2, terms=terms, filled=Decimal("1.75")), new_order(1), new_order(3, wallet="0xother")]
        await store.add(orders)
        assert await store.find(["order-2", "nothing", "\0", "\ud800", "order-2"]) == {"order-2": orders[0]}
        assert {order.id for order in await store.of(WALLET)} == {"order-1", "order-2"}
        assert await store.of("0xnobody") == []

    with_store(address, work)


def test_writes_are_private_until_the_commit(address: str) -> None:
    async def work(store: Store) -> None:
        first, second = new_order(1), new_order(2)
        await store.add([first, second])
        async with store.transaction() as transaction:
            await transaction.lock(WALLET)
            changed = [order.moved_to(Status.CANCELLED, 9) for order in (first, second)]
            await transaction.write(changed)
            assert (await transaction.read(["order-1"]))["order-1"].status is Status.CANCELLED
            assert await transaction.open_orders(WALLET) == []
            assert {order.status for order in await store.of(WALLET)} == {Status.OPEN}
        assert await store.find(["order-1", "order-2"]) == {"order-1": changed[0], "order-2": changed[1]}

    with_store(address, work)


def test_a_block_that_raises_has_done_nothing_and_gives_its_lock_back(address: str) -> None:
    async def work(store: Store) -> None:
        order = new_order(1)
        await store.add([order])

        async def fail() -> None:
            async with store.transaction() as transaction:
                await transaction.lock(WALLET)
                await transaction.write([order.moved_to(Status.CANCELLED, 9)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with asyncio.timeout(2), store.transaction() as transaction:
            await transaction.lock(WALLET)
            assert await transaction.read(["order-1"]) == {"order-1": order}

    with_store(address, work)


def test_a_wallet_is_held_by_one_transaction_and_others_are_not_held_up(address: str) -> None:
    async def work(store: Store) -> None:
        await store.add([new_order(1)])
        events: list[str] = []

        async def batch(name: str, wallet: str, seconds: float) -> None:
            async with store.transaction() as transaction:
                await transaction.lock(wallet)
                order = (await transaction.read(["order-1"]))["order-1"]
                events.append(f"{name} {order.status}")
                await asyncio.sleep(seconds)
                await transaction.write([order.moved_to(Status.CANCELLED, 9)] if wallet == WALLET else [])
                events.append(f"{name} done")

        slow = asyncio.create_task(batch("slow", WALLET, 0.3))
        await asyncio.sleep(0.1)
        await asyncio.gather(slow, batch("late", WALLET, 0), batch("other", "0xother", 0))
        assert events == ["slow OPEN", "other OPEN", "other done", "slow done", "late CANCELLED", "late done"]

    with_store(address, work)


def test_a_batch_is_one_transaction_with_one_lock_and_one_commit(database: PrivatePostgres) -> None:
    venue: Any = load("predictstreet").venue_class(store=database.address)
    with served_as(venue) as (_, partner):
        orders = partner.orders(100)
        before = len(database.statements())
        assert partner.cancel(orders).json()["cancelled"] == orders
        deadline = time.monotonic() + 2
        while len(found := database.statements()[before:]) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
    words = [" ".join(statement.split()[:2]) for statement in found]
    assert words[:5] == ["BEGIN", "SELECT pg_advisory_xact_lock($1)", "SELECT id,", "UPDATE orders", "COMMIT"]
    assert [word for word in words[5:] if not word.startswith(("DROP", "DEALLOCATE"))] == []


def test_venues_of_one_database_do_not_meet(database: PrivatePostgres) -> None:
    reference = load("predictstreet")
    with (
        served_as(reference.venue_class(seed=1, store=database.address)) as (_, one),
        served_as(reference.venue_class(seed=1, store=database.address)) as (_, two),
    ):
        assert one.wallet == two.wallet
        orders = one.orders(2)
        assert two.orders(2) == orders
        assert one.cancel(orders).json()["cancelled"] == orders
        assert two.statuses(orders) == ["open", "open"]
    import psycopg

    with closing(psycopg.connect(database.address)) as connection:
        left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'predictstreet%'").fetchall()
    assert left == []


@pytest.mark.usefixtures("database")
def test_a_database_that_went_away_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venue_conformance.reference.predictstreet.postgres_store._CONNECT_SECONDS", 0.3)
    venue: Any = load("predictstreet").venue_class()
    with served_as(venue) as (_, partner):
        venue.store = open_store("postgresql://nobody@/nowhere?host=/nonexistent")
        answer = partner.cancel(["x"])
    assert (answer.status_code, answer.json()["code"]) == (503, "exchange_unavailable")


@pytest.mark.usefixtures("database")
def test_a_venue_does_not_start_without_its_database() -> None:
    venue: Any = load("predictstreet").venue_class(store="postgresql://nobody@/nowhere?host=/nonexistent")
    with pytest.raises(VenueUnavailable, match=r"cannot be used: .*No such file"), served_as(venue):
        pass


def test_other_addresses_are_refused_without_repeating_them() -> None:
    with pytest.raises(ValueError, match="postgresql://") as problem:
        open_store("mysql://someone:s3cret@host/db")
    assert "s3cret" not in str(problem.value)


def test_the_driver_is_imported_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys; from venue_conformance.reference import load; load('predictstreet').venue_class();"
        "load('predictstreet').mutants; sys.exit('psycopg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0

    real = builtins.__import__

    def without_driver(name: str, *arguments: Any, **more: Any) -> Any:
        if name.startswith("psycopg"):
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.delitem(sys.modules, "venue_conformance.reference.predictstreet.postgres_store", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_driver)
    with pytest.raises(ImportError, match=re.escape("venue-conformance[postgres]")):
        open_store("postgresql://somewhere")


# -- races -------------------------------------------------------------------------------------------------------------


def side_by_side(server: RunningServer, work: list[Callable[[httpx.Client], Any]]) -> list[Any]:
    """Run each piece of work at the same time, over a connection of its own that is open already."""
    ready = threading.Barrier(len(work))

    def one(piece: Callable[[httpx.Client], Any]) -> Any:
        with httpx.Client(base_url=server.base_url, trust_env=False, timeout=20) as http:
            http.get("/api/elsewhere")
            ready.wait(10)
            return piece(http)

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def cancelled_more_than_once(server: RunningServer, first: Partner) -> bool:
    """Whether four overlapping batches of one wallet, sent at once, cancel an order twice."""
    partner = first.other()
    orders = partner.orders(20)
    rotated = [orders[5 * turn :] + orders[: 5 * turn] for turn in range(4)]
    answers = side_by_side(
        server,
        [lambda http, batch=batch: Partner(http, partner.credentials).cancel(batch).json() for batch in rotated],
    )
    cancelled = [order_id for answer in answers for order_id in answer.get("cancelled", [])]
    assert set(cancelled) == set(orders)
    return len(cancelled) > len(orders)


def seen_in_part(server: RunningServer, first: Partner) -> bool:
    """Whether a reader sees some orders of a batch of 100 cancelled and others open."""
    partner = first.other()
    orders = partner.orders(100)
    seen: list[bool] = []

    def read(http: httpx.Client) -> None:
        deadline = time.monotonic() + 5
        statuses = {"open"}
        while statuses != {"cancelled"} and time.monotonic() < deadline:
            statuses = set(Partner(http, partner.credentials).statuses(orders))
            seen.append(len(statuses) > 1)

    def cancel(http: httpx.Client) -> None:
        time.sleep(0.02)
        assert Partner(http, partner.credentials).cancel(orders).status_code == 200

    side_by_side(server, [read, cancel])
    return any(seen)


@pytest.mark.parametrize(
    ("mutant", "race"),
    [
        ("decides-without-lock", cancelled_more_than_once),
        ("reads-before-it-locks", cancelled_more_than_once),
        ("commits-each-id", seen_in_part),
        ("commits-slices-of-ten", seen_in_part),
    ],
)
def test_a_store_used_wrongly_shows_on_either_store(address: str, mutant: str, race: Race) -> None:
    with served_as(load("predictstreet").mutants[mutant](store=address)) as (server, first):
        # Once is enough: on a busy machine the requests do not always meet.
        assert any(race(server, first) for _ in range(10))


@pytest.mark.parametrize("race", [cancelled_more_than_once, seen_in_part])
def test_the_conforming_venue_wins_the_same_races(address: str, race: Race) -> None:
    with served_as(load("predictstreet").venue_class(store=address)) as (server, first):  # type: ignore[call-arg]
        assert not any(race(server, first) for _ in range(5))
