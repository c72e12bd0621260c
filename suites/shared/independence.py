"""Live orders with failing ones before, between and after them in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from venue_conformance.client.orders import Orders
from venue_conformance.errors import EnvironmentFault, Violation
from venue_conformance.target.state_values import ProvisionedOrder

T = TypeVar("T")


def around(live: Sequence[T], others: Sequence[T]) -> list[T]:
    """Four live orders with others first, in the middle and last."""
    first, middle, last = others
    return [first, *live[:2], middle, *live[2:], last]


def where_one_affects_others(affects_others: Callable[[int], bool]) -> str:
    """Where one other order alone keeps live ones from being cancelled, in words.

    ``affects_others`` sends a batch of four live orders with one other at that place. Asked only once a
    batch of them all has shown a breach, to say more about it.
    """
    places = {"before": 0, "between": 2, "behind": 4}
    try:
        found = [name for name, place in places.items() if affects_others(place)]
    except EnvironmentFault as fault:
        return f"what one alone does could not be seen: {fault}"
    return f"one alone does so {', '.join(found)} them" if found else "one alone does not"


def judge_unchanged(
    orders: Orders,
    others: Sequence[ProvisionedOrder | str],
    what: str,
    clause: str,
    breach: Callable[[Violation], None],
) -> None:
    """Note a breach of the clause for each of these orders that does not come to read as it was made."""
    made = [order for order in others if isinstance(order, ProvisionedOrder)]
    ended = orders.poll_until(made, made[0].status) if made else {}
    for order in made:
        if ended[order.order_id] != order.status:
            said = f"{order.order_id} reads as {ended[order.order_id]}"
            breach(
                Violation(f"an order that is {what} to stay {order.status}", said, clause, kind="other-order-touched")
            )
