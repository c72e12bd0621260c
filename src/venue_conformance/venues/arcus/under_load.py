"""How an Arcus target is pressed under load, and what its answers are held against (batch-cancel page).

Nothing is promised of a batch as a whole, and a 202 tells no end, so that each order is judged alone: by what it comes
to read as, by the rows of a 200, and by the last event of its channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from venue_conformance.client.expected import CANCELLED, ExpectedOrder, compare
from venue_conformance.client.polling import Polling
from venue_conformance.client.races import FILLED, FILLS, labels_of
from venue_conformance.client.under_load import (
    Done,
    LoadCheck,
    LoadScript,
    Round,
    RoundKind,
    RoundPart,
    UserGroup,
    behind,
    fill,
    hold,
    judge_untouched,
    require_fills,
    unknown_operations,
)
from venue_conformance.errors import NotTested, Unreachable
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.target.tls import ssl_context
from venue_conformance.venues.arcus import history, model, oracle
from venue_conformance.venues.arcus.answer import CANCELED, BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.channel import OrdersChannel, channel_url
from venue_conformance.wire.channel import Channel

FILLED_INSTEAD = "arcus.channel.filled-instead"
EVENT = "arcus.channel.event-per-cancelled-order"
_SIZE = 3
#: In one of so many rounds against fills, and of overlapping batches, a subscriber listens.
_HEARD = 2

_OVERLAPPING = LoadCheck(
    "overlapping batches",
    "Each order in batches that share orders ends as cancelled, whichever id names it and however often.",
    tuple(dict.fromkeys((*history.CLAUSES, EVENT))),
    oracle.SUCCESS,
)
_FILLS = LoadCheck(
    "cancels against fills",
    "An order that fills during its cancel stays filled, and neither response nor channel says otherwise.",
    (*history.CLAUSES_OF_FILLED, FILLED_INSTEAD),
    oracle.SUCCESS,
)
_STRANGERS = LoadCheck(
    "orders of other accounts",
    "Accounts that name their own and each other's orders at one moment cancel none of each other's.",
    (
        oracle.SUCCESS,
        oracle.RESPONSES,
        oracle.ONE_ROW,
        oracle.ECHO["orderId"],
        oracle.NO_END_STATE,
        oracle.TRUE_ROWS,
        oracle.REPORTED_ROWS,
        model.OPEN_CANCELLED,
        model.FOREIGN["orderId"],
        model.UNNAMED,
    ),
    oracle.SUCCESS,
)


class _Unheard:
    """Why a target's channel cannot be reached, so that nobody waits for it again."""

    def __init__(self) -> None:
        self.reason: str | None = None


