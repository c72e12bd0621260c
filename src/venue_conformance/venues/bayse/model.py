"""What a sequence of batch cancels must be answered with, and what it makes of orders and keys (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.blaming import blaming
from venue_conformance.client.expected import CANCELLED, LIVE, ExpectedOrder
from venue_conformance.errors import Violation
from venue_conformance.venues.bayse.answer import FLAG, BatchAnswer
from venue_conformance.venues.bayse.oracle import IN_ORDER, ONE_PER_ID, RULES, SUMMARY, have_flags, judge_summary

NOT_KEPT = {
    500: "bayse.idempotency.server-error-not-kept",
    503: "bayse.idempotency.server-error-not-kept",
    429: "bayse.idempotency.rate-limit-not-kept",
    408: "bayse.idempotency.timeout-not-kept",
}
FAILS_ALONE = "bayse.independence.bad-id-affects-no-other"
FIRST_NOT_MARKED = "bayse.idempotency.first-not-marked"
SAME_ANSWER = "bayse.idempotency.replay-same-answer"
MARKED = "bayse.idempotency.replay-marked"
CHANGED_BODY = "bayse.idempotency.changed-body"
SURVIVES = "bayse.idempotency.first-answer-survives"
KEPT = "bayse.idempotency.kept-for-24-hours"
EXPIRES = "bayse.idempotency.expires"
KEYS_EXACT = "bayse.idempotency.keys-are-exact"
CALLERS = "bayse.idempotency.callers-independent"
OPTIONAL = "bayse.idempotency.optional"
UNTOUCHED = "bayse.isolation.foreign-untouched"
REPEATS = "bayse.rows.duplicates-consistent"

#: Every clause that a sequence may find violated.
CLAUSES = tuple(
    dict.fromkeys(
        (
            FAILS_ALONE,
            ONE_PER_ID,
            IN_ORDER,
            SUMMARY,
            REPEATS,
            FLAG,
            *(rule.clause for rule in RULES.values()),
            UNTOUCHED,
            OPTIONAL,
            FIRST_NOT_MARKED,
            SAME_ANSWER,
            MARKED,
            CHANGED_BODY,
            SURVIVES,
            KEYS_EXACT,
            CALLERS,
            *NOT_KEPT.values(),
        )
    )
)

HOUR, DAY = 3600, 86400


@dataclass(eq=False)
class Key:
    """An idempotency key of a caller: the batch it was first used with, and the first answer once there is one.

    ``failed`` is the transient status that the batch was answered with instead, ``unsure`` the orders of it that a
    retry may report either way. ``reused`` says that another body was refused meanwhile, ``age`` how many seconds have
    been made to pass since. ``forgotten`` says that an answer under it broke a clause, so that nothing is known of it.
    """

    label: str
    text: str
    owner: str
    batch: list[ExpectedOrder]
    answer: BatchAnswer | None = None
    failed: int | None = None
    unsure: list[ExpectedOrder] = field(default_factory=list)
    reused: bool = False
    age: float = 0.0
    forgotten: bool = False

    def __repr__(self) -> str:
        return self.label

    @property
    def ids(self) -> list[str]:
        """The ids of the batch, in its order."""
        return [each.order_id for each in self.batch]


def carried_out(
    answer: BatchAnswer,
    actor: str,
    batch: Sequence[ExpectedOrder],
    assess: Assessment,
    *,
    refused_by: str | None = None,
    unsure: Sequence[ExpectedOrder] = (),
) -> bool:
    """Judge the answer to a batch that must be carried out now, and make of the orders what it makes of them.

    ``refused_by`` is the clause that breaks when the batch is not carried out though its ids are right. Hands back
    False when a batch that names an order twice was refused, which is permitted. Raises Violation where the answer
    says too little to go on from.
    """
    repeats = len({each.order_id for each in batch}) < len(batch)
    fails = any(each.owner != actor or each.live is not True for each in batch)
    if not answer.succeeded:
        if repeats and answer.refused and answer.status not in (401, 403, 409, 429):
            for each in batch:
                if each.owner == actor and each.live is not False:
                    each.may_become(CANCELLED)
            return False
        clause = refused_by or (FAILS_ALONE if fails else RULES["open"].clause)
        raise Violation("the batch to be processed (2xx)", repr(answer), clause, kind="not-processed")
    assess.exercised.update(clause for clause in (refused_by, FAILS_ALONE if fails else None) if clause)
    first = not answer.replayed
    assess.expect(
        first, "a first answer without Idempotent-Replayed: true", answer, FIRST_NOT_MARKED, kind="marked-as-replay"
    )
    _judge_rows(answer, actor, batch, unsure, assess)
    return True


def _judge_rows(
    answer: BatchAnswer,
    actor: str,
    batch: Sequence[ExpectedOrder],
    unsure: Sequence[ExpectedOrder],
    assess: Assessment,
) -> None:
    named = [each.order_id for each in batch]
    by_id = {each.order_id: each for each in batch}
    repeated = {order_id for order_id in named if named.count(order_id) > 1}
    with blaming(ONE_PER_ID):
        reported = answer.ids
    complete = set(reported) == set(named) and all(reported.count(one) == 1 for one in named if one not in repeated)
    clause = REPEATS if repeated else ONE_PER_ID
    if assess.expect(
        complete, f"rows for exactly {_labels(batch)}", f"rows for {_named(reported, by_id)}", clause, kind="row-count"
    ):
        in_order = [one for one in reported if one not in repeated] == [one for one in named if one not in repeated]
        came = _named(reported, by_id)
        assess.expect(in_order, f"rows in the order of {_labels(batch)}", came, IN_ORDER, kind="other-order")
    for order_id, each in by_id.items():
        rows = answer.rows_of(order_id)
        if rows and have_flags(rows, each.label, assess):
            _judge_order(answer, actor, each, rows, assess, twice=order_id in repeated, unsure=each in unsure)
        elif each.owner == actor and each.live is not False:
            each.may_become(CANCELLED)  # nothing was said of it that can be believed
    judge_summary(answer, assess, REPEATS if repeated else SUMMARY)


def _judge_order(
    answer: BatchAnswer,
    actor: str,
    each: ExpectedOrder,
    rows: list[dict[str, Any]],
    assess: Assessment,
    *,
    twice: bool,
    unsure: bool,
) -> None:
    kind = _kind_for(actor, each)
    rule, cancelled = RULES[kind], any(row["success"] for row in rows)
    if each.owner != actor or each.kind in ("amm", "unknown"):
        failed = assess.expect(
            not cancelled, f"the row of {each.label} ({kind}) to fail", rows, rule.clause, kind="reported-as-cancelled"
        )
        foreign_amm = each.kind == "amm" and each.owner != actor  # which of both codes it gets is not documented
        if failed and rule.code is not None and rule.code_clause is not None and not foreign_amm:
            coded = answer.reason(each.order_id) == rule.code
            assess.expect(
                coded, f"the code {rule.code} for {each.label} ({kind})", rows, rule.code_clause, kind="other-reason"
            )
        if each.owner and each.owner != actor:
            each.stays(UNTOUCHED)
        return
    if unsure:
        return
    if each.live is False:
        assess.expect(
            not cancelled, f"the row of {each.label} ({kind}) to fail", rows, rule.clause, kind="reported-as-cancelled"
        )
        return
    if each.live is True and not twice:
        done = assess.expect(
            cancelled, f"{each.label} ({kind}) to be cancelled", rows, rule.clause, kind="reported-as-failed"
        )
        if not done:
            each.may_become(CANCELLED)
            return
    # Refused though it could have been live: then it was cancelled before.
    each.becomes(CANCELLED, rule.clause)


def _kind_for(actor: str, each: ExpectedOrder) -> str:
    if each.kind == "unknown":
        return "unknown"
    if each.owner != actor:
        return "foreign"
    if each.kind == "amm":
        return "amm"
    return next(iter(sorted(each.possible & LIVE))) if each.live is not False else next(iter(each.possible))


def replayed(answer: BatchAnswer, key: Key, assess: Assessment) -> None:
    """Judge the answer to a retry of what a key was first used with, whatever happened meanwhile.

    Raises Violation for another answer than the first: what it has done nobody knows.
    """
    first = key.answer
    assert first is not None, "only asked of a key that has an answer"
    clause = SURVIVES if key.reused else KEPT if key.age else SAME_ANSWER
    assess.exercised.add(clause)
    if answer.status != first.status or answer.json != first.json:
        raise Violation(f"the first answer of {key.label} again: {first!r}", repr(answer), clause, kind="other-answer")
    if any(row.get("success") is True for row in first.rows):  # what only failed may have been tried again
        assess.expect(answer.replayed, "a replay with Idempotent-Replayed: true", answer, MARKED, kind="not-marked")


def reused(answer: BatchAnswer, key: Key, batch: Sequence[ExpectedOrder], assess: Assessment) -> None:
    """Judge the answer to another body under a key that has an answer: 422, and nothing happens.

    Raises Violation where it was not refused.
    """
    if answer.refused and answer.status != 422 and len({each.order_id for each in batch}) < len(batch):
        return  # a batch that repeats an id may be refused before its key is looked at
    assess.exercised.add(CHANGED_BODY)
    if answer.status != 422:
        raise Violation(f"422 for {key.label} with another body", repr(answer), CHANGED_BODY, kind="other-status")
    assess.expect(
        not answer.replayed,
        "a refusal that is not marked as a replay",
        answer,
        FIRST_NOT_MARKED,
        kind="marked-as-replay",
    )
    key.reused = True
    for each in batch:
        if each.owner == key.owner:
            each.stays(CHANGED_BODY)


def failed(actor: str, batch: Sequence[ExpectedOrder], status: int, *, after_commit: bool) -> list[ExpectedOrder]:
    """Make of the orders what a failure makes of them; hand back those that a retry may report either way."""
    live = [each for each in dict.fromkeys(batch) if each.owner == actor and each.live is not False]
    for each in live:
        if after_commit:
            each.becomes(CANCELLED, RULES[_kind_for(actor, each)].clause)
        else:
            each.stays(NOT_KEPT[status])
    return live if after_commit else []


def _labels(batch: Sequence[ExpectedOrder]) -> str:
    return ", ".join(each.label for each in batch)


def _named(ids: Sequence[str], by_id: dict[str, ExpectedOrder]) -> str:
    return ", ".join(by_id[one].label if one in by_id else one for one in ids) or "none"
