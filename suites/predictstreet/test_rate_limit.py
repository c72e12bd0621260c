"""Five requests a second for each wallet (batch-cancel page, description; public rate-limit page).

Neither window nor burst are documented, so no check counts on one: a wallet that sends without pause is rejected sooner
or later by each of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from fixtures.aside import Aside
from fixtures.predictstreet_budgets import (
    AT_ONCE,
    MOST_REQUESTS,
    TWO_WINDOWS,
    Depth,
    Spend,
    until_refused,
)
from fixtures.predictstreet_load import RATE, Load, ask, at_once, one_by_one, pressing, silence
from venue_conformance.client.caller import answered
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import clock_difference
from venue_conformance.errors import NeverExercised, NotTested, Violation
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Rested = Callable[[int], PredictStreetCaller]
Note = Callable[[str, str], None]
RULE = "predictstreet.rate-limit"
LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
#: Five requests a second refill no budget in more than a minute that two windows of a minute would not (seconds).
LONGEST_WAIT = 60
#: A reset that is further away than that is no number of seconds since 1970.
A_DAY = 86400
#: No number of seconds, nor of requests, is longer.
_MOST_DIGITS = 18
#: Requests a second of a wallet that is far above its limit.
PRESSING = 33
#: Requests at once for which a wallet need not be silent for long.
FEW_AT_ONCE = 12


@pytest.mark.clause(f"{RULE}.enforced", f"{RULE}.burst")
def test_requests_without_pause_are_not_all_accepted(
    noisy: PredictStreetCaller, caller: PredictStreetCaller, orders: Orders, depth: Depth, note: Note
) -> None:
    """Of requests that a wallet sends without pause, 40 at once to begin with, some are rejected."""
    load = until_refused(partial(ask, noisy, orders))

    note(f"{RULE}.burst", f"{len(Load(load.answers[:AT_ONCE]).passed)} of {AT_ONCE} at once")
    if not load.limited:
        depth.endless = load
        if load.sent <= TWO_WINDOWS:
            raise NeverExercised(
                f"too few requests were sent to exceed five a second clearly: {load}, and none was refused"
            )
        expected = f"some of {MOST_REQUESTS} requests that a wallet sends without pause to be refused"
        raise Violation(expected, f"no refusal: {load}", f"{RULE}.enforced", kind="never-refused")
    depth.requests = load.sent
    # Only a limit that leaves another wallet alone is the wallet's own.
    depth.limit = min(load.limits) if len(load.limits) == 1 and ask(caller, orders).succeeded else None


@pytest.mark.clause(f"{RULE}.sustained")
def test_sustained_rate_is_five_requests_per_second(
    noisy: PredictStreetCaller, orders: Orders, overspend: Spend
) -> None:
    """A wallet that keeps sending after a rejection gets five requests per second accepted, not a multiple."""
    burst = overspend(partial(ask, noisy, orders))
    # Long enough that all that is sent is more than a full budget and five requests a second besides.
    after = pressing(partial(ask, noisy, orders), (len(burst.passed) + 8) / 25 + 1, PRESSING)

    # Whatever the burst and the window, what passes at once can pass twice, and five requests a second besides.
    most = len(burst.passed) + RATE * (burst.seconds + after.seconds) + 3
    if after.sent <= most:
        raise NeverExercised(f"too few requests were sent to exceed five a second clearly: {burst}, and then {after}")
    if len(after.passed) > most:
        expected = f"at most {most:.0f} of {after.sent} requests to be carried out after a refusal"
        raise Violation(
            expected,
            f"without pause {burst} until one was refused, and right after that {after}",
            kind="refused-within-budget",
        )


def served_after_a_pause(aside: Aside) -> bool:
    """Whether a wallet of its own was refused, and then served after a pause, beside whatever else the run does."""
    if aside.account.origin != "state":
        return False
    load = at_once([partial(ask, aside.caller, aside.orders)] * FEW_AT_ONCE)
    silence(load.sent / RATE + 1 if load.limited else 0)
    return load.limited and ask(aside.caller, aside.orders).succeeded


@pytest.mark.clause(f"{RULE}.recovers")
@pytest.mark.aside(procedure=served_after_a_pause)
def test_wallet_is_served_again_after_a_pause(
    run_aside: Callable[[], bool],
    noisy: PredictStreetCaller,
    another_noisy: Callable[[PredictStreetCaller], PredictStreetCaller],
    rested: Rested,
    orders: Orders,
    overspend: Spend,
) -> None:
    """A rate-limited wallet is served after a pause one second longer than its requests take at the limit."""
    if not run_aside():
        require_served_after_a_pause(noisy, another_noisy, rested, orders, overspend)


def require_served_after_a_pause(
    noisy: PredictStreetCaller,
    another_noisy: Callable[[PredictStreetCaller], PredictStreetCaller],
    rested: Rested,
    orders: Orders,
    overspend: Spend,
) -> None:
    """The same with nobody beside it, and once more where it was not served. Raises Violation."""
    first = overspend(partial(ask, noisy, orders), FEW_AT_ONCE)
    silence(first.sent / RATE + 1)
    served = answered(ask(noisy, orders))

    if not served.succeeded:
        # Once more, if need be by the same wallet, whose refused requests may count; just then others are served.
        again, quiet = another_noisy(noisy), rested(2)
        load = overspend(partial(ask, again, orders), FEW_AT_ONCE)
        sent = load.sent + (first.sent + 1 if again is noisy else 0)
        silence(sent / RATE + 1)
        before, served, after = (answered(ask(wallet, orders)) for wallet in (quiet, again, quiet))
        if not before.succeeded or not after.succeeded:
            raise NotTested(
                "a wallet that had sent almost nothing was refused as well, so another limit than its own applied"
            )
        if not served.succeeded:
            expected = f"a wallet to be served after {sent} requests and {sent / RATE + 1:g} s of silence"
            raise Violation(
                expected,
                f"{served!r}, while another wallet was served; before the silence {load}",
                kind="not-served-again",
            )


@pytest.mark.clause(f"{RULE}.refused-cancels-nothing")
def test_rate_limited_requests_cancel_nothing(
    noisy: PredictStreetCaller, caller: PredictStreetCaller, orders: Orders, overspend: Spend
) -> None:
    """The orders that rate-limited requests name stay open."""
    named, [control] = orders.make(15, owner=noisy), orders.open(1)
    overspend(partial(ask, noisy, orders))

    load = at_once([partial(noisy.cancel_batch, [order], limit_asked=True) for order in named])

    # A 5xx does not say so much: a gateway may have given up on what was then carried out.
    ids = {order_id for answer in load.refused for order_id in answer.sent_ids}
    if not ids:
        raise NeverExercised(f"no request that named an order was refused for the rate: {load}")
    # Another wallet's order, because this one may have to be silent for long.
    caller.cancel_batch([control])
    read = orders.after(control, [order for order in named if order.order_id in ids])
    changed = sorted(status for status in read.values() if status != "open")
    if changed:
        actual = f"{len(changed)} of {len(read)} orders of refused requests read as {', '.join(sorted(set(changed)))}"
        raise Violation(
            "every order that is named in a request refused for the rate to stay open", actual, kind="order-touched"
        )


@pytest.mark.clause(f"{RULE}.status-429", f"{RULE}.retry-after", f"{RULE}.headers", f"{RULE}.body")
def test_rate_limited_request_is_rejected_with_429(
    noisy: PredictStreetCaller, orders: Orders, overspend: Spend, note: Note, breach: Callable[[Violation], None]
) -> None:
    """A rate-limited request gets 429, which states when to retry and how large the limit is."""
    load = overspend(partial(ask, noisy, orders))
    if load.mostly_server_errors:
        # A gateway may give up on many requests at once; one at a time they are too much for no server.
        at_first, load = load, one_by_one(partial(ask, noisy, orders), AT_ONCE)
        if load.mostly_server_errors:
            expected = "429 for requests beyond the budget of a wallet"
            actual = f"a 5xx for most of them, at once and one by one: {at_first}; {load}; {load.server_errors[0]!r}"
            breach(Violation(expected, actual, f"{RULE}.status-429", kind="other-status"))
    for answer in load.refused:
        note(f"{RULE}.body", f"{answer.envelope}, code {answer.error_code}")
        if answer.status != 429:
            breach(
                Violation(
                    "429 for a request beyond the budget of a wallet",
                    repr(answer),
                    f"{RULE}.status-429",
                    kind="other-status",
                )
            )
    limited = [answer for answer in load.refused if answer.status == 429]
    if not limited:
        raise NeverExercised(f"no request was refused with 429: {load}")
    for answer in limited:
        after = answer.header("Retry-After")
        if not is_whole(after) or not 1 <= int(after or 0) <= LONGEST_WAIT:
            expected = f"a 429 to carry Retry-After with a whole number of seconds, 1 to {LONGEST_WAIT}"
            breach(
                Violation(expected, answer.header_text("Retry-After"), f"{RULE}.retry-after", kind="no-whole-seconds")
            )
        wrong = [answer.header_text(name) for name in LIMIT_HEADERS if not is_whole(answer.header(name))]
        if wrong:
            expected = f"a 429 to carry {', '.join(LIMIT_HEADERS)}, each a whole number"
            breach(Violation(expected, f"{', '.join(wrong)} in {answer!r}", f"{RULE}.headers", kind="header-missing"))
        elif contradictions(answer):
            expected = (
                "X-RateLimit headers of a 429 of which no more remains than there is, and a reset in Unix seconds"
            )
            breach(Violation(expected, contradictions(answer), f"{RULE}.headers", kind="headers-contradict"))


def contradictions(answer: BatchAnswer) -> str:
    """What cannot be so of the X-RateLimit headers of an answer, all of them whole numbers; empty for nothing."""
    limit, remaining, reset = (int(answer.header(name) or 0) for name in LIMIT_HEADERS)
    if remaining > limit:
        return f"{remaining} of {limit} remain"
    away = reset - time.time() - (clock_difference(answer.exchange) or 0.0)
    return f"a reset {away:.0f} s away" if abs(away) > A_DAY else ""


def is_whole(value: str | None) -> bool:
    """Whether a header holds a whole number."""
    return value is not None and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS


@pytest.mark.clause(f"{RULE}.headers-elsewhere")
def test_rate_limit_headers_of_a_success(
    caller: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """Do responses other than 429 carry the X-RateLimit headers?"""
    answer = caller.cancel_batch(orders.unknown(1))

    observe(", ".join(name for name in LIMIT_HEADERS if answer.header(name) is not None) or "none")


@pytest.mark.clause(f"{RULE}.refused-count")
def test_rate_limit_cost_of_rejected_requests(noisy: PredictStreetCaller, observe: Callable[[str], None]) -> None:
    """Do requests that are rejected for their body count towards the wallet's rate limit?"""
    body = json.dumps({"orderIds": []}).encode()

    load = at_once([partial(noisy.send, body, limit_asked=True)] * AT_ONCE)

    limited = sum(answer.status == 429 for answer in load.answers)
    observe(f"of {AT_ONCE} with an invalid body, {limited} were refused for the rate")
