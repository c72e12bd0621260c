"""The snapshot of the cancel pool (batch-cancel page, rateLimit)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from fixtures.arcus_orders import Forms
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.client.wording import as_json
from venue_conformance.errors import NeverExercised, NotTested, Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import is_whole
from venue_conformance.venues.arcus.caller import ArcusCaller

#: Pairs of single cancels by which it is measured what one costs.
PAIRS = 5
#: What is more than one costs must show in each of so many rounds: others may use the account meanwhile.
ROUNDS = 3
LARGE = 40
#: How many large batches are tried before a pool is one that nothing lowers.
TRIES = 10


def remaining_after(caller: ArcusCaller, batch: Sequence[ProvisionedOrder]) -> int:
    """What the snapshot says is left after a batch. Raises NeverExercised where nothing is counted."""
    answer = caller.cancel_batch(batch)
    if not answer.accepted:
        raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")
    if answer.remaining is None:
        snapshot = answer.processed.get("rateLimit")
        reported = "no rateLimit" if snapshot is None else f"a rateLimit that counts nothing: {snapshot}"
        raise NeverExercised(f"the answer has {reported}, as of a venue that enforces no limit")
    return answer.remaining


def cost_of_a_cancel(caller: ArcusCaller, orders: Orders) -> tuple[int, int]:
    """The most by which a single cancel lowers the pool in five pairs of them, and what is left then.

    What a cancel costs is documented in several ways, so it is measured. Raises NeverExercised without a snapshot.
    """
    left = [remaining_after(caller, [order]) for order in orders.make(PAIRS + 1, "open", owner=caller)]
    return max(before - after for before, after in pairwise(left)), left[-1]


@pytest.mark.clause("arcus.rate-limit.one-snapshot")
@pytest.mark.smoke
def test_snapshot_is_at_top_level(caller: ArcusCaller, orders: Orders) -> None:
    """A snapshot is one object with an integer remaining at the top level; rows may repeat it but not replace it."""
    answer = caller.cancel_batch(orders.open(3))

    snapshot = answer.processed.get("rateLimit")
    if snapshot is None:
        in_rows = [row["rateLimit"] for row in answer.rows if row.get("rateLimit")]
        if not in_rows:
            raise NeverExercised("the answer has no snapshot")
        raise Violation(
            "a snapshot at the top of the answer", f"none there, but in rows: {as_json(in_rows)}", kind="not-at-the-top"
        )
    if not isinstance(snapshot, dict):
        raise Violation("rateLimit to be one object", as_json(snapshot), kind="no-object")
    assert is_whole(snapshot.get("remaining")), "no-whole-number"


@pytest.mark.clause("arcus.rate-limit.omitted")
def test_response_without_snapshot_omits_rate_limit(caller: ArcusCaller, orders: Orders) -> None:
    """A response without a snapshot omits rateLimit instead of sending null or an empty value."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.processed.get("rateLimit", "left out") not in (None, "", {}, []), "empty-value"


