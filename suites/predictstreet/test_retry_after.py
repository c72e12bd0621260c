"""Retry-After of a 429 is reliable (public rate-limit page)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fixtures.aside import Aside
from fixtures.predictstreet_budgets import until_refused
from fixtures.predictstreet_load import ask
from suites.shared.coming_back import comes_back_when_due
from venue_conformance.errors import NeverExercised
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.wire.retry_after import retry_after_seconds

CLAUSE = "predictstreet.rate-limit.retry-after"
#: So many requests at once are refused in part, and need not be waited for for long.
FEW_AT_ONCE = 12


def refused_for_the_rate(aside: Aside, caller: PredictStreetCaller) -> tuple[float, Callable[[], BatchAnswer]]:
    """Be refused of many requests at once: the longest wait that was told, and how to come back."""
    load = until_refused(partial(ask, caller, aside.orders), FEW_AT_ONCE)
    reported = [retry_after_seconds(answer.exchange) for answer in load.refused if answer.status == 429]
    known = [seconds for seconds in reported if seconds is not None]
    if not known:
        raise NeverExercised(f"no 429 said in Retry-After how long to wait: {load}")
    return max(known), partial(ask, caller, aside.orders)


def quiet(aside: Aside, caller: PredictStreetCaller) -> BatchAnswer:
    """A request of a wallet that has sent nothing."""
    return ask(caller, aside.orders)


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
@pytest.mark.aside(procedure=comes_back_when_due, refused=refused_for_the_rate, clause=CLAUSE, quiet=quiet)
def test_wallet_that_waits_for_retry_after_is_served(run_aside: Callable[[], None]) -> None:
    """A wallet that waits as long as its 429 responses say is served then."""
    run_aside()
