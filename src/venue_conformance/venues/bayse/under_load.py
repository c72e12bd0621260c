"""How a Bayse target is pressed under load, and what its answers are held against (batch-cancel page).

Two batches that overlap may both say that they cancelled an order; nobody is accused of that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

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
    judge_untouched,
    operation,
    require_fills,
    unknown_operations,
)
from venue_conformance.errors import Violation
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import history, model, oracle
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.hang_up import HangUp

ROWS = (oracle.ONE_PER_ID, oracle.IN_ORDER, oracle.SUMMARY, model.FLAG)
ENDS = (history.BLAME.twice, history.BLAME.kept_open, history.BLAME.reported)
OVERLAP = "bayse.lifecycle.overlap-both-succeed"
AFTER_CONFLICT = "bayse.idempotency.replay-after-conflict"
REFUSED_CANCELS_NOTHING = "bayse.rate-limit.refused-cancels-nothing"
INDEPENDENT = "bayse.rate-limit.accounts-independent"
UNNAMED = "bayse.isolation.unnamed-untouched"
_SIZE = 3
#: A client that gives up does so within so many seconds after it has begun to send.
_PATIENCE = 0.02
#: The seconds between its retries, where it is told that its first request is in flight.
_PAUSES = (2.0, 3.0, 4.0)

_OVERLAPPING = LoadCheck(
    "overlapping batches",
    "Of batches that share orders each order is cancelled once, and later batches find it cancelled.",
    tuple(dict.fromkeys((*ENDS, *ROWS, model.OPTIONAL, OVERLAP))),
    history.BLAME.kept_open,
)
_KEYED = LoadCheck(
    "requests under one key",
    "However many requests share a key, the batch is carried out once, and its answer comes again.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.ONCE, model.SAME_ANSWER, model.MARKED, AFTER_CONFLICT, OVERLAP))),
    history.BLAME.kept_open,
)
_LEFT = LoadCheck(
    "clients that hang up",
    "Whoever hangs up and comes back with the same key finds the batch carried out once.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.ONCE, AFTER_CONFLICT, OVERLAP))),
    history.BLAME.kept_open,
)
_BODIES = LoadCheck(
    "bodies under one key",
    "Of different batches under one key one is carried out, and the others have no effect.",
    (history.CHANGED_BODY, history.ONCE),
    history.ONCE,
)
_FILLS = LoadCheck(
    "cancels against fills",
    "An order that is cancelled and filled at one moment ends as one of the two, and every answer agrees.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.BLAME.filled, OVERLAP))),
    history.BLAME.kept_open,
)
_STRANGERS = LoadCheck(
    "orders of other accounts",
    "Under load too, no batch changes an order of another account, or one that it does not name.",
    (
        model.FAILS_ALONE,
        oracle.ONE_PER_ID,
        oracle.IN_ORDER,
        oracle.SUMMARY,
        *(oracle.RULES[kind].clause for kind in ("open", "foreign", "unknown")),
        model.UNTOUCHED,
        UNNAMED,
        history.BLAME.reported,
    ),
    model.FAILS_ALONE,
)
_GREED = LoadCheck(
    "an account beyond its budget",
    "What is refused with 429 cancels nothing, and costs no other account its budget.",
    (REFUSED_CANCELS_NOTHING, INDEPENDENT),
    REFUSED_CANCELS_NOTHING,
    greedy=True,
)


def _overlapping(group: UserGroup) -> Round:
    opened = group.open(_SIZE + 1)
    again = group.ended[:1]
    shared = [*opened, *(order for order, _ in again)]
    parts = [
        _cancel(group, f"batch{number + 1}", _slice(shared, number, backwards=bool(number % 2)))
        for number in range(group.size)
    ]
    if again:
        # Whoever is alone may have room for few of them.
        parts[0] = _cancel(group, "batch1", [*opened[:_SIZE], again[0][0]])

    def judge(dones: Sequence[Done]) -> None:
        told = [*earlier_operations(again), *_told(group, dones)]
        judge_ends(group, shared, told, history.BLAME, named=_named(dones))

    return Round(parts, judge)


def _keyed(group: UserGroup) -> Round:
    opened = group.open(_SIZE)
    key = _bayse(group).new_idempotency_key()
    parts = [_cancel(group, f"keyed{number + 1}", opened, key) for number in range(group.size)]
    if not hold(group):
        # Every third one has no key, so that the batch may be taken from under the key's request. While one is held
        # they stay away: after them, whoever carries the batch out once more gets the same answer as the first.
        parts[2::3] = [_cancel(group, f"batch{number + 1}", opened) for number in range(len(parts[2::3]))]
    return Round(parts, lambda dones: _judge_keyed(group, opened, key, dones))


def _judge_keyed(group: UserGroup, opened: Sequence[ProvisionedOrder], key: str, dones: Sequence[Done]) -> None:
    under_key = [done for done in dones if done.name.startswith("keyed")]
    first = [done for done in under_key if done.answered]
    again = group.run([_cancel(group, "keyed again", opened, key, retry=True)])
    answered = [done for done in (*first, *again) if done.answered]
    _judge_key_answers(group, answered, all_answered=len(first) == len(under_key) and bool(first))
    told = _told(group, [done for done in dones if done not in under_key])
    told += _told_under_key(group, [*under_key, *again], opened)
    judge_ends(group, opened, told, history.BLAME, named=_named(dones))


def _judge_key_answers(group: UserGroup, answered: Sequence[Done], *, all_answered: bool) -> None:
    """Which of the answers under a key are first ones, which are replays, and which say that one is in flight."""
    done = [each for each in answered if each.result.succeeded]
    cancelled = any(row.get("success") is True for each in done for row in each.result.rows)
    unmarked = [each.name for each in done if not each.result.replayed]
    if cancelled and len(done) > 1:  # what only failed may have been tried again
        group.assess.expect(
            len(unmarked) < 2,
            "every answer under a key but the first to carry Idempotent-Replayed: true",
            f"none in the answers of {', '.join(unmarked)}",
            model.MARKED,
            kind="not-marked",
        )
    last = answered[-1] if answered else None
    if last is None or last.name != "keyed again" or last.result.status == 429 or not (all_answered and done):
        return
    met = any(each.result.status == 409 for each in answered[:-1])
    group.assess.expect(
        last.result.status != 409,
        "the first answer again once every request under the key has been answered",
        last.result,
        AFTER_CONFLICT if met else model.SAME_ANSWER,
        kind="still-in-flight",
    )
    if last.result.succeeded and done[0] is not last:
        same = last.result.same_as(done[0].result)
        group.assess.expect(
            same, f"the first answer again: {done[0].result!r}", last.result, model.SAME_ANSWER, kind="other-answer"
        )


def _told_under_key(group: UserGroup, dones: Sequence[Done], opened: Sequence[ProvisionedOrder]) -> list[Operation]:
    """What all requests under one key say together; those without an answer may be the one that was carried out."""
    ids = [order.order_id for order in opened]
    answered = [(done.name, done.result, done.start, done.end) for done in dones if done.answered]
    lost = [done for done in dones if done.unknown]
    if not answered:
        return [each for done in lost for each in unknown_operations(done)]
    if lost and all(answer.status in (409, 429) for _, answer, _, _ in answered):
        return unknown_operations(lost[0])
    told = history.keyed(answered, ids, group.assess)
    for each in told:
        _judge_rows_of(group, dones, each)
    if len(told) == 1 and told[0].name == "keyed":
        # The request that was carried out may be one of which no answer came.
        start = min(done.start for done in dones if not done.kept_back)
        told = [Operation("keyed", start, told[0].end, told[0].steps)]
    return told


def _judge_rows_of(group: UserGroup, dones: Sequence[Done], told: Operation) -> None:
    for done in dones:
        if done.answered and done.name in (told.name, "keyed1") and done.result.succeeded:
            _judge_rows(group, done)


def _left(group: UserGroup) -> Round:
    opened = group.open(_SIZE)
    caller, key = _bayse(group), _bayse(group).new_idempotency_key()
    ids = tuple(order.order_id for order in opened)

    def hang_up() -> BatchAnswer | None:
        how = HangUp(group.random.uniform(0, _PATIENCE), "closes")
        return caller.give_up_on(lambda: caller.cancel_batch(opened, idempotency_key=key, limit_asked=True), how)

    hold(group, share=1.0)
    leaving = max(1, group.size // 2)
    parts = [RoundPart(f"leaving{number + 1}", hang_up, caller.name, len(ids), ids) for number in range(leaving)]
    parts += [_cancel(group, f"keyed{number + 1}", opened, key) for number in range(group.size - leaving)]

    def judge(dones: Sequence[Done]) -> None:
        again = group.run([_cancel(group, "keyed again", opened, key, retry=True)])
        for seconds in _PAUSES:
            # Nobody knows when the first request has ended, as nobody waits for it.
            if group.out_of_time() or not (again[-1].answered and again[-1].result.status == 409):
                break
            time.sleep(seconds)
            again += group.run([_cancel(group, "keyed again", opened, key)])
        else:
            last = again[-1]
            group.assess.expect(
                not (last.answered and last.result.status == 409),
                "a retry of a client that had left to be answered once its first request had finished",
                f"{last.result!r}, more than {sum(_PAUSES):g} s later",
                AFTER_CONFLICT,
                kind="no-use-afterwards",
            )
        answered = [done for done in (*dones, *again) if done.answered]
        _judge_key_answers(group, answered, all_answered=False)
        told = _told_under_key(group, [*dones, *again], opened)
        judge_ends(group, opened, told, history.BLAME, named=_named([*dones, *again]))

    return Round(parts, judge)


def _bodies(group: UserGroup) -> Round:
    count = max(2, group.size)
    opened = group.open(count)
    key = _bayse(group).new_idempotency_key()
    parts = [_cancel(group, f"body{number}", [order], key) for number, order in enumerate(opened, 1)]
    return Round(parts, lambda dones: _judge_bodies(group, opened, dones))


def _judge_bodies(group: UserGroup, opened: Sequence[ProvisionedOrder], dones: Sequence[Done]) -> None:
    answered = [done for done in dones if done.answered]
    carried_out = {done.batch[0] for done in answered if done.result.succeeded}
    statuses = sorted({done.result.status for done in answered if not done.result.succeeded} - {409, 422, 429})
    wanted = "other bodies to be refused with 422, or 409 meanwhile"
    group.assess.expect(not statuses, wanted, f"{statuses}", history.CHANGED_BODY, kind="other-status")
    many = f"{len(carried_out)} were"
    group.assess.expect(
        len(carried_out) < 2, "one body to be carried out", many, history.CHANGED_BODY, kind="both-bodies-carried-out"
    )
    if len(answered) == len(dones) and not any(done.result.status == 429 for done in answered):
        group.assess.expect(
            bool(carried_out), "one body to be carried out", "none was", history.ONCE, kind="none-carried-out"
        )
    refused = {done.batch[0] for done in answered} - carried_out
    [control_order] = group.open(1)
    [control] = group.run([_cancel(group, "control", [control_order])])
    if not (control.answered and control.result.succeeded):
        return
    if group.statuses([control_order], "cancelled")[control_order.order_id] != "cancelled":
        return  # nothing can be said of effects that do not show
    read = group.statuses([order for order in opened if order.order_id in refused])
    changed = sorted({status for status in read.values() if status != "open"})
    group.assess.expect(
        not changed,
        "orders of refused bodies to stay open",
        ", ".join(changed),
        history.CHANGED_BODY,
        kind="other-body-carried-out",
    )


def _against_fills(group: UserGroup) -> Round:
    require_fills(group)
    opened = group.open(_SIZE)
    fills = [fill(group, f"fill{number + 1}", opened[number % len(opened)]) for number in range(group.size // 2)]
    cancels = [
        behind(group, _cancel(group, f"batch{number + 1}", opened), "fill")
        for number in range(max(1, group.size - len(fills)))
    ]
    parts = [*fills, *cancels]

    def judge(dones: Sequence[Done]) -> None:
        judge_ends(group, opened, _told(group, dones), history.BLAME, named=_named(dones))

    return Round(parts, judge)


def _strangers(group: UserGroup) -> Round:
    stranger = group.caller_of("stranger")
    foreign = group.kept("foreign", 1, owner=stranger)
    unnamed = group.kept("unnamed", 1)
    opened = group.open(group.size)
    batches: list[list[tuple[str, str]]] = []
    for order in opened:
        batch = [(order.order_id, "open"), (foreign[0].order_id, "foreign"), (group.unknown(1)[0], "unknown")]
        group.random.shuffle(batch)
        batches.append(batch)
    parts = [
        _cancel_ids(group, f"batch{number + 1}", [each for each, _ in batches[number]]) for number in range(len(opened))
    ]

    def judge(dones: Sequence[Done]) -> None:
        done_orders = []
        for done, order, batch in zip(dones, opened, batches, strict=True):
            if done.answered and done.result.status != 429:
                oracle.judge(done.result, batch, group.assess)
                if done.result.succeeded and done.result.cancelled(order.order_id):
                    done_orders.append(order)
        read = group.statuses(done_orders, "cancelled")
        missed = sorted({status for status in read.values() if status != "cancelled"})
        group.assess.expect(
            not missed,
            "orders told cancelled to read as cancelled",
            ", ".join(missed),
            history.BLAME.reported,
            kind="told-otherwise-than-read",
        )
        if done_orders and not missed:
            judge_untouched(group, foreign, model.UNTOUCHED, "another account's order")
            judge_untouched(group, unnamed, UNNAMED, "an order that no batch names")

    return Round(parts, judge)


def _greed(group: UserGroup) -> Round:
    """Batches of a hundred at once from one account, far beyond the documented budget; the group's own keeps to its."""
    greedy = group.caller_of("greedy")
    assert isinstance(greedy, BayseCaller), "a caller of Bayse"
    opened = group.open(max(2, group.size - 1), owner=greedy)

    def part(number: int, order: ProvisionedOrder) -> RoundPart:
        ids = [*group.unknown(99), order.order_id]
        # Paid from nobody's budget: to exceed it is what this is about.
        return RoundPart(
            f"greedy{number}", lambda: greedy.cancel_batch(ids, limit_asked=True), None, 0, (order.order_id,)
        )

    parts = [part(number, order) for number, order in enumerate(opened, 1)]
    modest = _cancel(group, "modest", group.open(1))

    def judge(dones: Sequence[Done]) -> None:
        *beyond, within = dones
        refused = {done.batch[0] for done in beyond if done.answered and done.result.status == 429}
        if not refused:
            return
        if within.answered:
            group.judge_within_budget(within.result.status == 429, INDEPENDENT)
        if not (within.answered and within.result.succeeded):
            return
        [order_id] = within.batch
        control = group.order(order_id)
        if group.statuses([control], "cancelled")[order_id] == "cancelled":
            orders = [order for order in opened if order.order_id in refused]
            judge_untouched(group, orders, REFUSED_CANCELS_NOTHING, "orders of batches that were refused with 429")

    return Round([*parts, modest], judge)


