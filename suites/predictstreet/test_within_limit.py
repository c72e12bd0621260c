"""What a wallet that keeps within its limit of five requests a second gets (batch-cancel page, description).

What is evenly paced at four a second fits into every kind of limit of five a second, whatever its window and burst.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fixtures.aside import Aside
from fixtures.predictstreet_budgets import ANOTHER_LIMIT, Depth
from fixtures.predictstreet_load import RATE, Load, ask, closely_paced, paced, silence
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, Presupposed, Violation
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Rested = Callable[[int], PredictStreetCaller]
RunAside = Callable[[], Load | None]
RULE = "predictstreet.rate-limit"
PACED_FOR, CLOSELY_PACED_FOR = 4.5, 10.0
#: A target that is slow or far away is sent fewer than this a second: hardly more than by the check of four a second.
CLOSE_RATE = 4.5


def at_four_a_second(caller: PredictStreetCaller, orders: Orders, count: int = 1) -> Load:
    """Batches of so many ids each that an account sends evenly paced. Raises Presupposed when none is accepted."""
    caller.require_accepted()
    return paced(partial(ask, caller, orders, count), PACED_FOR)


def at_just_under_five(caller: PredictStreetCaller, orders: Orders) -> Load:
    """Batches that an account sends evenly paced, 4.75 a second. Raises Presupposed when none is accepted."""
    caller.require_accepted()
    return closely_paced(partial(ask, caller, orders), CLOSELY_PACED_FOR)


def beside_others(aside: Aside, pace: Callable[..., Load], **more: int) -> Load | None:
    """The same beside whatever else the run does, by a wallet of its own; None where there is none.

    What is never refused then would not be without the rest either; what is refused says nothing as yet.
    """
    return pace(aside.caller, aside.orders, **more) if aside.account.origin == "state" else None


@pytest.mark.clause(f"{RULE}.below-never-refused")
@pytest.mark.aside(procedure=beside_others, pace=at_four_a_second)
def test_four_requests_per_second_are_never_rejected(
    run_aside: RunAside, rested: Rested, orders: Orders, depth: Depth
) -> None:
    """Of evenly spaced requests of a wallet, four per second, none is rejected."""
    load = run_aside()
    if load is None or load.refused:
        load = at_four_a_second(rested(RATE), orders)
    if load.refused:
        # It may have been for what others had sent before.
        silence(2)
        load = at_four_a_second(rested(RATE), orders)

    if load.refused and depth.stopped_by_another(load):
        raise NotTested(ANOTHER_LIMIT)
    if load.refused:
        raise Violation(
            "no request to be refused at four a second",
            f"{load}; one got {load.refused[0]!r}",
            kind="refused-within-budget",
        )


@pytest.mark.clause(f"{RULE}.below-never-refused")
@pytest.mark.deepens
@pytest.mark.aside(procedure=beside_others, pace=at_just_under_five)
def test_just_under_five_requests_per_second_are_never_rejected(
    run_aside: RunAside, rested: Rested, orders: Orders, depth: Depth
) -> None:
    """Of evenly spaced requests, just under five per second for ten seconds, none is rejected."""
    beside = run_aside()
    if beside is None or beside.refused or not keeps_pace(beside):
        require_just_under_five(rested, orders, depth)


def keeps_pace(load: Load) -> bool:
    """Whether so many requests were sent that they were hardly fewer than 4.75 a second."""
    return load.sent >= CLOSE_RATE * CLOSELY_PACED_FOR


def require_just_under_five(rested: Rested, orders: Orders, depth: Depth) -> None:
    """The same with nobody beside it, and once more where one was refused. Raises Violation."""
    refused: list[Load] = []
    for _ in range(2):
        load = at_just_under_five(rested(RATE), orders)
        if not load.refused and not keeps_pace(load):
            raise NeverExercised(f"answers took too long for {CLOSE_RATE:g} requests a second: {load}")
        if not load.refused:
            break
        if depth.stopped_by_another(load):
            raise NotTested(ANOTHER_LIMIT)
        if not load.wrongly_refused or load.lost:
            raise NeverExercised(f"requests were refused that may have been too close together: {load}")
        refused.append(load)
        # It may have been for what others had sent before.
        silence(2)
    else:
        expected = f"no request to be refused at 4.75 a second for {CLOSELY_PACED_FOR:g} s"
        raise Violation(
            expected, f"{refused[-1]}; one got {refused[-1].wrongly_refused[0]!r}", kind="refused-within-budget"
        )


@pytest.mark.clause(f"{RULE}.counts-requests")
@pytest.mark.aside(procedure=beside_others, pace=at_four_a_second, count=100)
def test_batch_of_100_counts_as_one_request(run_aside: RunAside, rested: Rested, orders: Orders, depth: Depth) -> None:
    """Of evenly spaced batches of 100 ids, four per second, none is rejected."""
    load = run_aside()
    if load is None or load.refused:
        load = at_four_a_second(rested(RATE), orders, 100)
    if load.refused:
        silence(2)
        load = at_four_a_second(rested(RATE), orders, 100)

    if load.refused and depth.stopped_by_another(load):
        raise NotTested(ANOTHER_LIMIT)
    if load.refused:
        silence(2)
        first = load.refused[0]
        if first.status != 429:
            raise Presupposed("limits.hundred-accepted", f"a batch of one hundred ids got {first!r}")
        single = at_four_a_second(rested(RATE), orders)
        if single.refused:
            raise Presupposed("rate-limit.below-never-refused", f"batches of one id at four a second: {single}")
        actual = f"{load}; one got {first!r}. Batches of one id at the same pace: {single}"
        raise Violation(
            "no batch of one hundred ids to be refused at four batches a second", actual, kind="refused-within-budget"
        )
