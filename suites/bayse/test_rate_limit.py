"""The rate-limit cost of a batch, and callers over the limit (batch-cancel page, closing note).

How many tokens a caller may spend at once is not documented, so everything is judged against what the target itself
does. Where no request is ever rate-limited, nothing is judged.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.bayse import Press
from suites.shared.choices import CHOICES
from venue_conformance.client.caller import answered
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.limit import (
    AT_ONCE,
    BATCHES,
    NOWHERE,
    SINGLES,
    FillRate,
    Limit,
    Together,
    press_by_batches,
    press_likewise,
    seek,
    singles_at_once,
    unknown_batches,
)
from venue_conformance.wire.exchange import Request

NewCaller = Callable[[], BayseCaller]

#: At 20 tokens a second (the page on rate limits) so many seconds pay for a batch of 100.
FILLS_UP_SECONDS = 6.0
#: A caller may owe what one batch costs, and a limit that is counted by the clock may be met twice: these are too many.
ENOUGH_BATCHES = 4
#: So often a batch is sent by a caller who is over the limit, until one is refused.
TRIES = 3
#: So many orders of a batch that was refused are sent again: few, as the caller is over the limit.
SENT_AGAIN = 3


def _with_key(request: Request) -> Request:
    return replace(request, headers=(*request.headers, ("Idempotency-Key", secrets.token_hex(16))))


#: What a client chooses, its idempotency keys included.
CHOSEN = {**CHOICES, "Idempotency-Key": _with_key}


@pytest.mark.clause("bayse.rate-limit.one-token-per-id")
def test_batch_costs_one_token_per_id(new_caller: NewCaller, orders: Orders, together: Together, limit: Limit) -> None:
    """A caller that is rate-limited for single ids is rate-limited for as many ids in batches."""
    if limit.by is None:
        raise NeverExercised(NOWHERE)
    # Sought again, so that what it shows stands among this check's exchanges.
    found = seek(new_caller, orders, together)
    if found.by is None or not found.comparable:
        raise NeverExercised(f"{found}; batches that take so long are not compared with single ids")
    if found.by == "singles":
        # A limit on requests or connections, of whomever, is another matter: it meets who has spent nothing as well.
        untouched = singles_at_once(new_caller(), [(each, None) for each in orders.unknown(AT_ONCE)], together)
        if any(answer is not None and answer.status == 429 for answer in untouched):
            raise NotTested(
                "single ids are refused even if their caller has sent nothing, so that limit is not one per id"
            )
        raise Violation(
            f"a caller who is refused with 429 within {found.sent} single ids to be refused within {BATCHES} batches "
            "of 100",
            f"{found.accepted} batches of 100 in a row were accepted",
            kind="batches-cost-less",
        )


@pytest.mark.clause("bayse.rate-limit.one-token-per-id")
@pytest.mark.deepens
def test_few_requests_do_not_use_up_what_many_ids_cost(new_caller: NewCaller, orders: Orders, limit: Limit) -> None:
    """A caller that sends single ids is not rate-limited sooner than one that sends as many batches of 100."""
    if limit.by is None:
        raise NeverExercised(NOWHERE)
    for _ in range(2):
        single, accepted, started = new_caller(), 0, time.monotonic()
        while accepted < AT_ONCE and single.cancel_batch(orders.unknown(1), limit_asked=True).status != 429:
            accepted += 1
        if accepted == AT_ONCE:
            break
        if limit.by != "batches" or limit.accepted < ENOUGH_BATCHES:
            raise NeverExercised(f"{limit}; 429 after {accepted} single ids says no more where batches may be owed")
        if time.monotonic() - started > 100 * limit.accepted * limit.seconds_per_id:
            raise NeverExercised(f"{accepted} single ids took longer than {limit.accepted} batches of 100")
        if new_caller().cancel_batch(orders.unknown(1), limit_asked=True).status == 429:
            raise NotTested("a caller who has spent nothing is refused as well: that limit is on no id")
    else:
        raise Violation(
            f"a caller who is refused with 429 after {accepted} single ids to be refused after as many ids in batches",
            f"{limit.accepted} batches of 100 in a row were accepted",
            kind="batches-cost-less",
        )


@pytest.mark.clause("bayse.rate-limit.every-id-charged")
def test_unknown_ids_cost_as_much_as_own_orders(
    new_caller: NewCaller, orders: Orders, limit: Limit, put_over_limit: Press
) -> None:
    """A caller that is rate-limited for batches of own orders is rate-limited for batches of unknown ids."""
    if limit.by != "batches":
        started = time.monotonic()
        unknown = press_by_batches(new_caller(), unknown_batches(orders))
        seconds_per_id = (time.monotonic() - started) / (100 * max(1, unknown.accepted))
        owner = new_caller()
        own = [order.order_id for order in orders.make(100 * BATCHES, "open", owner=owner)]
        batches = (own[at : at + 100] for at in range(0, len(own), 100))
        pressed = press_by_batches(owner, batches, seconds_per_id)
        if pressed.refusal is not None and unknown.refusal is None:
            raise Violation(
                f"a caller who is refused after {pressed.accepted} batches of 100 own orders to be refused for unknown "
                "ids, too",
                f"{unknown.accepted} batches of 100 unknown ids in a row were accepted",
                kind="unknown-ids-cost-less",
            )
        if limit.by is None:
            raise NeverExercised(f"{NOWHERE}, nor in {BATCHES} batches of 100 own orders")

    _, refusal = put_over_limit(new_caller())

    assert refusal.status == 429, "other-status"


@pytest.mark.clause("bayse.rate-limit.refused-cancels-nothing")
def test_rate_limited_batch_cancels_nothing(
    new_caller: NewCaller, orders: Orders, together: Together, limit: Limit, put_over_limit: Press
) -> None:
    """All orders of a batch that got 429 are still open."""
    owner = new_caller()
    refused: list[ProvisionedOrder] = []
    for _ in range(TRIES):
        put_over_limit(owner)
        own = orders.make(20, "open", owner=owner)
        if limit.by == "batches":
            # Own orders first, last and between, in a batch of which a part might still be paid for.
            ids = orders.unknown(80)
            batch: list[ProvisionedOrder | str] = [*own[:10], *ids[:40], *own[10:15], *ids[40:], *own[15:]]
            if owner.cancel_batch(batch, limit_asked=True).status == 429:
                refused = own
        else:
            answers = singles_at_once(owner, [(order, None) for order in own], together)
            refused = [
                order for order, reported in zip(own, answers, strict=True) if reported and reported.status == 429
            ]
        if refused:
            break
    if not refused:
        raise NeverExercised(f"no batch of own orders was refused with 429 in {TRIES} tries by a caller over the limit")
    # Another caller's order, because this one may be refused for a while, and what becomes of that is asked below.
    quiet = new_caller()
    [control] = orders.make(1, "open", owner=quiet)
    quiet.cancel_batch([control])

    read = orders.after(control, refused)

    touched = sorted(status for status in read.values() if status != "open")
    if touched:
        said = f"the {len(refused)} orders of batches that were refused with 429 to stay open"
        raise Violation(said, f"{len(touched)} of them read as {', '.join(sorted(set(touched)))}", kind="order-touched")
    again = owner.cancel_batch(refused[:SENT_AGAIN])
    if not all(again.cancelled(order.order_id) for order in refused[:SENT_AGAIN]):
        said = "orders of a batch that was refused with 429 to be cancelled when they are sent again"
        raise Violation(said, repr(again), kind="not-carried-out-later")


@pytest.mark.clause("bayse.rate-limit.accounts-independent")
def test_other_caller_is_served_meanwhile(
    new_caller: NewCaller, orders: Orders, limit: Limit, put_over_limit: Press
) -> None:
    """A caller that exceeds its rate limit does not use up another caller's."""
    other = new_caller()
    accepted, _ = put_over_limit(new_caller())
    if limit.by == "batches" and not accepted:
        # Whoever has sent nothing yet is refused already: if others have spent a common budget, let it fill up again.
        other.retry_budget.wait(FILLS_UP_SECONDS)
        accepted, _ = put_over_limit(new_caller())

    # As much as the first caller could spend at first, so that nothing that may be left of a common budget pays for it.
    answer = answered(other.cancel_batch(orders.unknown(100 if accepted else 1), limit_asked=True))

    assert answer.status != 429, "other-account-refused"