def _told(group: UserGroup, dones: Sequence[Done]) -> list[Operation]:
    """What batches without a key and fills say happened to their orders."""
    told: list[Operation] = []
    for done in dones:
        if done.unknown:
            told += unknown_operations(done, "filled" if done.name.startswith("fill") else "cancelled")
        elif isinstance(done.result, str):
            told.append(operation(done, dict.fromkeys(done.batch, done.result)))
        elif done.answered:
            told.append(operation(done, history.events(done.result, done.batch, group.assess)))
            if done.result.succeeded:
                _judge_rows(group, done)
                group.assess.expect(
                    not done.result.replayed,
                    "no replay in answer to a request without a key",
                    done.result.header_text("Idempotent-Replayed"),
                    model.OPTIONAL,
                    kind="marked-as-replay",
                )
    return told


def _judge_rows(group: UserGroup, done: Done) -> None:
    """The rows of an answer are those of its batch, in its order, and the summary counts them."""
    answer: BatchAnswer = done.result
    with suppress(Violation):  # what cannot be read was told of where the rows were read
        if sorted(answer.ids) == sorted(done.batch):
            came = f"{answer.ids}"
            group.assess.expect(
                answer.ids == list(done.batch),
                f"rows in the order {list(done.batch)}",
                came,
                oracle.IN_ORDER,
                kind="other-order",
            )
    try:
        oracle.judge_summary(answer, group.assess, oracle.SUMMARY)
    except Violation as violation:
        group.assess.report(violation)


