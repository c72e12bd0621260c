"""A batch is one transaction (batch-cancel page, description)."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from fixtures.states import Arm
from venue_conformance.client.caller import require_armed
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.client.wording import as_json, listed
from venue_conformance.contract.manifest import Need
from venue_conformance.errors import NeverExercised, NotTested, Presupposed, Violation
from venue_conformance.histories import LinearizabilityUnknown, NotLinearizable, check_linearizability
from venue_conformance.target.state_values import ProvisionedOrder, read_statuses
from venue_conformance.venues.predictstreet.answer import NOT_FOUND, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import LIFE_CYCLE, operation
from venue_conformance.venues.predictstreet.transient import PAUSES

pytestmark = pytest.mark.many_orders
Rested = Callable[[int], PredictStreetCaller]
Together = Callable[[Sequence[Callable[[], BatchAnswer]]], list[BatchAnswer]]
Answers = list[tuple[list[str], BatchAnswer]]
Others = Callable[[PredictStreetCaller], Sequence[PredictStreetCaller]]
RACERS = 4
#: So often is a race run anew in which no two batches overlapped.
TRIES = 3
#: For how many milliseconds each batch of a race is held inside the venue: the longer, the more they overlap.
HOLD = 60
rounds = pytest.mark.parametrize(
    "hold",
    [0, pytest.param(0, marks=pytest.mark.deepens), pytest.param(HOLD, marks=pytest.mark.deepens)],
    ids=["first", "second", "held"],
)


@pytest.fixture
def concurrent_batches(
    rested: Rested, orders: Orders, together: Together, held_request: Arm
) -> Callable[..., Iterator[Answers]]:
    """Runs a race until two of its batches have overlapped, and hands out what each try told.

    ``others`` are further callers who send for the racer's wallet. Raises NotTested when no two ever overlapped.
    """

    def run(hold: int, others: Others = lambda _: ()) -> Iterator[Answers]:
        for _ in range(TRIES):
            racer = rested(RACERS)
            provisioned = orders.make(60, owner=racer)
            if hold:
                held_request(racer, milliseconds=hold, count=RACERS)
            answers = race([racer, *others(racer)], together, overlapping_batches(provisioned))
            yield answers
            if overlapped([answer for _, answer in answers]):
                break
        else:
            raise NeverExercised(f"no two of {RACERS} concurrent batches overlapped in {TRIES} tries")

    return run


def overlapped(answers: Sequence[BatchAnswer]) -> bool:
    """Whether a second batch was on its way before the first was answered."""
    answered = min(answer.exchange.finished for answer in answers)
    return sum(answer.exchange.started < answered for answer in answers) > 1


def overlapping_batches(orders: list[ProvisionedOrder]) -> list[list[ProvisionedOrder]]:
    """As many batches as there are racers: different parts of the orders, in different order."""
    third = len(orders) // 3
    return [orders, orders[::-1], orders[third:] + orders[:third], orders[third:]]


def race(racers: Sequence[PredictStreetCaller], together: Together, batches: list[list[ProvisionedOrder]]) -> Answers:
    """Send the batches at one moment, the racers in turn; each with its answer."""
    pairs = zip(itertools.cycle(racers), batches, strict=False)
    answers = together([partial(racer.cancel_batch, batch, as_it_comes=True) for racer, batch in pairs])
    return [([order.order_id for order in batch], answer) for batch, answer in zip(batches, answers, strict=True)]


def cancelled_twice(answers: Answers) -> list[str]:
    """The orders that more than one answer calls cancelled."""
    times = Counter(order_id for _, answer in answers if answer.succeeded for order_id in answer.cancelled_ids)
    return [order_id for order_id, count in times.items() if count > 1]


@pytest.mark.clause("predictstreet.atomicity.cancelled-once")
@rounds
def test_overlapping_batches_cancel_each_order_once(
    concurrent_batches: Callable[..., Iterator[Answers]], hold: int
) -> None:
    """Of concurrent batches that name the same orders, exactly one cancels each order."""
    for answers in concurrent_batches(hold):
        assert cancelled_twice(answers) == [], "cancelled-twice"


@pytest.mark.clause("predictstreet.atomicity.cancelled-once")
@rounds
@pytest.mark.deepens
def test_overlapping_batches_of_two_keys_cancel_each_order_once(
    concurrent_batches: Callable[..., Iterator[Answers]],
    second_key: Callable[[PredictStreetCaller], PredictStreetCaller],
    hold: int,
) -> None:
    """Of concurrent batches by two keys of one wallet, which spell it differently, exactly one cancels each order."""

    def in_capitals(racer: PredictStreetCaller) -> PredictStreetCaller:
        return second_key(racer).acting_for(f"0x{racer.wallet[2:].upper()}")

    for answers in concurrent_batches(hold, lambda racer: [in_capitals(racer)]):
        assert cancelled_twice(answers) == [], "cancelled-twice"


@pytest.mark.clause("predictstreet.atomicity.serial")
@rounds
def test_overlapping_batches_are_serializable(concurrent_batches: Callable[..., Iterator[Answers]], hold: int) -> None:
    """Some serial order of whole batches leads to the responses that were received."""
    for answers in concurrent_batches(hold):
        ran_one_after_the_other(answers)


def ran_one_after_the_other(answers: Answers) -> None:
    """Raise Violation unless some order of whole batches explains their answers, NotTested when that is not decided."""
    reported = [(order_id, answer) for ids, answer in answers if answer.succeeded for order_id in ids]
    not_found = [order_id for order_id, answer in reported if answer.reason(order_id) == NOT_FOUND]
    if not_found:
        said = "the wallet's own orders to be cancelled by one batch and already_terminal in every later one"
        raise Violation(said, f"not_found {len(not_found)} times, as for {not_found[0]}", kind="no-serial-order")
    history = [operation(f"batch {number}", ids, answer) for number, (ids, answer) in enumerate(answers, 1)]
    found = check_linearizability(history, LIFE_CYCLE, whole_batches=True)
    if isinstance(found, LinearizabilityUnknown):
        raise NotTested("too many batches overlapped to look for a serial order")
    if isinstance(found, NotLinearizable):
        cancelled = {each.name: list(each.steps.values()).count("cancelled") for each in history}
        raise Violation(
            "answers that some order of whole batches explains",
            f"no place for {found.operation.name}; orders told as cancelled, by batch: {as_json(cancelled)}",
            kind="no-serial-order",
        )


@pytest.mark.clause("predictstreet.atomicity.serial")
@pytest.mark.deepens
def test_overlapping_batches_cause_no_server_error(rested: Rested, orders: Orders, together: Together) -> None:
    """Each overlapping batch is answered as if it ran before or after the others, and not with 500."""
    failed: list[str] = []
    answers: list[BatchAnswer] = []
    for _ in range(TRIES):
        racer = rested(RACERS + 1)
        batches = overlapping_batches(orders.make(60, owner=racer))
        answers = together([partial(racer.cancel_batch, batch, limit_asked=True) for batch in batches])
        errors = [answer for answer in answers if answer.status == 500]
        if not errors:
            break
        alone = racer.cancel_batch(orders.make(1, owner=racer), limit_asked=True)
        if not alone.succeeded:
            raise Presupposed("lifecycle.open-cancelled", f"a batch alone was answered {alone!r}")
        failed.append(f"{len(errors)} of {len(answers)} got 500: {errors[0]!r}")
    else:
        expected = "overlapping batches to be answered as if they had run one after the other, as a batch alone is"
        raise Violation(expected, f"in each of {TRIES} races some failed; at last {failed[-1]}", kind="server-error")
    if not overlapped(answers):
        raise NeverExercised(f"no two of {RACERS} concurrent batches overlapped")


@pytest.mark.clause("predictstreet.atomicity.no-partial-view")
@pytest.mark.parametrize(
    "hold",
    [pytest.param(0, marks=pytest.mark.smoke), pytest.param(150, marks=pytest.mark.deepens)],
    ids=["as it comes", "held"],
)
def test_no_partial_batch_is_visible(
    session: Session,
    rested: Rested,
    orders: Orders,
    held_request: Arm,
    hold: int,
) -> None:
    """A client that reads while a batch of 100 runs sees all of its cancellations or none."""
    # The venue's own read tells of one order at a time.
    orders.note(Need("order statuses", "read", "at once"))
    agent = rested(1)
    batch = orders.make(100, owner=agent)
    ids = [order.order_id for order in batch]
    if hold:
        held_request(agent, milliseconds=hold)
    over, views = threading.Event(), [set[str]()]

    def read() -> None:
        last = False
        while not last:
            last = over.is_set()
            statuses = read_statuses(session.states.setup("order statuses", {"orderIds": ids}), ids)
            views.append({order_id for order_id, status in statuses.items() if status == "cancelled"})

    with ThreadPoolExecutor(max_workers=2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            answer = agent.cancel_batch(batch, as_it_comes=True)
            orders.poll_until([order for order in batch if answer.cancelled(order.order_id)])
        finally:
            over.set()
        for reader in readers:
            reader.result()

    # What is called cancelled and never comes to be is no matter of this clause.
    cancelled_ids = {order_id for order_id in ids if answer.cancelled(order_id)} & set().union(*views)
    if len(cancelled_ids) < 2:
        raise Presupposed("lifecycle.read-back", f"{len(cancelled_ids)} of 100 orders came to read as cancelled")
    parts = [len(view & cancelled_ids) for view in views if view & cancelled_ids and not cancelled_ids <= view]
    # One part alone may be a read that was itself not quite of one moment.
    if len(parts) > 1:
        seen = f"{len(parts)} reads saw from {min(parts)} to {max(parts)} of {len(cancelled_ids)} orders cancelled"
        raise Violation("no read to see a part of a batch", seen, kind="part-seen")


@pytest.mark.clause("predictstreet.atomicity.committed-before-answer")
@pytest.mark.parametrize("count", [4, pytest.param(40, marks=pytest.mark.deepens)])
def test_batch_is_committed_when_it_is_answered(rested: Rested, orders: Orders, together: Together, count: int) -> None:
    """The next batch, over another connection, does not cancel the same orders again."""
    for pause in (*PAUSES, None):
        agent = rested(2)
        batch = orders.make(count, owner=agent)
        first = agent.cancel_batch(batch, as_it_comes=True)
        if first.cancelled_ids:
            break
        if pause is None:
            raise Presupposed("lifecycle.open-cancelled", f"a batch of {count} open orders was answered {first!r}")
        time.sleep(pause)

    [second] = together([partial(agent.cancel_batch, batch, as_it_comes=True)])

    assert [order_id for order_id in first.cancelled_ids if second.cancelled(order_id)] == [], "not-in-force"


@pytest.mark.clause("predictstreet.atomicity.failed-batch")
@pytest.mark.parametrize(
    "after_commit",
    [False, pytest.param(True, marks=pytest.mark.deepens)],
    ids=["before its effect", "after its effect"],
)
@pytest.mark.parametrize("status", [500, pytest.param(503, marks=pytest.mark.deepens)])
def test_failed_batch_cancels_all_orders_or_none(
    caller: PredictStreetCaller, orders: Orders, failing_response: Arm, status: int, after_commit: bool
) -> None:
    """A server error leaves all orders of the batch cancelled or all of them open."""
    read: dict[str, str] = {}
    for pause in (*PAUSES, None):
        *batch, control = orders.open(5)
        failing_response(caller, status, after_commit=after_commit)
        require_armed(caller.cancel_batch(batch), status)
        caller.cancel_batch([control])
        read = orders.after(control, batch, for_good=False)
        if len(set(read.values())) == 1 or pause is None:
            break
        # An order of it may have been unknown, which nobody was told: then it is another one, or none, the next time.
        time.sleep(pause)

    if len(set(read.values())) > 1:
        expected = f"a batch of four open orders that is answered {status} to have cancelled all of them or none"
        raise Violation(
            expected,
            f"in each of four tries some and not others; at last {listed(sorted(read.values()))}",
            kind="partly-carried-out",
        )
