"""How a PredictStreet target is pressed under load, and what its answers are held against (batch-cancel page).

An order whose cancel failed for a transient cause is reported as ``unknown`` and stays open: that is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from venue_conformance.client.load_isolation import Bystanders, greedy_round, judge_bystanders
from venue_conformance.client.under_load import (
    Done,
    LoadCheck,
    LoadScript,
    Round,
    RoundKind,
    RoundPart,
    UserGroup,
    behind,
    earlier_operations,
    fill,
    hold,
    judge_ends,
    operations_of,
    require_fills,
)
from venue_conformance.errors import NotTested, Violation
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet import history, oracle
from venue_conformance.venues.predictstreet.answer import CANCELLED, LOCK_INVARIANT, SHAPE, UNKNOWN, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import MULTI_WALLET

ENDS = (history.BLAME.twice, history.BLAME.kept_open, history.BLAME.reported)
ANSWERS = (oracle.EVERY_ID, oracle.ONCE, oracle.REASONS_CLAUSE, SHAPE, history.RIGHT_REQUEST)
SERIAL = "predictstreet.atomicity.serial"
PARTIAL = "predictstreet.atomicity.no-partial-view"
COMMITTED = "predictstreet.atomicity.committed-before-answer"
LATENCY = "predictstreet.latency.bounded"
UNTOUCHED, UNNAMED = "predictstreet.isolation.foreign-untouched", "predictstreet.isolation.unnamed-untouched"
REFUSED_CANCELS_NOTHING = "predictstreet.rate-limit.refused-cancels-nothing"
INDEPENDENT = "predictstreet.rate-limit.accounts-independent"
_SIZE = 6
#: Reads of one batch while it runs; one that saw a part of it may itself not quite be of one moment.
_READS, _PARTIAL_READS, _READ_SIZE = 40, 2, 30
#: A batch of 100 is compared with batches of one over so many pairs. The numbers are those of a run's own check.
_PAIRS, _FACTOR, _SECONDS = 5, 3.0, 0.4

_OVERLAPPING = LoadCheck(
    "overlapping batches",
    "Batches that share orders are answered as if they had run one after the other, and each order is cancelled once.",
    tuple(dict.fromkeys((*ENDS, *ANSWERS, SERIAL))),
    SERIAL,
)
_TWO_KEYS = LoadCheck(
    "two keys of one wallet",
    "Batches by two keys of one wallet are answered as if they had run one after the other.",
    tuple(dict.fromkeys((*ENDS, *ANSWERS, SERIAL))),
    SERIAL,
)
_AT_ONCE_AGAIN = LoadCheck(
    "a batch sent again at once",
    "What a batch has cancelled is in force when its answer comes: the next batch finds it so.",
    (COMMITTED, *ANSWERS),
    history.RIGHT_REQUEST,
)
_FILLS = LoadCheck(
    "cancels against fills",
    "An order that is cancelled and filled at one moment ends as one of the two, and every answer agrees.",
    tuple(dict.fromkeys((*ENDS, *ANSWERS, history.BLAME.filled))),
    history.RIGHT_REQUEST,
)
_READERS = LoadCheck(
    "reads while a batch runs",
    "Whoever reads while a batch runs sees all of its cancellations or none.",
    (PARTIAL,),
    history.RIGHT_REQUEST,
)
_STRANGERS = LoadCheck(
    "orders of other wallets",
    "Under load too, no batch changes an order of another wallet, or one that it does not name.",
    (
        oracle.MIXED,
        oracle.EVERY_ID,
        oracle.ONCE,
        oracle.REASONS_CLAUSE,
        SHAPE,
        *(oracle.CLAUSES[kind] for kind in ("own open", "foreign open", "unknown")),
        UNTOUCHED,
        UNNAMED,
        history.BLAME.reported,
    ),
    oracle.MIXED,
)
_GREED = LoadCheck(
    "a wallet beyond its budget",
    "What is refused with 429 cancels nothing, and costs no other wallet its budget.",
    (REFUSED_CANCELS_NOTHING, INDEPENDENT),
    REFUSED_CANCELS_NOTHING,
    greedy=True,
)
_LATENCY = LoadCheck(
    "latency of large batches",
    "Batches of 100 ids are compared with batches of one, in turn, under the same load.",
    (LATENCY,),
    history.RIGHT_REQUEST,
)


def _overlapping(group: UserGroup) -> Round:
    return _race(group, [_own(group)])


def _two_keys(group: UserGroup) -> Round:
    own = _own(group)
    second = group.caller_of("second key", {"partner_kind": MULTI_WALLET})
    assert isinstance(second, PredictStreetCaller), "a caller of PredictStreet"
    if second.account.credentials["partner_kind"] != MULTI_WALLET:
        raise NotTested("there is no multi_wallet key beside the group's own", "caller")
    return _race(group, [own, second.acting_for(own.wallet)])


def _race(group: UserGroup, callers: Sequence[PredictStreetCaller]) -> Round:
    opened = group.open(_SIZE + 2)
    again = group.ended[:1]
    hold(group)
    parts = []
    for number in range(group.size):
        batch = [opened[(number + place) % len(opened)] for place in range(_SIZE)]
        # Neighbours share all but one order, and name them in another sequence.
        batch = [*batch[:: -1 if number % 2 else 1], *(order for order, _ in again)]
        parts.append(_cancel(group, f"batch{number + 1}", batch, callers[number % len(callers)]))
    shared = [*opened, *(order for order, _ in again)]

    def judge(dones: Sequence[Done]) -> None:
        told = [*earlier_operations(again), *_told(group, dones)]
        judge_ends(group, shared, told, history.BLAME, named=_settled(dones))

    return Round(parts, judge)


def _at_once_again(group: UserGroup) -> Round:
    opened = group.open(_SIZE)
    first = _cancel(group, "first", opened)

    def judge(dones: Sequence[Done]) -> None:
        # Another user takes it: over another connection.
        [second] = group.run([_cancel(group, "second", opened)])
        if not (dones[0].answered and second.answered):
            return
        answers = [dones[0].result, second.result]
        if not all(answer.succeeded for answer in answers):
            return
        for done in (dones[0], second):
            _judge_answer(group, done)
        twice = [order_id for order_id in answers[0].cancelled_ids if answers[1].cancelled(order_id)]
        group.assess.expect(
            not twice,
            "a batch that is sent after an answer to find cancelled what that reports",
            f"{len(twice)} of {len(opened)} orders cancelled once more",
            COMMITTED,
            kind="not-in-force",
        )

    return Round([first], judge)


def _against_fills(group: UserGroup) -> Round:
    require_fills(group)
    opened = group.open(_SIZE)
    fills = [fill(group, f"fill{number + 1}", opened[number]) for number in range(max(1, group.size // 2))]
    cancels = [
        behind(group, _cancel(group, f"batch{number + 1}", opened), "fill")
        for number in range(max(1, group.size - len(fills)))
    ]

    def judge(dones: Sequence[Done]) -> None:
        # Whole batches are judged where nothing but batches ran.
        blame = history.BLAME
        judge_ends(group, opened, _told(group, dones), blame, named=_settled(dones))

    return Round([*fills, *cancels], judge)


def _readers(group: UserGroup) -> Round:
    opened = group.open(_READ_SIZE)
    ids = [order.order_id for order in opened]
    group.at_once(ids)  # NotTested where the target cannot tell what is so at one moment
    hold(group)

    def read() -> list[set[str]]:
        views = []
        for _ in range(_READS):
            statuses = group.at_once(ids)
            views.append({order_id for order_id, status in statuses.items() if status == CANCELLED})
            if len(views[-1]) == len(ids):
                break
        return views

    readers = [RoundPart(f"read{number + 1}", read, sends=False, tokens=0) for number in range(min(2, group.size - 1))]
    if not readers:
        raise NotTested("one user alone cannot read while another one's batch runs", cause="condition")

    def judge(dones: Sequence[Done]) -> None:
        [batch, *read] = dones
        views = [view for done in read for view in done.result or ()]
        if not (batch.answered and batch.result.succeeded):
            return
        cancelled = {order_id for order_id in ids if batch.result.cancelled(order_id)} & set().union(*views)
        if len(cancelled) < 2:
            return
        parts = [len(view & cancelled) for view in views if view & cancelled and not cancelled <= view]
        seen = f"{len(parts)} reads saw from {min(parts, default=0)} to {max(parts, default=0)} of {len(cancelled)}"
        group.assess.expect(
            len(parts) < _PARTIAL_READS, "no read to see a part of a batch", seen, PARTIAL, kind="part-seen"
        )

    return Round([_cancel(group, "batch", opened), *readers], judge)


def _strangers(group: UserGroup) -> Round:
    foreign = group.kept("foreign", 1, owner=group.caller_of("stranger"))
    unnamed = group.kept("unnamed", 1)
    opened = group.open(group.size)
    batches: list[list[oracle.BatchId]] = []
    for order in opened:
        batch = [
            oracle.BatchId(order.order_id, "own open"),
            oracle.BatchId(foreign[0].order_id, "foreign open"),
            oracle.BatchId(group.unknown(1)[0], "unknown"),
        ]
        group.random.shuffle(batch)
        batches.append(batch)
    parts = [
        _cancel_ids(group, f"batch{number}", [each.order_id for each in batch])
        for number, batch in enumerate(batches, 1)
    ]

    def judge(dones: Sequence[Done]) -> None:
        cancelled = []
        for done, order, batch in zip(dones, opened, batches, strict=True):
            if not done.answered or done.result.status == 429 or done.result.transient_ids:
                continue
            oracle.judge(batch, done.result, group.assess)
            if done.result.succeeded and done.result.cancelled(order.order_id):
                cancelled.append(order)
        bystanders = (
            Bystanders(foreign, UNTOUCHED, "another wallet's order"),
            Bystanders(unnamed, UNNAMED, "an order that no batch names"),
        )
        judge_bystanders(group, cancelled, history.BLAME.reported, bystanders)

    return Round(parts, judge)


def _greed(group: UserGroup) -> Round:
    """Twenty requests at once of one wallet, far beyond the documented budget; the group's own keeps to its."""
    greedy = group.caller_of("greedy")
    assert isinstance(greedy, PredictStreetCaller), "a caller of PredictStreet"
    opened = group.open(20, owner=greedy)

    def send(order: ProvisionedOrder) -> BatchAnswer:
        return greedy.cancel_batch([order], limit_asked=True)

    modest = _cancel(group, "modest", group.open(1))
    return greedy_round(group, opened, send, modest, cancels_nothing=REFUSED_CANCELS_NOTHING, independent=INDEPENDENT)