def _cancel(
    group: UserGroup, name: str, batch: Sequence[ProvisionedOrder], key: str | None = None, *, retry: bool = False
) -> RoundPart:
    ids = [order.order_id for order in batch]
    return _cancel_ids(group, name, ids, key, retry=retry)


def _cancel_ids(
    group: UserGroup, name: str, ids: Sequence[str], key: str | None = None, *, retry: bool = False
) -> RoundPart:
    caller = _bayse(group)

    def call() -> BatchAnswer:
        return caller.cancel_batch(ids, idempotency_key=key, limit_asked=True, retry=retry)

    return RoundPart(name, call, caller.name, len(ids), tuple(ids))


def _slice(orders: Sequence[ProvisionedOrder], first: int, *, backwards: bool) -> list[ProvisionedOrder]:
    """Some of the orders: adjacent ones share all but one, and name them in another sequence."""
    return [orders[(first + place) % len(orders)] for place in range(_SIZE)][:: -1 if backwards else 1]


def _named(dones: Sequence[Done]) -> set[str]:
    return {order_id for done in dones if done.answered for order_id in done.batch}


def _bayse(group: UserGroup) -> BayseCaller:
    caller = group.caller
    assert isinstance(caller, BayseCaller), "a group at Bayse"
    return caller


SCRIPT = LoadScript(
    kinds=(
        RoundKind(_OVERLAPPING, _overlapping, 3),
        RoundKind(_KEYED, _keyed, 3),
        RoundKind(_BODIES, _bodies, 2),
        RoundKind(_FILLS, _against_fills, 3),
        RoundKind(_LEFT, _left, 2),
        RoundKind(_STRANGERS, _strangers, 1),
        RoundKind(_GREED, _greed, 1),
    ),
    group=5,
)
