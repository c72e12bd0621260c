"""What a 429 says of when to come back, and of the limit (https://docs.bayse.markets/rate-limits)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

import pytest

from fixtures.aside import Aside
from fixtures.bayse import Press
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.limit import AT_ONCE, LimitOfRun, press, seek, singles_at_once
from venue_conformance.venues.orders import Orders
from venue_conformance.wire.retry_after import seconds_told
from venue_conformance.wire.together import together

CLAUSE = "bayse.rate-limit.retry-after"
#: At 20 tokens a second a batch of 100 is paid for in five seconds: nobody has to wait for a minute.
LONGEST = 60
#: A check that would have to wait for longer leaves it, in seconds.
PATIENCE = 12.0
#: What is waited beyond what was told, for the way and the clocks.
GRACE = 0.5
#: Who comes back and is refused in two rounds of two was told wrongly.
ROUNDS = 2
#: So many small batches are sent until one is refused.
SMALL_TRIES = 10
_LEADING_NUMBER = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:[,;].*)?")


def require_whole_seconds(refusal: BatchAnswer) -> float:
    """The seconds that a 429 wants to be waited. Raises Violation unless they are whole, 1 to 60, or a date of HTTP."""
    said, told = refusal.header("Retry-After"), seconds_told(refusal.exchange)
    dated = said is not None and not said.strip().isdecimal()
    if told is None or not (0 if dated else 1) <= told <= LONGEST:
        expected = f"a 429 to say in Retry-After for how many whole seconds to wait, from 1 to {LONGEST}"
        raise Violation(expected, refusal.told_header("Retry-After"), CLAUSE)
    return told


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
def test_a_429_says_when_to_come_back(new_caller: Callable[[], BayseCaller], put_over_limit: Press) -> None:
    """Retry-After of a 429 is a whole number of seconds, at least one, or a date."""
    _, refusal = put_over_limit(new_caller())

    told = require_whole_seconds(refusal)

    assert told <= LONGEST


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
def test_what_a_429_says_of_the_limit_is_in_numbers(
    new_caller: Callable[[], BayseCaller], put_over_limit: Press
) -> None:
    """RateLimit and X-RateLimit headers that a 429 has are numbers, and no more is left than there is."""
    _, refusal = put_over_limit(new_caller())

    wrong = contradictions(refusal)

    if wrong:
        raise Violation("numbers, and no more remaining than the limit, in the RateLimit headers of a 429", str(wrong))


def waited_as_told(aside: Aside, ids: int) -> None:
    """Be refused with so many ids, wait as long as the 429 says, and send as many again."""
    orders, refused_again = aside.orders, list[str]()
    limit = aside.session.kept(LimitOfRun).of(lambda: seek(aside.new_caller, orders, together))
    for _ in range(ROUNDS):
        caller: BayseCaller = aside.new_caller()
        _, refusal = press(caller, limit, orders, together)
        if limit.by == "singles":
            refusal, again = _refused_among_singles(caller, orders), 1
        else:
            refusal, again = _refused_with(caller, orders, refusal, ids), ids
        told, since = require_whole_seconds(refusal), time.monotonic()
        if told + GRACE > PATIENCE:
            raise NeverExercised(f"a 429 wants {told:g} s to be waited, longer than this check does")
        time.sleep(max(0.0, since + told + GRACE - time.monotonic()))
        answer = caller.cancel_batch(orders.unknown(again), limit_asked=True)
        if answer.status != 429:
            break
        quiet = aside.new_caller().cancel_batch(orders.unknown(1), limit_asked=True)
        if quiet.status == 429:
            raise NeverExercised("who had sent nothing was refused as well: by another limit than the caller's own")
        refused_again.append(f"{answer!r}, {told + GRACE:g} s after Retry-After: {refusal.header('Retry-After')}")
    if len(refused_again) == ROUNDS:
        said = (
            f"a caller to be served who waits as long as a 429 says, and {GRACE:g} s more, for a batch of as many ids"
        )
        raise Violation(said, "; ".join(refused_again), CLAUSE)


def _refused_with(caller: BayseCaller, orders: Orders, refusal: BatchAnswer, ids: int) -> BatchAnswer:
    """The 429 to a batch of so many ids, of a caller who was just refused with 100."""
    if ids == 100:
        return refusal
    for _ in range(SMALL_TRIES):
        answer = caller.cancel_batch(orders.unknown(ids), limit_asked=True)
        if answer.status == 429:
            return answer
    raise NeverExercised(f"no batch of {ids} ids was refused in {SMALL_TRIES} tries of who was over the limit")


def _refused_among_singles(caller: BayseCaller, orders: Orders) -> BatchAnswer:
    """Of a burst of single ids, sent by who is over the limit, the 429 that wants the longest wait."""
    answers = singles_at_once(caller, [(each, None) for each in orders.unknown(AT_ONCE)], together)
    told: Mapping[float, BatchAnswer] = {
        seconds_told(answer.exchange) or 0.0: answer
        for answer in answers
        if answer is not None and answer.status == 429
    }
    if not told:
        raise NeverExercised(f"none of {AT_ONCE} single ids at once was refused of who was over the limit")
    return told[max(told)]


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
@pytest.mark.aside(story=waited_as_told)
@pytest.mark.parametrize("told_aside", [{"ids": 100}, {"ids": 5}], ids=["100 ids", "5 ids"], indirect=True)
def test_who_waits_as_told_is_served(told_aside: Callable[[], None]) -> None:
    """Who waits as long as a 429 says is served then, refused with a batch of any size."""
    told_aside()
