"""Rules over how a PredictStreet client reads an answer: two parts, four reasons, and no documented status."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from suites.shared.clients.outcomes import unknown_codes as shared_unknown_codes
from venue_conformance.clients.protocol import OrderReport, Outcome
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, Observed, rule
from venue_conformance.reference.stage import Arrival

CANCELLED, NOT_FOUND, TERMINAL = "cancelled", "not_found", "already_terminal"
LOCK, UNKNOWN = "lock_invariant", "unknown"
#: What the page's words mean in those of the protocol.
MEANS = {CANCELLED: "cancelled", NOT_FOUND: "not_found", TERMINAL: "terminal", LOCK: "refused"}
_FINISHED = frozenset({"filled", "cancelled", "rejected", "expired"})
#: Errors that say nothing of the orders: the way failed, or the venue was asked too often.
_OF_THE_WAY = frozenset({"transport", "rate_limited"})


@rule("outcomes.terminal-is-done")
def terminal_is_done(recording: Recording) -> Iterator[Finding]:
    """What is answered already_terminal is finished, and where nothing else was asked nothing has failed."""
    for call in recording.calls:
        answered = _last_answers(call)
        yield from _held_against(call, answered, TERMINAL)
        yield from _known_without_asking(call, "terminal", _FINISHED)
        only = answered.keys() >= set(call.order_ids) and {reason for reason, _ in answered.values()} == {TERMINAL}
        if only and call.report.error is not None and call.report.error not in _OF_THE_WAY:
            numbers = tuple(arrival.number for arrival in call.arrivals)
            yield Broken("no error: every order is finished", f"error {call.report.error}", numbers)


@rule("outcomes.not-found")
def not_found(recording: Recording) -> Iterator[Finding]:
    """What is answered not_found is told so."""
    for call in recording.calls:
        yield from _held_against(call, _last_answers(call), NOT_FOUND)
        yield from _known_without_asking(call, "not_found", frozenset({"absent"}))


@rule("outcomes.lock-invariant", only=("lock-at-odds",))
def lock_invariant(recording: Recording) -> Iterator[Finding]:
    """What is answered lock_invariant is not cancelled, and spoils no other order of its batch."""
    for call in recording.calls:
        answered = _last_answers(call)
        if any(reason == LOCK for reason, _ in answered.values()):
            for reason in dict.fromkeys(reason for reason, _ in answered.values()):
                yield from _held_against(call, answered, reason)


@rule("outcomes.unknown-codes", only=("new-reason",))
def unknown_codes(recording: Recording) -> Iterator[Finding]:
    """A reason that is not listed is no success, and no crash."""
    yield from shared_unknown_codes.judge(recording)


@rule("outcomes.success-status", only=("created",))
def success_status(recording: Recording) -> Iterator[Finding]:
    """What a client makes of 201 with the documented body."""
    for call in recording.calls:
        if not any(arrival.status == 201 for arrival in call.arrivals):
            continue
        error = f", error {call.report.error}" if call.report.error else ""
        took = any("cancelled" in call.report.outcomes_of(order) for order in call.order_ids)
        yield Observed(f"201 is {'taken for a success' if took else 'not taken for a success'}{error}")


@rule("retry.unknown-alone")
def unknown_alone(recording: Recording) -> Iterator[Finding]:
    """After an answer with unknown, nothing that the same answer decided is sent again beside it."""
    for _, first, second in recording.again():
        reasons = _reasons(first)
        unknown = {order for order, reason in reasons.items() if reason == UNKNOWN}
        again = {order.lower() for order in recording.named_in(second)}
        if not unknown & again:
            continue
        decided = sorted((reasons.keys() - unknown) & again)
        numbers = (first.number, second.number)
        if decided:
            told = f"{', '.join(decided[:3])} beside it, answered {reasons[decided[0]]} before"
            yield Broken("only what was answered unknown sent again", told, numbers)
        else:
            yield Kept()


@rule("pacing.five-a-second", only=("eight-calls-in-a-second",))
def five_a_second(recording: Recording) -> Iterator[Finding]:
    """The most requests that began within one second, and how many met 429."""
    moments = sorted(arrival.began for arrival in recording.batches)
    if moments:
        most = max(sum(first <= other < first + 1 for other in moments) for first in moments)
        limited = sum(arrival.status == 429 for arrival in recording.batches)
        yield Observed(f"{most} requests in a second at most; {limited} of {len(moments)} met 429")


def _held_against(call: Call, answered: Mapping[str, tuple[str, Arrival]], wanted: str) -> Iterator[Finding]:
    """What the client says of the orders that were answered so."""
    for order in call.order_ids:
        reason, arrival = answered.get(order.lower(), ("", None))
        if reason != wanted or arrival is None or reason not in MEANS:
            continue
        said = [row for row in call.report.rows if row.order_id.lower() == order.lower()]
        wrong = next((row for row in said if not _may_be_said(row, reason, call.became(order))), None)
        if wrong is not None:
            told = wrong.outcome + (f" ({wrong.code})" if wrong.code else "")
            yield Broken(f"{order}, which was answered {reason}: {MEANS[reason]}", told, (arrival.number,))
        else:
            yield Kept()


def _known_without_asking(call: Call, outcome: Outcome, statuses: frozenset[str]) -> Iterator[Finding]:
    """A client may read its orders first, and send only what can be cancelled: what it says of the others is true."""
    sent = {order for arrival in call.arrivals for order in _named(arrival)}
    for order in call.order_ids:
        unsent = order.lower() not in sent
        if unsent and call.before.get(order) in statuses and call.report.outcomes_of(order) == [outcome]:
            yield Kept()


def _may_be_said(row: OrderReport, reason: str, became: str) -> bool:
    """Whether an outcome is what the answer says, or is honest, or is the truth that the client found out otherwise.

    "Not cancelled" is no untruth of an order that is not there. Of one that is finished it would be half of the truth,
    unless the client hands on the venue's own word for it.
    """
    return (
        row.outcome in (MEANS[reason], "unknown", "pending")
        or (row.outcome == "refused" and (reason == NOT_FOUND or row.code == reason))
        or (row.outcome == "terminal" and became in _FINISHED)
        or (row.outcome == "cancelled" and became == "cancelled")
    )


def _last_answers(call: Call) -> dict[str, tuple[str, Arrival]]:
    """What the last answer that reached the client says of each order, by its id in small letters.

    An order that was sent again, and of which nothing was heard then, is left out: nobody knows what became of it.
    """
    answered: dict[str, tuple[str, Arrival]] = {}
    for arrival in call.arrivals:
        reasons = _reasons(arrival)
        for order in _named(arrival):
            answered.pop(order, None)
            if order in reasons:
                answered[order] = (reasons[order], arrival)
    return answered


def _named(arrival: Arrival) -> list[str]:
    try:
        return [order.lower() for order in json.loads(arrival.body)["orderIds"] if isinstance(order, str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _reasons(arrival: Arrival) -> dict[str, str]:
    """What an answer says of each order; nothing where it is no whole answer, or came too late to be relied on."""
    if (
        arrival.fault
        or arrival.left
        or arrival.status is None
        or not 200 <= arrival.status < 300
        or " late" in arrival.step
    ):
        return {}
    try:
        document = json.loads(arrival.answer_body)
        reasons = {str(order).lower(): CANCELLED for order in document["cancelled"]}
        return reasons | {str(order).lower(): str(reason) for order, reason in document["notCancelled"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