def _overlapping(group: UserGroup) -> Round:
    # Orders without a client id do as well.
    with_client_ids = group.random.random() < 0.5
    opened = group.open(_SIZE + 1, client_ids=True) if with_client_ids else group.open(_SIZE + 1)
    ways: tuple[IdKind, ...] = ("orderId", "clientId") if opened[0].client_id else ("orderId",)
    definitive = _answer(group)
    if not definitive:
        hold(group, share=0.8)
    parts = []
    for number in range(group.size):
        # Neighbours share all but one order, and name them in another sequence, or by the other id.
        batch = [opened[(number + place) % len(opened)] for place in range(_SIZE)]
        way = ways[number // 2 % len(ways)]
        parts.append(_cancel(_own(group), f"batch{number + 1}", batch[:: -1 if number % 2 else 1], way))
    heard = group.random.randrange(_HEARD) == 0

    def judge(dones: Sequence[Done]) -> None:
        batches = history.accepted(_sent(dones), group.assess)
        named = {order_id for sent in batches for order_id in sent.order_ids}
        labels = labels_of(opened)
        _read_as(group, [each for each in opened if each.order_id in named], CANCELLED, model.OPEN_CANCELLED, labels)
        told = [*history.operations(batches, named), *_unknown(dones, named)]
        history.judge(told, labels, group.assess)

    if not heard:
        return Round(parts, judge)

    def judge_heard(dones: Sequence[Done]) -> None:
        with _listening(group, opened) as channel:
            # What these came to is told while somebody listens; the others are judged by what they read as.
            more = group.open(_SIZE)
            again = group.run(
                [_cancel(_own(group), f"heard{number + 1}", more) for number in range(min(2, group.size))]
            )
            judge(dones)
            _judge_channel(group, channel, more, again)

    return Round(parts, judge_heard)


def _judge_channel(
    group: UserGroup, channel: OrdersChannel, orders: Sequence[ProvisionedOrder], dones: Sequence[Done]
) -> None:
    """All sources agree: an order that reads as cancelled has its event, and the last one says nothing else."""
    if not any(done.answered and isinstance(done.result, BatchAnswer) and done.result.accepted for done in dones):
        return
    read = group.statuses(orders, CANCELLED)
    cancelled = [order for order in orders if read[order.order_id] == CANCELLED]
    missing = channel.missing(cancelled)
    group.assess.expect(
        not missing,
        "a CANCELED event for every order of the account that a batch cancelled",
        f"none for {len(missing)} of {len(cancelled)}",
        EVENT,
        kind="no-event",
    )
    for order in cancelled:
        reported = channel.last_reported(order)
        if order not in missing:
            group.assess.expect(
                reported == CANCELED,
                "the last event of an order that reads as cancelled to say so",
                reported or "no event",
                model.CONSISTENT,
                kind="sources-disagree",
            )


def _against_fills(group: UserGroup) -> Round:
    require_fills(group)
    opened = group.open(_SIZE)
    _answer(group)
    fills = [fill(group, f"fill{number + 1}", opened[number % _SIZE]) for number in range(max(1, group.size // 2))]
    cancels = [_cancel(_own(group), f"batch{number + 1}", opened) for number in range(max(1, group.size - len(fills)))]
    parts = _in_some_order(group, fills, cancels)

    def judge(dones: Sequence[Done]) -> None:
        _judge_filled(group, opened, dones)

    if group.random.randrange(_HEARD):
        return Round(parts, judge)

    def judge_heard(dones: Sequence[Done]) -> None:
        judge(dones)
        more = group.open(_SIZE)
        with _listening(group, more) as channel:
            again = group.run(
                _in_some_order(
                    group,
                    [fill(group, f"fill{number + 1}", order) for number, order in enumerate(more[:-1])],
                    [_cancel(_own(group), "batch1", more)],
                )
            )
            right = _judge_filled(group, more, again)
            filled = [order for order in more if order.order_id in right]
            channel.last_says(filled, history.SAYS_FILLED)
            for order in filled:
                reported = channel.last_reported(order)
                group.assess.expect(
                    reported == history.SAYS_FILLED,
                    "FILLED as the last event of an order that filled while its accepted cancel was under way",
                    reported or "no event that says how it stands",
                    FILLED_INSTEAD,
                    kind="filled-not-reported",
                )

    return Round(parts, judge_heard)


def _in_some_order(group: UserGroup, fills: Sequence[RoundPart], cancels: Sequence[RoundPart]) -> list[RoundPart]:
    """Fills first, or cancels: these are accepted a while before they take effect, and a fill may come in between."""
    if group.random.random() < 0.5:
        return [*fills, *(behind(group, each, "fill") for each in cancels)]
    return [*cancels, *(behind(group, each, "batch") for each in fills)]


def _judge_filled(group: UserGroup, opened: Sequence[ProvisionedOrder], dones: Sequence[Done]) -> set[str]:
    """Judge what was told of orders that were filled; the ids of those of an accepted batch that read so."""
    labels = labels_of(opened)
    fills = [
        Operation(done.name, done.start, done.end, dict.fromkeys(done.batch, FILLS))
        for done in dones
        if done.result == FILLS
    ]
    filled = {order_id for each in fills for order_id in each.steps}
    if not filled or not _effects_show(group):
        return set()
    ended = [order for order in opened if order.order_id in filled]
    right = _read_as(group, ended, FILLED, model.FINISHED, labels)
    told = [each for each in fills if right.issuperset(each.steps)]
    told += [*history.operations(_sent(dones), right), *_unknown(dones, right)]
    history.judge(told, labels, group.assess)
    accepted = {order_id for sent in _sent(dones) if sent.answer.accepted for order_id in sent.order_ids}
    return right & accepted


def _strangers(group: UserGroup) -> Round:
    own, other = _own(group), group.caller_of("stranger")
    assert isinstance(other, ArcusCaller), "a caller of Arcus"
    foreign, unnamed = group.kept("foreign", 2, owner=other), group.kept("unnamed", 1)
    theirs_kept = group.kept("own that the other names", 2)
    if not _answer(group):
        hold(group, share=1.0)
    own_orders, other_orders = group.open(group.size), group.open(group.size, owner=other)
    parts, wanted = [], []
    for number in range(group.size):
        # In turn: own ones and foreign ones alone, and those that the other account names.
        mine = number % 2 == 0
        caller, order = (own, own_orders[number]) if mine else (other, other_orders[number])
        parts.append(_cancel(caller, f"batch{number + 1}", [order]))
        wanted.append(order)
    parts[-1:] = [_cancel(own, "foreign1", foreign), _cancel(other, "foreign2", theirs_kept)]
    wanted.pop()

    def judge(dones: Sequence[Done]) -> None:
        taken: dict[str, tuple[BatchAnswer, ProvisionedOrder]] = {}
        for done, order in zip(dones, wanted, strict=False):
            if not done.answered or done.result.status == 429:
                continue
            if _overtaken(done, dones):
                continue
            oracle.judge_answer(
                done.result, [oracle.AskedElement(done.result.elements[0], "open", order)], group.assess
            )
            if done.result.accepted:
                taken[order.order_id] = done.result, order
        orders = [order for _, order in taken.values()]
        read = dict.fromkeys(_read_as(group, orders, CANCELLED, model.OPEN_CANCELLED, labels_of(orders)), CANCELLED)
        for answer, order in taken.values():
            if order.order_id in read and answer.rows_of(answer.elements[0]):
                oracle.judge_fates(answer, [oracle.AskedElement(answer.elements[0], "open", order)], read, group.assess)
        if taken and _effects_show(group):
            judge_untouched(group, [*foreign, *theirs_kept], model.FOREIGN["orderId"], "orders that only another named")
            judge_untouched(group, unnamed, model.UNNAMED, "an order that no batch names")

    return Round(parts, judge)


def _overtaken(done: Done, dones: Sequence[Done]) -> bool:
    """Whether a refusal may be for its time: a later one of the same account may have arrived before."""
    if not done.result.refused:
        return False
    caller = done.result.exchange.request.caller
    others = [each for each in dones if each.answered and isinstance(each.result, BatchAnswer) and each is not done]
    return any(each.result.exchange.request.caller == caller for each in others)


def _sent(dones: Sequence[Done]) -> list[history.SentBatch]:
    return [
        history.SentBatch(done.name, done.result, done.batch, done.start, done.end)
        for done in dones
        if done.answered and isinstance(done.result, BatchAnswer)
    ]


def _unknown(dones: Sequence[Done], named: set[str]) -> Iterator[Operation]:
    for done in dones:
        if done.unknown:
            event = FILLS if done.name.startswith("fill") else history.ACCEPTED
            yield from (each for each in unknown_operations(done, event) if named.issuperset(each.steps))


def _effects_show(group: UserGroup) -> bool:
    """Whether a right cancel sent now comes to show, and so whatever was sent before."""
    [control] = group.open(1)
    [done] = group.run([_cancel(_own(group), "control", [control])])
    if not (done.answered and done.result.accepted):
        return False
    return group.statuses([control], CANCELLED)[control.order_id] == CANCELLED


def _read_as(
    group: UserGroup, orders: Sequence[ProvisionedOrder], status: str, clause: str, labels: Mapping[str, str]
) -> set[str]:
    """Wait until the orders, open before the round, read as they must; the ids of those that do."""
    expected = []
    for order in orders:
        each = ExpectedOrder(labels[order.order_id], order, "open", order.owner, clause, frozenset({"open"}))
        each.becomes(status, clause)
        expected.append(each)
    if expected:
        compare(expected, lambda _: group.statuses(orders), Polling(group.settle_seconds).wait, group.assess)
    return {each.order_id for each in expected if each.possible == {status}}


@contextmanager
def _listening(group: UserGroup, orders: Sequence[ProvisionedOrder]) -> Iterator[OrdersChannel]:
    """A subscriber to the group's account. Raises NotTested where the channel cannot be reached."""
    session, caller = group.session, _own(group)
    url = channel_url(session.target.base_url, caller.account.credentials.get("ws_url"))
    unheard = session.kept(_Unheard)
    if unheard.reason is not None:
        raise NotTested(f"the orders channel cannot be reached: {unheard.reason}", "ws_url", cause="condition")
    session.pacer.wait(None)
    session.allowance.take_request()
    wire = Channel(
        url,
        timeout_seconds=session.target.limits.timeout_seconds,
        headers=session.target.headers_for(url),
        verify=ssl_context(session.target.tls) if url.startswith("wss") else None,
        caller=caller.name,
    )
    try:
        wire.open()
    except Unreachable as error:
        if error.fault != "reset":
            unheard.reason = str(error)
            raise NotTested(
                f"the orders channel cannot be reached: {unheard.reason}", "ws_url", cause="condition"
            ) from error
        raise
    try:
        channel = OrdersChannel(wire, caller.address, group.settle_seconds, pace=lambda: session.pacer.wait(None))
        channel.subscribe({order.account_index or 0 for order in orders})
        yield channel
    finally:
        wire.close()
        caller.recorder.add(wire.exchange)


def _answer(group: UserGroup) -> bool:
    """Have the group's batches answered in one of the two forms, where that can be had; whether it tells ends."""
    on = group.random.random() < 0.5
    return group.setup("definitive answers", {"caller": group.caller.name, "on": on}) and on


def _cancel(caller: ArcusCaller, name: str, batch: Sequence[ProvisionedOrder], by: IdKind = "orderId") -> RoundPart:
    def call() -> BatchAnswer:
        return caller.cancel_batch(batch, by=by, limit_asked=True)

    return RoundPart(name, call, caller.name, len(batch), tuple(order.order_id for order in batch))


def _own(group: UserGroup) -> ArcusCaller:
    caller = group.caller
    assert isinstance(caller, ArcusCaller), "a group at Arcus"
    return caller


SCRIPT = LoadScript(
    kinds=(
        RoundKind(_OVERLAPPING, _overlapping, 4),
        RoundKind(_FILLS, _against_fills, 4),
        RoundKind(_STRANGERS, _strangers, 3),
    ),
    group=5,
)
