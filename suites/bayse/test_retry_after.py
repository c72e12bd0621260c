"""Retry-After and rate-limit headers of a 429 (https://docs.bayse.markets/rate-limits)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from fixtures.aside import Aside
from fixtures.bayse import Press
from suites.shared.coming_back import comes_back_when_due
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.limit import AT_ONCE, LimitOfRun, press, seek, singles_at_once
from venue_conformance.wire.retry_after import retry_after_seconds
from venue_conformance.wire.together import together

CLAUSE = "bayse.rate-limit.retry-after"
#: At 20 tokens a second a batch of 100 is paid for in five seconds: nobody has to wait for a minute.
LONGEST = 60
#: So many small batches are sent until one is refused.
SMALL_TRIES = 10
_LEADING_NUMBER = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:[,;].*)?")


def require_whole_seconds(refusal: BatchAnswer) -> float:
    """The seconds that a 429 wants to be waited. Raises Violation unless they are whole, 1 to 60, or a date of HTTP."""
    said, reported = refusal.header("Retry-After"), retry_after_seconds(refusal.exchange)
    dated = said is not None and not said.strip().isdecimal()
    if reported is None or not (0 if dated else 1) <= reported <= LONGEST:
        expected = f"a 429 to say in Retry-After for how many whole seconds to wait, from 1 to {LONGEST}"
        raise Violation(expected, refusal.header_text("Retry-After"), CLAUSE, kind="no-whole-seconds")
    return reported


def contradictions(refusal: BatchAnswer) -> list[str]:
    """What the RateLimit headers of a 429 say that is no number, or that cannot be."""
    found, numbers = [], dict[str, float]()
    for name, value in refusal.exchange.headers:
        kind = re.fullmatch(r"(?:x-)?ratelimit-(limit|remaining|reset)", name.lower())
        if kind:
            number = _LEADING_NUMBER.fullmatch(value)
            if number is None or float(number[1]) < 0:
                found.append(f"{name}: {value}")
            else:
                numbers[name.lower()] = float(number[1])
    for prefix in ("", "x-"):
        limit, left = (numbers.get(f"{prefix}ratelimit-{each}") for each in ("limit", "remaining"))
        if limit is not None and left is not None and left > limit:
            found.append(f"{left:g} of {limit:g} remaining")
    return found


@pytest.mark.clause(CLAUSE)
def test_429_has_a_valid_retry_after(new_caller: Callable[[], BayseCaller], put_over_limit: Press) -> None:
    """Retry-After of a 429 is a whole number of seconds, from 1 to 60, or a date."""
    _, refusal = put_over_limit(new_caller())

    reported = require_whole_seconds(refusal)

    assert reported <= LONGEST, "too-long"


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
def test_rate_limit_headers_of_a_429_are_consistent_numbers(
    new_caller: Callable[[], BayseCaller], put_over_limit: Press
) -> None:
    """RateLimit and X-RateLimit headers of a 429 are numbers, and no more remains than the limit."""
    _, refusal = put_over_limit(new_caller())

    wrong = contradictions(refusal)

    if wrong:
        raise Violation(
            "numbers, and no more remaining than the limit, in the RateLimit headers of a 429",
            str(wrong),
            kind="no-numbers",
        )


def refused_for_the_limit(aside: Aside, caller: BayseCaller, ids: int) -> tuple[float, Callable[[], BatchAnswer]]:
    """Be refused with so many ids, or with single ones where these alone are: what was told, and how to come back."""
    orders = aside.orders
    limit = aside.session.kept(LimitOfRun).of(lambda: seek(aside.new_caller, orders, together))
    _, refusal = press(caller, limit, orders, together)
    if limit.by == "singles":
        refusal, ids = _refused_among_singles(caller, orders), 1
    else:
        refusal = _refused_with(caller, orders, refusal, ids)
    return require_whole_seconds(refusal), lambda: ask(aside, caller, ids)


def ask(aside: Aside, caller: BayseCaller, ids: int = 1) -> BatchAnswer:
    """Send ids that name no order, whatever the budget is."""
    return caller.cancel_batch(aside.orders.unknown(ids), limit_asked=True)


def _refused_with(caller: BayseCaller, orders: Orders, refusal: BatchAnswer, ids: int) -> BatchAnswer:
    """The 429 to a batch of so many ids, of a caller who was just refused with 100."""
    if ids == 100:
        return refusal
    for _ in range(SMALL_TRIES):
        answer = caller.cancel_batch(orders.unknown(ids), limit_asked=True)
        if answer.status == 429:
            return answer
    raise NeverExercised(f"no batch of {ids} ids was refused in {SMALL_TRIES} tries by a caller over the limit")


def _refused_among_singles(caller: BayseCaller, orders: Orders) -> BatchAnswer:
    """Of a burst of single ids, sent by who is over the limit, the 429 that wants the longest wait."""
    answers = singles_at_once(caller, [(each, None) for each in orders.unknown(AT_ONCE)], together)
    reported: Mapping[float, BatchAnswer] = {
        retry_after_seconds(answer.exchange) or 0.0: answer
        for answer in answers
        if answer is not None and answer.status == 429
    }
    if not reported:
        raise NeverExercised(f"none of {AT_ONCE} concurrent single ids of a caller over the limit was refused")
    return reported[max(reported)]


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
@pytest.mark.aside(procedure=comes_back_when_due, clause=CLAUSE, quiet=ask)
@pytest.mark.parametrize(
    "run_aside",
    [{"refused": partial(refused_for_the_limit, ids=ids)} for ids in (100, 5)],
    ids=[100, 5],
    indirect=True,
)
def test_caller_that_waits_for_retry_after_is_served(run_aside: Callable[[], None]) -> None:
    """A caller that waits as long as a 429 says is served then, whatever the size of the rejected batch."""
    run_aside()