@pytest.mark.clause("bayse.rate-limit.status-429")
def test_batch_over_the_limit_is_rejected_with_429(
    new_caller: NewCaller, orders: Orders, together: Together, limit: Limit
) -> None:
    """A batch over the rate limit is rejected with 429, not with another status and not row by row.

    Only where most rejections have another status, in each of two rounds, is this violated: one may come from a proxy.
    """
    if limit.by is None and not limit.otherwise:
        raise NeverExercised(NOWHERE)
    for _ in range(2):
        caller, otherwise, refused = new_caller(), list[BatchAnswer](), 0
        if limit.by == "singles":
            answers = singles_at_once(caller, [(each, None) for each in orders.unknown(AT_ONCE)], together)
            reported = [answer for answer in answers if answer is not None]
            otherwise = [answer for answer in reported if not answer.accepted and answer.status != 429]
            refused = len([answer for answer in reported if answer.status == 429])
        else:
            pressed = press_by_batches(caller, unknown_batches(orders))
            otherwise, refused = [*pressed.otherwise], int(pressed.refusal is not None)
        if len(otherwise) <= refused:
            break
    if not otherwise and not refused:
        raise NeverExercised(f"the limit was met once ({limit}), and not when it was tried again")
    if len(otherwise) > refused:
        raise Violation(
            "what is over the limit to be refused with 429",
            f"{len(otherwise)} answers like {otherwise[0]!r}",
            kind="other-status",
        )


