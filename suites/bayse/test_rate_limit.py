"""What a batch costs, and what happens to a caller who is over the limit (page 004, closing note).

How many tokens a caller may spend at once is not documented, so everything is judged against what the target itself
does. A target that never refuses anybody keeps all of this; that it does not is an observation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest

from venue_conformance.errors import NotTested, Violation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.orders import Orders

NewCaller = Callable[[], BayseCaller]
Together = Callable[[Sequence[Callable[[], BatchAnswer]]], list[BatchAnswer]]

BATCHES, SINGLES, AT_ONCE = 8, 500, 20
#: At 20 tokens a second (the page on rate limits) so many seconds pay for a batch of 100.
FILLS_UP_SECONDS = 6.0
#: Eight batches of 100 that take longer are not compared with anything.
SLOWEST_SECONDS = 5.0


class Pace:
    """Keeps a caller from spending faster than another one spent before: a budget fills up while batches take time.

    ``seconds_per_id`` is what the other one took for each id. Whatever fills a budget up, and however often, fills it
    up as far for a caller who takes longer. Where that would take too long nobody is kept from anything, and only that
    nobody is refused says something.
    """

    def __init__(self, caller: BayseCaller, seconds_per_id: float) -> None:
        self._comparable = seconds_per_id * 100 * BATCHES <= SLOWEST_SECONDS
        self._seconds_per_id = 1.5 * seconds_per_id if self._comparable else 0.0
        self._caller, self._next = caller, time.monotonic()

    def wait(self, ids: int) -> None:
        """Wait until so many ids may be sent; time that was lost before is not made up for."""
        self._caller.patience.wait(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._seconds_per_id * ids

    def compared(self) -> None:
        """Raise NotTested when a refusal of the caller who was to be kept to this pace says nothing."""
        if not self._comparable:
            raise NotTested("batches of 100 take so long that a budget fills up meanwhile, and nothing can be compared")


def until_refused(
    caller: BayseCaller, batches: Iterator[list[str]], seconds_per_id: float = 0.0
) -> tuple[int, BatchAnswer | None]:
    """Send batches until one answers 429; how many were accepted before, and that answer (None: never)."""
    accepted, pace = 0, Pace(caller, seconds_per_id)
    for batch in islice(batches, BATCHES):
        pace.wait(100)
        answer = caller.cancel_batch(batch, limit_asked=True)
        if answer.status == 429:
            pace.compared()
            return accepted, answer
        accepted += 1
    return accepted, None


def unknown_batches(orders: Orders) -> Iterator[list[str]]:
    """Batches of 100 ids that name no order."""
    while True:
        yield orders.unknown(100)


def at_once(caller: BayseCaller, ids: Sequence[str], together: Together) -> bool:
    """Whether none of so many single ids, sent at one moment, is refused with 429."""
    answers = together([lambda one=one: caller.cancel_batch([one], limit_asked=True) for one in ids])  # type: ignore[misc]
    return all(answer.status != 429 for answer in answers)


def singles_refused(caller: BayseCaller, orders: Orders, together: Together, seconds_per_id: float) -> int | None:
    """How many single ids were sent, 20 at a time, until one answered 429; None when none did."""
    pace = Pace(caller, seconds_per_id)
    for sent in range(0, SINGLES, AT_ONCE):
        pace.wait(AT_ONCE)
        if not at_once(caller, orders.unknown(AT_ONCE), together):
            pace.compared()
            return sent + AT_ONCE
    return None


@pytest.mark.clause("bayse.rate-limit.one-token-per-id")
def test_a_batch_costs_a_token_for_each_id(new_caller: NewCaller, orders: Orders, together: Together) -> None:
    """Who is limited when sending single ids is limited when sending as many in batches."""
    started = time.monotonic()
    accepted, refusal = until_refused(new_caller(), unknown_batches(orders))
    if refusal is not None:
        return
    seconds_per_id = (time.monotonic() - started) / (100 * accepted)

    sent = singles_refused(new_caller(), orders, together, seconds_per_id)

    if sent is None:
        return
    # A limit on requests or connections, of whomever, is another matter: it meets who has spent nothing as well.
    if not at_once(new_caller(), orders.unknown(AT_ONCE), together):
        raise NotTested("single ids are refused also when their caller has spent nothing: that limit is on no id")
    raise Violation(
        f"a caller who is refused within {sent} single ids to be refused within {accepted} batches of 100",
        f"all {accepted} batches were accepted",
    )


@pytest.mark.clause("bayse.rate-limit.every-id-charged")
def test_ids_that_name_no_order_cost_as_much(new_caller: NewCaller, orders: Orders) -> None:
    """Who is limited for batches of own orders is limited for batches of unknown ids."""
    started = time.monotonic()
    accepted, refusal = until_refused(new_caller(), unknown_batches(orders))
    if refusal is not None:
        return
    seconds_per_id = (time.monotonic() - started) / (100 * accepted)
    owner = new_caller()
    own = [order.order_id for order in orders.make(100 * BATCHES, "open", owner=owner)]

    batches = (own[at : at + 100] for at in range(0, len(own), 100))
    own_accepted, own_refusal = until_refused(owner, batches, seconds_per_id)

    if own_refusal is not None:
        raise Violation(
            f"a caller who is refused after {own_accepted} batches of own orders to be refused for unknown ids, too",
            f"all {accepted} batches of unknown ids were accepted",
        )


@pytest.mark.clause("bayse.rate-limit.refused-cancels-nothing")
def test_a_batch_refused_for_the_limit_cancels_nothing(new_caller: NewCaller, orders: Orders) -> None:
    """All orders of a batch that answered 429 are still open."""
    owner = new_caller()
    # The first batch is smaller, so that part of a later one could be within the budget.
    sizes = [60, *[100] * (BATCHES - 1)]
    own = orders.make(sum(sizes) + 1, "open", owner=owner)
    witness, rest = own[0], own[1:]
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        if owner.cancel_batch(batch, limit_asked=True).status == 429:
            owner.cancel_batch([witness])
            touched = [order_id for order_id, status in orders.after(witness, batch).items() if status != "open"]
            assert touched == []
            return


@pytest.mark.clause("bayse.rate-limit.accounts-independent")
def test_another_caller_is_served_meanwhile(new_caller: NewCaller, orders: Orders) -> None:
    """A caller who is over the limit takes nothing from another one's budget."""
    other = new_caller()
    accepted, refusal = until_refused(new_caller(), unknown_batches(orders))
    if refusal is not None and not accepted:
        # Whoever has sent nothing yet is refused already: if others have spent a common budget, let it fill up again.
        other.patience.wait(FILLS_UP_SECONDS)
        accepted, refusal = until_refused(new_caller(), unknown_batches(orders))
    if refusal is None:
        return

    # As much as the first caller could spend at first, so that nothing that may be left of a common budget pays for it.
    answer = other.cancel_batch(orders.unknown(100 if accepted else 1), limit_asked=True)

    assert answer.status != 429


