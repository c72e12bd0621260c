"""What a client can see of each clause, in its shortest form: a probe per clause, and what they have in common.

This is no suite: it shows that a mutant's lie can be seen, and where, and that no variant breaks a promise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .arcus_client import Order
from .arcus_harness import Harness, HarnessAnswer, HarnessCaller

Probe = Callable[[Harness], Awaitable[None]]
PROMISES: dict[str, Probe] = {}


def promise(clause: str) -> Callable[[Probe], Probe]:
    """Keep a probe under its clause."""

    def keep(probe: Probe) -> Probe:
        assert clause not in PROMISES
        PROMISES[clause] = probe
        return probe

    return keep


async def refused_and_open(
    caller: HarnessCaller, orders: list[Order], answer: HarnessAnswer, status: int | None = None
) -> None:
    """A whole request is refused and its orders stay as they are."""
    assert answer.refused
    assert status is None or answer.status == status
    assert await caller.statuses(orders) == ["open"] * len(orders)


async def denied_and_open(
    caller: HarnessCaller, orders: list[Order], answer: HarnessAnswer, beside: list[Order]
) -> None:
    """A request is refused, or every row says ERROR or REJECTED but those of orders beside, which are then done."""
    done = []
    if not answer.refused:
        done = [order for order in beside if order["orderId"] in {row.get("orderId") for row in answer.rows}]
        denied = [row for row in answer.rows if row.get("status") in ("ERROR", "REJECTED")]
        assert len(denied) == len(answer.rows) - len(done)
        assert denied
    expected = ["cancelled" if order in done else "open" for order in orders]
    assert await caller.statuses(orders) == expected


async def carried_out(caller: HarnessCaller, orders: list[Order], answer: HarnessAnswer) -> None:
    """A valid request is accepted and its orders are cancelled."""
    assert answer.accepted
    assert await caller.statuses(orders) == ["cancelled"] * len(orders)