@pytest.mark.clause("bayse.rate-limit.status-429")
@pytest.mark.deepens
@pytest.mark.parametrize("choice", CHOSEN)
def test_client_chosen_values_do_not_raise_the_rate_limit(
    new_caller: NewCaller, orders: Orders, together: Together, limit: Limit, choice: str
) -> None:
    """A caller over the limit is rejected, whatever its requests state about their origin and however they are sent."""
    if limit.by is None:
        raise NeverExercised(NOWHERE)

    changing = new_caller().varying(CHOSEN[choice])
    first = changing.cancel_batch(orders.unknown(1), limit_asked=True)
    if not first.accepted and first.status != 429:
        raise NeverExercised(f"a request with its own {choice} got {first!r}")

    started = time.monotonic()
    pressed = press_likewise(changing, limit, orders, together)

    if pressed.refusal is None:
        ids = 100 * BATCHES if limit.by == "batches" else SINGLES
        seconds_per_id = (time.monotonic() - started) / ids
        plain = new_caller()
        if pressed.otherwise or not FillRate(plain, seconds_per_id).comparable:
            raise NeverExercised(f"no 429 to {ids} ids, {len(pressed.otherwise)} batches of which went otherwise")
        if press_likewise(plain, limit, orders, together, seconds_per_id).refusal is None:
            raise NeverExercised(f"{limit}; none at the pace of the requests with a {choice} of their own")
        raise Violation(
            f"a caller to be refused with 429 for as many ids, whether each request has a {choice} of its own or not",
            f"without it came a 429; with it {ids} ids were sent faster, and none",
            kind="further-budget",
        )


@pytest.mark.clause("bayse.rate-limit.enforced")
def test_limit_is_enforced(limit: Limit, observe: Callable[[str], None]) -> None:
    """After how many ids, if at all, is a caller rate-limited?"""
    observe(str(limit))