@pytest.mark.clause("bayse.rate-limit.status-429")
def test_a_batch_over_the_limit_answers_429(new_caller: NewCaller, orders: Orders) -> None:
    """The first batch that is not carried out says so with 429: not with another status, and not row by row."""
    caller, usual = new_caller(), set[str | None]()
    for batch in islice(unknown_batches(orders), BATCHES):
        answer = caller.cancel_batch(batch, limit_asked=True)
        if not answer.succeeded:
            assert answer.status == 429
            return
        reasons = {answer.reason(order_id) for order_id in answer.ids}
        usual = usual or reasons
        assert reasons == usual


@pytest.mark.clause("bayse.rate-limit.retry-after")
def test_a_429_says_when_to_come_back(new_caller: NewCaller, orders: Orders) -> None:
    """Retry-After of a 429 is a whole number of seconds, at least one."""
    _, refusal = until_refused(new_caller(), unknown_batches(orders))
    if refusal is None:
        return

    seconds = refusal.header("Retry-After")

    assert seconds is not None
    assert seconds.isdigit()
    assert int(seconds) >= 1


@pytest.mark.clause("bayse.rate-limit.enforced")
def test_whether_there_is_a_limit(new_caller: NewCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """After how many ids is a caller refused?"""
    accepted, refusal = until_refused(new_caller(), unknown_batches(orders))

    observe(f"{accepted} batches of 100 in a row, then {'429' if refusal else 'no refusal yet'}")
