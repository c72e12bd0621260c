"""Rules over what an Arcus client tells its user, held against answers, the channel and what became of the orders."""

from __future__ import annotations

from collections.abc import Iterator

from suites.clients.arcus.evidence import Evidence
from venue_conformance.clients.protocol import Outcome
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule

FINAL: tuple[Outcome, ...] = ("cancelled", "terminal", "not_found", "refused")


@rule("outcomes.acknowledged-is-not-final")
def acknowledged_is_not_final(recording: Recording) -> Iterator[Finding]:
    """Of an order that was only acknowledged nothing final is said before the channel told of it, or a read."""
    evidence = Evidence(recording)
    for call in recording.calls:
        for order in call.order_ids:
            answered = evidence.acknowledged(call, order)
            if answered is None or evidence.listens_elsewhere(call, order):
                continue
            said, since = _final(call, order), answered.answered or answered.ended
            heard = evidence.told(call, order) or evidence.snapshot_since(call, order, since)
            if said is None or heard or evidence.reads(call, answered):
                yield Kept()
            else:
                expected = f"{order}, acknowledged with 202 and told of nowhere: pending, or unknown"
                yield Broken(expected, said, (answered.number,))


@rule("channel.subscribes")
def subscribes(recording: Recording) -> Iterator[Finding]:
    """Who says something final after a 202, and reads nothing, has subscribed to the order's subaccount."""
    evidence = Evidence(recording)
    for call in recording.calls:
        if not evidence.subscriptions(call):
            continue
        for order in call.order_ids:
            answered = evidence.acknowledged(call, order)
            if answered is None or _final(call, order) is None or evidence.reads(call, answered):
                continue
            if evidence.listens_elsewhere(call, order):
                index = evidence.index_of(call, order)
                told = ", ".join(f"{address} {number}" for address, number in sorted(evidence.subscriptions(call)))
                expected = f"a subscription to the orders of this account in subaccount {index}"
                yield Broken(expected, f"only to {told}", (answered.number,))
            else:
                yield Kept()


@rule("channel.decides")
def decides(recording: Recording) -> Iterator[Finding]:
    """What the channel told first of an order that was open is what the user is told, if anything final is.

    What was sent twice is another clause's: the second try finds nothing that is left to be cancelled.
    """
    evidence = Evidence(recording)
    for call in recording.calls:
        for order in call.order_ids:
            answered, said = evidence.acknowledged(call, order), _final(call, order)
            if answered is None or said is None or evidence.tries(call, order) > 1:
                continue
            told = evidence.told(call, order, since=answered.began)
            if not told or call.before.get(order) not in ("open", "partially_filled"):
                continue
            if told[0] == "CANCELED" and said != "cancelled":
                yield Broken(f"{order}, of which the channel told CANCELED: cancelled", said, (answered.number,))
            elif told[0] == "FILLED" and said == "cancelled":
                yield Broken(f"{order}, of which the channel told FILLED: not cancelled", said, (answered.number,))
            else:
                yield Kept()


@rule("outcomes.names-the-order", only=("final-rows",))
def names_the_order(recording: Recording) -> Iterator[Finding]:
    """Where rows come in another order, each order gets what its own row says."""
    for call in recording.calls:
        numbers = tuple(arrival.number for arrival in call.arrivals)
        for order in call.order_ids:
            said = _final(call, order)
            if said is None or not any(arrival.status == 200 for arrival in call.arrivals):
                continue
            if (said == "cancelled") == (call.became(order) == "cancelled"):
                yield Kept()
            else:
                yield Broken(f"{order} as its own row says, {call.became(order)}", said, numbers)


def _final(call: Call, order: str) -> Outcome | None:
    """What a client says of an order, where that is something final."""
    return next((outcome for outcome in call.report.outcomes_of(order) if outcome in FINAL), None)
