"""Rounds of a load test at Bayse in which requests share an idempotency key."""

from __future__ import annotations

import time
from collections.abc import Sequence

from venue_conformance.client.under_load import (
    Done,
    LoadCheck,
    Round,
    RoundPart,
    UserGroup,
    hold,
    judge_ends,
    unknown_operations,
)
from venue_conformance.client.wording import listed
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import history, model
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.load_batches import (
    ENDS,
    OVERLAP,
    ROWS,
    SIZE,
    cancel,
    judge_rows,
    named_in,
    own,
    told_by,
)
from venue_conformance.wire.hang_up import HangUp

AFTER_CONFLICT = "bayse.idempotency.replay-after-conflict"
#: A client that gives up does so within so many seconds after it has begun to send.
_PATIENCE = 0.02
#: The seconds between its retries, where it is told that its first request is in flight.
_PAUSES = (2.0, 3.0, 4.0)

KEYED = LoadCheck(
    "requests under one key",
    "However many requests share a key, the batch is carried out once, and its answer comes again.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.ONCE, model.SAME_ANSWER, model.MARKED, AFTER_CONFLICT, OVERLAP))),
    history.BLAME.kept_open,
)
LEFT = LoadCheck(
    "clients that hang up",
    "Whoever hangs up and comes back with the same key finds the batch carried out once.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.ONCE, AFTER_CONFLICT, OVERLAP))),
    history.BLAME.kept_open,
)
BODIES = LoadCheck(
    "bodies under one key",
    "Of different batches under one key one is carried out, and the others have no effect.",
    (history.CHANGED_BODY, history.ONCE),
    history.ONCE,
)


def keyed(group: UserGroup) -> Round:
    """One batch, sent under one key by all, some without it."""
    opened = group.open(SIZE)
    key = own(group).new_idempotency_key()
    parts = [cancel(group, f"keyed{number + 1}", opened, key) for number in range(group.size)]
    if not hold(group):
        # Every third one has no key, so that the batch may be taken from under the key's request. While one is held
        # they stay away: after them, whoever carries the batch out once more gets the same answer as the first.
        parts[2::3] = [cancel(group, f"batch{number + 1}", opened) for number in range(len(parts[2::3]))]
    return Round(parts, lambda dones: _judge_keyed(group, opened, key, dones))


def _judge_keyed(group: UserGroup, opened: Sequence[ProvisionedOrder], key: str, dones: Sequence[Done]) -> None:
    under_key = [done for done in dones if done.name.startswith("keyed")]
    first = [done for done in under_key if done.answered]
    again = group.run([cancel(group, "keyed again", opened, key, retry=True)])
    answered = [done for done in (*first, *again) if done.answered]
    _judge_key_answers(group, answered, all_answered=len(first) == len(under_key) and bool(first))
    told = told_by(group, [done for done in dones if done not in under_key])
    told += _told_under_key(group, [*under_key, *again], opened)
    judge_ends(group, opened, told, history.BLAME, named=named_in(dones))


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
    # The request that was carried out may be one of which no answer came.
    start = min(done.start for done in dones if not done.kept_back)
    return [Operation(each.name, start, each.end, each.steps) if each.name == "keyed" else each for each in told]


def _judge_rows_of(group: UserGroup, dones: Sequence[Done], told: Operation) -> None:
    for done in dones:
        if done.answered and done.name in (told.name, "keyed1") and done.result.succeeded:
            judge_rows(group, done)


def left(group: UserGroup) -> Round:
    """Some hang up on a batch, others send it under the same key meanwhile, and all come back."""
    opened = group.open(SIZE)
    caller, key = own(group), own(group).new_idempotency_key()
    ids = tuple(order.order_id for order in opened)

    def hang_up() -> BatchAnswer | None:
        how = HangUp(group.random.uniform(0, _PATIENCE), "closes")
        return caller.give_up_on(lambda: caller.cancel_batch(opened, idempotency_key=key, limit_asked=True), how)

    hold(group, share=1.0)
    leaving = max(1, group.size // 2)
    parts = [RoundPart(f"leaving{number + 1}", hang_up, caller.name, len(ids), ids) for number in range(leaving)]
    parts += [cancel(group, f"keyed{number + 1}", opened, key) for number in range(group.size - leaving)]

    def judge(dones: Sequence[Done]) -> None:
        again = group.run([cancel(group, "keyed again", opened, key, retry=True)])
        for seconds in _PAUSES:
            # Nobody knows when the first request has ended, as nobody waits for it.
            if group.out_of_time() or not (again[-1].answered and again[-1].result.status == 409):
                break
            time.sleep(seconds)
            again += group.run([cancel(group, "keyed again", opened, key)])
        else:
            last = again[-1]
            group.assess.expect(
                not (last.answered and last.result.status == 409),
                "a retry of a client that had left to be answered once its first request had finished",
                f"{last.result!r}, more than {sum(_PAUSES):g} s later",
                AFTER_CONFLICT,
                kind="not-usable-afterwards",
            )
        answered = [done for done in (*dones, *again) if done.answered]
        _judge_key_answers(group, answered, all_answered=False)
        told = _told_under_key(group, [*dones, *again], opened)
        judge_ends(group, opened, told, history.BLAME, named=named_in([*dones, *again]))

    return Round(parts, judge)


def bodies(group: UserGroup) -> Round:
    """A batch of its own for each user, all under one key."""
    count = max(2, group.size)
    opened = group.open(count)
    key = own(group).new_idempotency_key()
    parts = [cancel(group, f"body{number}", [order], key) for number, order in enumerate(opened, 1)]
    return Round(parts, lambda dones: _judge_bodies(group, opened, dones))


def _judge_bodies(group: UserGroup, opened: Sequence[ProvisionedOrder], dones: Sequence[Done]) -> None:
    answered = [done for done in dones if done.answered]
    carried_out = {done.batch[0] for done in answered if done.result.succeeded}
    statuses = sorted({done.result.status for done in answered if not done.result.succeeded} - {409, 422, 429})
    wanted = "other bodies to be refused with 422, or 409 meanwhile"
    group.assess.expect(not statuses, wanted, listed(statuses), history.CHANGED_BODY, kind="other-status")
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
    [control] = group.run([cancel(group, "control", [control_order])])
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