def _latency(group: UserGroup) -> Round:
    """One batch of one order and one of a hundred, in turn; what they took is judged once there are enough."""
    sizes = (1, 100) if group.random.random() < 0.5 else (100, 1)
    batches = {size: group.open(size) for size in sizes}

    def judge(dones: Sequence[Done]) -> None:
        done = [*dones, *group.run([_cancel(group, f"of-{sizes[1]}-", batches[sizes[1]])])]
        for size, each in zip(sizes, done, strict=True):
            if each.answered and each.result.succeeded:
                exchange = each.result.exchange
                group.measure(f"batch of {size}", exchange.finished - exchange.started)
        one, hundred = group.measured("batch of 1"), group.measured("batch of 100")
        if min(len(one), len(hundred)) < _PAIRS:
            return
        # The quickest of them: one that was slow only because the machine had other work to do says nothing.
        usual, quickest = median(one), min(hundred)
        group.assess.expect(
            quickest <= _FACTOR * usual or quickest - usual <= _SECONDS,
            f"100 ids to take at most {_FACTOR:g} times as long as 1 id, or at most {_SECONDS:g} s longer",
            f"a median of {usual:.3f} s for 1 id, and for 100 at least {quickest:.3f} s",
            LATENCY,
            kind="too-slow",
        )

    return Round([_cancel(group, f"of-{sizes[0]}-", batches[sizes[0]])], judge)


