"""What a sequence of batch cancels must be answered with, and what it makes of orders (batch-cancel page).

An answer is no end: what it promises comes to show later, and of an element that the pages leave open nobody knows
what it did. Each order therefore has the statuses that it *may* have. Only clauses of the contract pages are judged:
a batch that names orders which are not live may be refused, as far as they are concerned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.expected import CANCELLED, ExpectedOrder
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus import oracle
from venue_conformance.venues.arcus.answer import CANCELED, FILLED, READS_AS, REJECTED, BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.elements import Element

OPEN_CANCELLED = "arcus.lifecycle.open-cancelled"
PARTIAL_CANCELLED = "arcus.lifecycle.partially-filled-cancelled"
FINISHED = "arcus.lifecycle.terminal-unchanged"
UNNAMED = "arcus.isolation.unnamed-untouched"
FOREIGN = {"orderId": "arcus.isolation.foreign-order-id", "clientId": "arcus.isolation.foreign-client-id"}
BOTH_IDS, BOTH_IDS_AMONG = "arcus.target.both-ids", "arcus.target.both-ids-any-position"
CONSISTENT = "arcus.channel.consistent"

#: Keys that nobody has registered sign with this seed.
NOBODYS_SEED = "5a" * 32
#: Ways to sign an element wrongly, by the last part of the clause that keeps its order from being cancelled.
WRONG_SIGNATURES = ("wrong-key", "another-elements", "other-operation", "other-timestamp", "truncated")

#: Every clause that a sequence may find violated.
CLAUSES = tuple(
    dict.fromkeys(
        (
            *oracle.CLAUSES,
            *(OPEN_CANCELLED, PARTIAL_CANCELLED, FINISHED, UNNAMED, *FOREIGN.values()),
            *(BOTH_IDS, BOTH_IDS_AMONG, CONSISTENT),
            *(f"arcus.signature.{rule}" for rule in WRONG_SIGNATURES),
        )
    )
)


@dataclass(frozen=True)
class Claim:
    """What a 200 says of an order, against what it must read as.

    When it reads as ``reads`` it is the order that is wrong, and the clause that speaks of it broke; else it is the
    row, and ``violation`` says so. None: the row is wrong when the order reads as it must.
    """

    each: ExpectedOrder
    violation: Violation
    reads: str | None = None


@dataclass(frozen=True)
class Mention:
    """An order as one element of a batch names it."""

    each: ExpectedOrder
    by: IdKind = "orderId"

    def __str__(self) -> str:
        return f"{self.each.label} by its client id" if self.by == "clientId" else self.each.label

    def element(self, actor: ArcusCaller) -> Element:
        """The valid element."""
        return actor.element(self.each.order, "clientId" if self.each.kind == "unknown client id" else self.by)

    def is_live_of(self, actor: str) -> bool:
        """Whether it certainly names a live order of the account."""
        return self.each.owner == actor and self.each.live is True


def client_id_of(each: ExpectedOrder) -> str | None:
    """The client id of an order; None for one without, and for an id that names none."""
    return each.order.client_id if isinstance(each.order, ProvisionedOrder) else None


def wrongly_signed(element: Element, how: str) -> Element:
    """The element, with a signature that is wrong in one of ``WRONG_SIGNATURES``."""
    match how:
        case "another-elements":
            return element.but(signature="another's")
        case "other-operation":
            return element.but(signed={"op": 1})
        case "other-timestamp":
            return element.but(signed_off=-2)
        case "truncated":
            return element.but(signature="cut short")
        case _:
            return element.but(private_key=NOBODYS_SEED)


def carried_out(
    answer: BatchAnswer,
    actor: str,
    batch: Sequence[Mention],
    assess: Assessment,
    *,
    wrong: int | None = None,
    rule: str = "",
) -> list[Claim]:
    """Judge the answer to a batch, and make of the orders what it makes of them. Raises Violation for what is unread.

    ``wrong`` is the place of an element whose signature is wrong, ``rule`` the clause by which it cancels nothing; no
    other element names its order. Hands back what cannot be judged before the orders have been read.
    """
    right = wrong is None and len({mention.each for mention in batch}) == len(batch)
    live = [mention.is_live_of(actor) for mention in batch]
    _note_the_rest(actor, batch)
    if wrong is not None and batch[wrong].each.owner == actor and batch[wrong].each.live is not False:
        batch[wrong].each.clause = rule
    if answer.status not in (200, 202):
        one_index = len({element.account_index for element in answer.elements}) == 1
        if right and (answer.succeeded or (all(live) and one_index)):
            oracle.judge_answer(answer, _asked(answer, batch), assess)
        for mention in _ends(actor, batch, wrong):
            mention.each.may_become(CANCELLED)
        return []
    if right:
        oracle.judge_answer(answer, _asked(answer, batch), assess)
    else:
        oracle.judge_acknowledgement(answer, assess)
    denied = set() if right else {each for each, element in _pairs(answer, batch) if answer.denies(element)}
    for mention in _ends(actor, batch, wrong):
        if mention.each in denied:
            mention.each.may_become(CANCELLED)
        else:
            partly = mention.each.possible == {"partially_filled"}
            mention.each.becomes(CANCELLED, PARTIAL_CANCELLED if partly else OPEN_CANCELLED)
    return _judge_ends(answer, batch, live, assess, right=right) if answer.status == 200 else []


def refused_for_both_ids(answer: BatchAnswer, actor: str, batch: Sequence[Mention], assess: Assessment) -> None:
    """Judge the answer to a batch of which one element names two ids: refused, and nothing happens.

    Raises Violation where it was not refused.
    """
    clause = BOTH_IDS if len(batch) == 1 else BOTH_IDS_AMONG
    assess.exercised.add(clause)
    if answer.succeeded:
        raise Violation(
            "a batch with an element that has both ids to be refused", repr(answer), clause, kind="not-refused"
        )
    for mention in batch:
        if mention.each.owner == actor and mention.each.live is not False:
            mention.each.clause = clause


def _asked(answer: BatchAnswer, batch: Sequence[Mention]) -> list[oracle.AskedElement]:
    return [
        oracle.AskedElement(element, each.kind, each.order if isinstance(each.order, ProvisionedOrder) else None)
        for each, element in _pairs(answer, batch)
    ]


def _pairs(answer: BatchAnswer, batch: Sequence[Mention]) -> list[tuple[ExpectedOrder, Element]]:
    return [(mention.each, element) for mention, element in zip(batch, answer.elements, strict=True)]


def _ends(actor: str, batch: Sequence[Mention], wrong: int | None) -> list[Mention]:
    """The mentions that end an order if they are carried out, one for each order."""
    found = {
        mention.each: mention
        for place, mention in enumerate(batch)
        if place != wrong and mention.each.owner == actor and mention.each.live is not False
    }
    return list(found.values())


def _note_the_rest(actor: str, batch: Sequence[Mention]) -> None:
    """Remember of orders that the batch must leave as they are by which clause it must."""
    for mention in sorted(batch, key=lambda mention: mention.by):  # named both ways, it is by its order id
        each = mention.each
        if each.live is False and each.clause != UNNAMED:
            continue  # it has yet to be seen that it ended
        if each.owner and each.owner != actor:
            each.clause = FOREIGN[mention.by]
        elif each.live is False:
            each.clause = FINISHED


def _judge_ends(
    answer: BatchAnswer, batch: Sequence[Mention], live: Sequence[bool], assess: Assessment, *, right: bool
) -> list[Claim]:
    """Hold the ends that the rows of a 200 tell against those that the orders may have."""
    claims = []
    for (each, element), was_live in zip(_pairs(answer, batch), live, strict=True):
        reported = {str(row.get("status")) for row in answer.rows_of(element)}
        assess.exercised |= {oracle.TRUE_ROWS if CANCELED in reported else oracle.REPORTED_ROWS} if reported else set()
        assess.exercised |= {CONSISTENT} if FILLED in reported else set()
        if CANCELED in reported:
            if CANCELLED in each.possible:
                each.becomes(CANCELLED, each.clause if each.live is False else oracle.TRUE_ROWS)
            else:
                claims.append(_claim(answer, each, CANCELED, oracle.TRUE_ROWS))
        cancelled_now = was_live and each.possible == {CANCELLED}
        if cancelled_now and (FILLED in reported or (right and REJECTED in reported)):
            wanted = f"no other end than CANCELED told of {each.label}"
            claims.append(
                Claim(each, Violation(wanted, repr(answer), oracle.REPORTED_ROWS, kind="other-final-status-reported"))
            )
        elif FILLED in reported and each.owner and READS_AS[FILLED] not in each.possible:
            claims.append(_claim(answer, each, FILLED, CONSISTENT))
    return claims


def _claim(answer: BatchAnswer, each: ExpectedOrder, reported: str, clause: str) -> Claim:
    violation = Violation(
        f"no row that says {reported} of {each.label}", repr(answer), clause, kind="report-differs-from-read-back"
    )
    return Claim(each, violation, READS_AS[reported] if each.owner else None)
