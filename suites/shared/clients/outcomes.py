"""Rules over what the client tells its user, held against what became of the orders."""

from __future__ import annotations

import json
from collections.abc import Iterator

from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, Observed, rule
from venue_conformance.reference.stage import Arrival

#: How orders stand that are still on the book, in the words of the state `order statuses`.
_ON_THE_BOOK = frozenset({"open", "partially_filled"})


@rule("outcomes.never-claims-cancelled")
def never_claims_cancelled(recording: Recording) -> Iterator[Finding]:
    """Whatever is reported as cancelled is off the book, cancelled, and whatever is reported as finished is off it."""
    for call in recording.calls:
        numbers = tuple(arrival.number for arrival in call.arrivals)
        for order in call.order_ids:
            said, became = call.report.outcomes_of(order), call.became(order)
            if "cancelled" in said and became != "cancelled":
                yield Broken(f"{order} is {became}: anything but cancelled", "cancelled", numbers)
            elif "terminal" in said and became in _ON_THE_BOOK:
                yield Broken(f"{order} is {became}: anything but finished", "terminal", numbers)
        yield Kept()


@rule("outcomes.says-what-became")
def says_what_became(recording: Recording) -> Iterator[Finding]:
    """What a try of the call cancelled, and no answer to it told, is neither refused nor not found.

    Either the batch was sent again, and the answer to the second try cannot know; or no answer told anything at all.
    """
    for call in recording.calls:
        for number, arrival in enumerate(call.arrivals):
            later = {order for each in call.arrivals[number + 1 :] for order in recording.named_in(each)}
            for order in sorted(arrival.cancelled if not _tells(arrival) else arrival.cancelled & later):
                said = call.report.outcomes_of(order)
                if all(outcome in ("refused", "not_found") for outcome in said):
                    tries = tuple(each.number for each in call.arrivals)
                    yield Broken(f"{order}, which its own try cancelled: cancelled, or unknown", said[-1], tries)
                else:
                    yield Kept()


def _tells(arrival: Arrival) -> bool:
    """Whether an answer came that says what became of orders: a whole document, under a status of success, in time."""
    if (
        arrival.fault
        or arrival.left
        or arrival.status is None
        or not 200 <= arrival.status < 300
        or " late" in arrival.step
    ):
        return False
    try:
        return isinstance(json.loads(arrival.answer_body), dict)
    except (ValueError, RecursionError):
        return False


@rule("outcomes.unknown-fields", only=("unknown-fields-and-order",))
def unknown_fields(recording: Recording) -> Iterator[Finding]:
    """New fields make no answer a failure: in the first call nothing else is new, and every order can be cancelled.

    In the second one rows come in another order, too, which a client may hold for an answer that it cannot read.
    """
    for call in recording.calls[:1]:
        numbers = tuple(arrival.number for arrival in call.arrivals)
        if not any(_tells(arrival) for arrival in call.arrivals):
            continue
        if call.report.error not in (None, "transport"):
            yield Broken("fields that are not listed to be ignored", f"error {call.report.error}", numbers)
        else:
            yield Kept()


@rule("outcomes.names-the-order", only=("unknown-fields-and-order", "rows-in-another-order"))
def names_the_order(recording: Recording) -> Iterator[Finding]:
    """Rows in another order tell whether they are matched by id or by position."""
    for call in recording.calls[-1:]:
        said = {order: call.report.outcomes_of(order)[-1] for order in call.order_ids}
        if not any(outcome in ("cancelled", "refused", "not_found", "terminal") for outcome in said.values()):
            yield Observed("rows in another order are not believed")
            continue
        wrong = [
            order for order, outcome in said.items() if (outcome == "cancelled") != (call.became(order) == "cancelled")
        ]
        yield Observed(f"rows are matched by {'position' if wrong else 'id'}")


@rule("outcomes.unknown-codes", only=("new-failure-code", "failed-row"))
def unknown_codes(recording: Recording) -> Iterator[Finding]:
    """A failure with a code that is not listed is no success, and no crash."""
    for call in recording.calls:
        numbers = tuple(arrival.number for arrival in call.arrivals)
        taken = [
            order
            for order in call.order_ids
            if "cancelled" in call.report.outcomes_of(order) and call.became(order) != "cancelled"
        ]
        if taken or call.report.error == "crash":
            yield Broken("an unknown code taken for a failure", "a success" if taken else "a crash", numbers)
        elif any(arrival.status in (200, 202) for arrival in call.arrivals):
            yield Kept()


@rule("outcomes.typed-errors")
def typed_errors(recording: Recording) -> Iterator[Finding]:
    """Nothing that comes back makes the client crash."""
    for call in recording.calls:
        if call.report.error == "crash":
            numbers = tuple(arrival.number for arrival in call.arrivals)
            yield Broken("a result or an error of the client's own", "a crash", numbers)
        else:
            yield Kept()