def _told(group: UserGroup, dones: Sequence[Done]) -> list[Operation]:
    """What batches and fills say happened to their orders."""
    return operations_of(
        dones,
        lambda answer, batch: history.events(answer, batch, group.assess),
        lambda done: _judge_answer(group, done),
    )


def _judge_answer(group: UserGroup, done: Done) -> None:
    """An answer reports each id of its batch once, and no other."""
    try:
        oracle.judge_ids([oracle.BatchId(order_id, "own open") for order_id in done.batch], done.result, group.assess)
    except Violation as violation:
        group.assess.report(violation)


def _settled(dones: Sequence[Done]) -> set[str]:
    """The ids of which an answer tells an end: not those whose cancel failed, or was refused."""
    return {
        order_id
        for done in dones
        if done.answered and isinstance(done.result, BatchAnswer) and done.result.succeeded
        for order_id in done.batch
        if done.result.reason(order_id) not in (UNKNOWN, LOCK_INVARIANT)
    }


def _cancel(
    group: UserGroup, name: str, batch: Sequence[ProvisionedOrder], caller: PredictStreetCaller | None = None
) -> RoundPart:
    return _cancel_ids(group, name, [order.order_id for order in batch], caller)


def _cancel_ids(
    group: UserGroup, name: str, ids: Sequence[str], caller: PredictStreetCaller | None = None
) -> RoundPart:
    sender, wallet = caller or _own(group), _own(group).wallet
    return RoundPart(name, lambda: sender.cancel_batch(ids, limit_asked=True), wallet.lower(), 1, tuple(ids))


def _own(group: UserGroup) -> PredictStreetCaller:
    caller = group.caller
    assert isinstance(caller, PredictStreetCaller), "a group at PredictStreet"
    return caller


SCRIPT = LoadScript(
    kinds=(
        RoundKind(_OVERLAPPING, _overlapping, 4),
        RoundKind(_TWO_KEYS, _two_keys, 3),
        RoundKind(_AT_ONCE_AGAIN, _at_once_again, 1),
        RoundKind(_FILLS, _against_fills, 3),
        RoundKind(_READERS, _readers, 2),
        RoundKind(_LATENCY, _latency, 4),
        RoundKind(_STRANGERS, _strangers, 1),
        RoundKind(_GREED, _greed, 1),
    ),
    group=5,
)
