"""The pool is the subaccount's, whatever a client may choose (batch-cancel page, rateLimit)."""

from __future__ import annotations

import pytest

from suites.arcus.test_address import CASES, digits_of
from suites.arcus.test_rate_limit import LARGE, ROUNDS, remaining_after
from suites.shared.choices import CHOICES
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import Envelope

#: Ways to write the address in the query: all of them are one account's.
SPELT = {"address in upper case, without prefix": CASES["upper case, no prefix"]}
#: A pool must have fallen so far that one which begins anew is told from one that gets a little back.
LEAST_FALL = 6


def remaining_with(caller: ArcusCaller, orders: Orders, choice: str) -> int:
    """What is left after a single cancel with this choice. Raises NeverExercised unless it is accepted and counted."""
    if choice in SPELT:
        answer = caller.cancel_batch(orders.open(1), envelope=Envelope(address=SPELT[choice](digits_of(caller))))
    else:
        answer = caller.varying(CHOICES[choice]).cancel_batch(orders.open(1))
    answer.require_accepted(f"a batch with its own {choice}")
    if answer.remaining is None:
        raise NeverExercised(f"the answer to a batch with its own {choice} has no snapshot that counts")
    return answer.remaining


def lowered(caller: ArcusCaller, orders: Orders) -> tuple[int, int]:
    """What is left of a pool, and by how much it has fallen for it. Raises NeverExercised where it does not fall.

    It is lowered by ids of no order: none need be there, and whatever a batch costs, it is the subaccount that pays.
    """
    first = remaining_after(caller, orders.open(1))
    for _ in range(LEAST_FALL):
        caller.cancel_batch(orders.unknown(LARGE)).require_accepted(f"a batch of {LARGE} unknown ids")
    left = remaining_after(caller, orders.open(1))
    if first - left < LEAST_FALL:
        raise NeverExercised(f"{LEAST_FALL} batches of {LARGE} and a single cancel lowered the pool by {first - left}")
    return left, first - left


@pytest.mark.clause("arcus.rate-limit.per-subaccount")
@pytest.mark.deepens
def test_client_chosen_headers_do_not_change_the_pool(caller: ArcusCaller, orders: Orders) -> None:
    """A request with another client-chosen header, or its address in other letters, counts against the same pool."""
    before, fell = lowered(caller, orders)
    not_accepted: list[str] = []
    for choice in (*CHOICES, *SPELT):
        reported: list[str] = []
        for _ in range(ROUNDS):
            try:
                chosen = remaining_with(caller, orders, choice)
            except NeverExercised as unaccepted:
                not_accepted.append(str(unaccepted))
                break
            after = remaining_after(caller, orders.open(1))
            low, before = max(before, after), after
            if chosen - low < fell / 2:
                break
            reported.append(f"{chosen}, and {low} without it")
        else:
            said = f"the snapshot of a request with its own {choice} to show the same pool as without it"
            raise Violation(said, "; ".join(reported), kind="further-budget")
    if not_accepted:
        raise NeverExercised("; ".join(not_accepted))
