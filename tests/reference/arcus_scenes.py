"""What a client can see of each clause, in its shortest form: a scene per clause, and what they have in common.

This is no suite: it shows that a mutant's lie can be seen, and where, and that no variant breaks a promise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .arcus_client import Order
from .arcus_desk import Answer, Desk, DeskCaller

Scene = Callable[[Desk], Awaitable[None]]
PROMISES: dict[str, Scene] = {}


def promise(clause: str) -> Callable[[Scene], Scene]:
    """Keep a scene under its clause."""

    def keep(scene: Scene) -> Scene:
        assert clause not in PROMISES
        PROMISES[clause] = scene
        return scene

    return keep


async def refused_and_open(caller: DeskCaller, orders: list[Order], answer: Answer, status: int | None = None) -> None:
    """A whole request is refused and its orders stay as they are."""
    assert answer.refused
    assert status is None or answer.status == status
    assert await caller.statuses(orders) == ["open"] * len(orders)


async def denied_and_open(caller: DeskCaller, orders: list[Order], answer: Answer, beside: list[Order]) -> None:
    """A request is refused, or every row says ERROR or REJECTED but those of orders beside, which are then done."""
    done = []
    if not answer.refused:
        done = [order for order in beside if order["orderId"] in {row.get("orderId") for row in answer.rows}]
        denied = [row for row in answer.rows if row.get("status") in ("ERROR", "REJECTED")]
        assert len(denied) == len(answer.rows) - len(done)
        assert denied
    expected = ["cancelled" if order in done else "open" for order in orders]
    assert await caller.statuses(orders) == expected


async def carried_out(caller: DeskCaller, orders: list[Order], answer: Answer) -> None:
    """A right request is accepted and its orders are cancelled."""
    assert answer.accepted
    assert await caller.statuses(orders) == ["cancelled"] * len(orders)