@pytest.mark.clause("arcus.rate-limit.after-charging")
def test_snapshot_is_taken_after_whole_batch_is_charged(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A single cancel after a batch of 40, answered with 202 or 200, lowers the pool by no more than others do."""
    cost, _ = cost_of_a_cancel(caller, orders)
    for form in forms(caller):
        falls: list[int] = []
        for _ in range(ROUNDS):
            *large, last = orders.open(LARGE + 1)
            before = remaining_after(caller, large)
            falls.append(before - remaining_after(caller, [last]))
            if falls[-1] <= cost:
                break
        else:
            raise Violation(
                f"a single cancel after a batch of {LARGE} to lower the pool by at most {cost}, as {PAIRS} pairs of "
                "single cancels did",
                f"it fell by {', '.join(map(str, falls))} in {ROUNDS} rounds ({form})",
                kind="charged-afterwards",
            )


@pytest.mark.clause("arcus.rate-limit.after-charging")
def test_large_batch_lowers_the_pool(caller: ArcusCaller, orders: Orders) -> None:
    """At least one of ten batches of 40 lowers the remaining of the pool."""
    left = [remaining_after(caller, orders.open(1))]
    for _ in range(TRIES):
        left.append(remaining_after(caller, orders.open(LARGE)))
        if left[-1] < left[-2]:
            break
    else:
        raise Violation(
            f"one of {TRIES} batches of {LARGE} to lower the pool", f"remaining after each: {left}", kind="not-charged"
        )


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
def test_cancels_of_other_account_are_not_counted(caller: ArcusCaller, stranger: ArcusCaller, orders: Orders) -> None:
    """Cancels of another account do not lower the caller's pool."""
    judge_another(caller, stranger, orders)


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
@pytest.mark.deepens
def test_cancels_of_new_account_are_not_counted_on_configured_one(
    caller: ArcusCaller, orders: Orders, session: Session, recruit: Callable[[CallerAccount], ArcusCaller]
) -> None:
    """Cancels of a newly made account do not lower the pool of the account in the target file."""
    main = recruit(CallerAccount(session.target.credentials, "file"))
    if main.address == caller.address:
        raise NotTested("the target makes no accounts besides that of the target file", "caller")

    judge_another(main, caller, orders)


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
@pytest.mark.deepens
def test_cancels_of_another_account_index_are_not_counted(caller: ArcusCaller, orders: Orders) -> None:
    """Cancels of the same address at another account index do not lower the pool of this one."""
    [order] = orders.open(1)
    mine = caller.element(order)
    elsewhere = (mine.account_index + 1) % 10

    def cancel_elsewhere() -> None:
        # Ids of no order: none need be there, and whatever a batch costs, it is that subaccount that pays.
        unknown = [caller.element(unknown) for unknown in orders.unknown(LARGE)]
        answer = caller.cancel_batch([replace(element, account_index=elsewhere) for element in unknown])
        answer.require_accepted(f"a batch at the account index {elsewhere}")

    judge_falls(caller, orders, cancel_elsewhere, f"at the account index {elsewhere}")


def judge_another(watched: ArcusCaller, other: ArcusCaller, orders: Orders) -> None:
    """Hold what one account's cancels cost against what they cost with a batch of another account's between them."""

    def cancel() -> None:
        other.cancel_batch(orders.make(LARGE, "open", owner=other)).require_accepted("the other account's batch")

    judge_falls(watched, orders, cancel, "by another account")


def judge_falls(watched: ArcusCaller, orders: Orders, between: Callable[[], None], where: str) -> None:
    """Hold what lies between two single cancels of an account against what one costs, a batch elsewhere between.

    One of three rounds has to show no more. Raises Violation, and NeverExercised where nothing is counted.
    """
    cost, left = cost_of_a_cancel(watched, orders)
    falls: list[int] = []
    for _ in range(ROUNDS):
        between()
        before, left = left, remaining_after(watched, orders.make(1, "open", owner=watched))
        falls.append(before - left)
        if falls[-1] <= cost:
            break
    else:
        raise Violation(
            f"a single cancel to lower the pool by at most {cost}, as {PAIRS} pairs of single cancels did, also when "
            f"a batch of {LARGE} was cancelled {where} before it",
            f"it fell by {', '.join(map(str, falls))} in {ROUNDS} rounds",
            kind="charged-otherwise",
        )


@pytest.mark.clause("arcus.rate-limit.pool")
def test_snapshot_names_the_cancel_pool(caller: ArcusCaller, orders: Orders) -> None:
    """A snapshot that names its pool names the cancel pool."""
    answer = caller.cancel_batch(orders.open(1))

    snapshot: Any = answer.processed.get("rateLimit")
    if not isinstance(snapshot, dict) or "pool" not in snapshot:
        raise NeverExercised("the answer has no rateLimit that names its pool")
    assert snapshot["pool"] == "cancel", "other-pool"


@pytest.mark.clause("arcus.rate-limit.cost")
def test_cost_of_batch(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """How many units of the cancel pool does a batch of ten cost?"""
    *ten, first = orders.open(11)

    before = caller.cancel_batch([first]).remaining
    after = caller.cancel_batch(ten).remaining

    reported = "not counted" if before is None or after is None else str(before - after)
    observe(f"a batch of ten: {reported}")


@pytest.mark.clause("arcus.rate-limit.not-enforced")
def test_limit_is_enforced(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does the deployment limit cancels at all?"""
    snapshots = [caller.cancel_batch(orders.open(1)).processed.get("rateLimit") for _ in range(2)]

    observe(f"two snapshots in a row: {snapshots}")


@pytest.mark.clause("arcus.rate-limit.copy-in-rows")
def test_rows_repeat_the_snapshot(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Do rows repeat the rate-limit snapshot?"""
    answer = caller.cancel_batch(orders.open(2))

    observe(f"rateLimit in rows: {'yes' if any('rateLimit' in row for row in answer.rows) else 'no'}")
