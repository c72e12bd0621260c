"""The snapshot of the cancel pool (page 003, rateLimit)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from venue_conformance.errors import NotTested, Violation
from venue_conformance.venues.arcus.answer import is_whole
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.session import Account, Session

#: A drop must show in every round, so that what others do to an account meanwhile is not taken for one.
ROUNDS = 3
LARGE = 40


def counted(remaining: int | None) -> int:
    """What is left of the pool. Raises NotTested where nothing is counted."""
    if remaining is None:
        raise NotTested("no rate limit is configured here: answers have no snapshot that counts")
    return remaining


@pytest.mark.clause("arcus.rate-limit.one-snapshot")
@pytest.mark.parametrize("count", [1, 3])
def test_a_snapshot_stands_at_the_top(caller: ArcusCaller, orders: Orders, count: int) -> None:
    """A snapshot is an object with a whole number as remaining, once at the top; rows may repeat it, no more."""
    answer = caller.cancel_batch(orders.open(count))

    snapshot = answer.processed.get("rateLimit")
    if snapshot is None:
        assert [row["rateLimit"] for row in answer.rows if row.get("rateLimit")] == []
        return
    if not isinstance(snapshot, dict):
        raise Violation("rateLimit to be one object", repr(snapshot))
    assert is_whole(snapshot.get("remaining"))


@pytest.mark.clause("arcus.rate-limit.omitted")
def test_without_a_snapshot_there_is_no_field(caller: ArcusCaller, orders: Orders) -> None:
    """An answer without a snapshot has no rateLimit, instead of an empty one."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.processed.get("rateLimit", "left out") not in (None, "", {}, [])


@pytest.mark.clause("arcus.rate-limit.after-charging")
def test_the_whole_batch_is_charged_before(caller: ArcusCaller, orders: Orders) -> None:
    """After a large batch, a batch of one shows at most one less than that batch did."""
    *large, last = orders.open(LARGE + 1)

    first = counted(caller.cancel_batch(large).remaining)
    second = counted(caller.cancel_batch([last]).remaining)

    assert second >= first - 1


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
def test_another_accounts_cancels_are_not_counted(caller: ArcusCaller, stranger: ArcusCaller, orders: Orders) -> None:
    """What another account cancels does not lower the caller's pool."""
    assert min(drops(caller, stranger, orders)) <= 1


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
def test_new_accounts_are_not_counted_on_the_main_one(
    caller: ArcusCaller, orders: Orders, session: Session, recruit: Callable[[Account], ArcusCaller]
) -> None:
    """What a new account cancels does not lower the pool of the target file's account."""
    main = recruit(Account(session.target.credentials, "file"))
    if main.address == caller.address:
        raise NotTested("the target makes no accounts beside that of the target file", "caller")

    assert min(drops(main, caller, orders)) <= 1


def drops(watched: ArcusCaller, other: ArcusCaller, orders: Orders) -> list[int]:
    """By how much a batch of one shows less than the one before, when another account's large batch lies between.

    One number for each round in which the pool was counted. Raises NotTested where it never is.
    """
    found = []
    for _ in range(ROUNDS):
        first, second = orders.make(2, "open", owner=watched)
        large = orders.make(LARGE, "open", owner=other)
        before = watched.cancel_batch([first]).remaining
        other.cancel_batch(large)
        after = watched.cancel_batch([second]).remaining
        # A pool that happens to stand at -1 looks like one that is not counted.
        if before is not None and after is not None:
            found.append(before - after)
    return found or [counted(None)]


@pytest.mark.clause("arcus.rate-limit.pool")
def test_the_snapshot_is_of_the_cancel_pool(caller: ArcusCaller, orders: Orders) -> None:
    """A snapshot that names its pool names the cancel pool."""
    answer = caller.cancel_batch(orders.open(1))

    snapshot: Any = answer.processed.get("rateLimit")
    assert not isinstance(snapshot, dict) or snapshot.get("pool", "cancel") == "cancel"


@pytest.mark.clause("arcus.rate-limit.cost")
def test_the_cost_of_a_batch(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """How many units does a batch of ten cost?"""
    *ten, first = orders.open(11)

    before = caller.cancel_batch([first]).remaining
    after = caller.cancel_batch(ten).remaining

    told = "not counted" if before is None or after is None else str(before - after)
    observe(f"a batch of ten: {told}")


@pytest.mark.clause("arcus.rate-limit.not-enforced")
def test_whether_cancels_are_limited(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does the deployment limit cancels at all?"""
    snapshots = [caller.cancel_batch(orders.open(1)).processed.get("rateLimit") for _ in range(2)]

    observe(f"two snapshots in a row: {snapshots}")


@pytest.mark.clause("arcus.rate-limit.copy-in-rows")
def test_whether_rows_repeat_the_snapshot(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Do rows repeat the snapshot?"""
    answer = caller.cancel_batch(orders.open(2))

    observe(f"rateLimit in rows: {'yes' if any('rateLimit' in row for row in answer.rows) else 'no'}")
