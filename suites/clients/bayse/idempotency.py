"""Rules over Bayse's idempotency keys, and over AMM orders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule
from venue_conformance.reference.stage import Arrival

HEADER = "Idempotency-Key"
LEAST_WAIT_SECONDS = 0.1
#: Two requests that begin so soon after one another are sent side by side; no client waits so short for an answer.
AT_ONCE_SECONDS = 0.25
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)


def key_of(arrival: Arrival) -> str | None:
    """The key of a request, several joined with commas; None where it has none."""
    values = arrival.header_values(HEADER)
    return ", ".join(values) if values else None


@rule("idempotency.key-form")
def key_form(recording: Recording) -> Iterator[Finding]:
    """A key is bare, and of the permitted characters."""
    for arrival in recording.batches:
        key = key_of(arrival)
        if key is None:
            continue
        if _KEY.fullmatch(key):
            yield Kept()
        else:
            yield Broken("1 to 255 of [A-Za-z0-9_-]", key[:300] or "an empty key", (arrival.number,))


@rule("idempotency.one-key-one-body")
def one_key_one_body(recording: Recording) -> Iterator[Finding]:
    """No key arrives with two bodies."""
    first: dict[str, Arrival] = {}
    for arrival in recording.batches:
        key = key_of(arrival)
        if key is None:
            continue
        known = first.setdefault(key, arrival)
        if known.body == arrival.body:
            yield Kept()
        else:
            yield Broken("a key of its own for another body", "the same key", (known.number, arrival.number))


@rule("idempotency.retry-same-key")
def retry_same_key(recording: Recording) -> Iterator[Finding]:
    """After 408, 5xx or no answer the same key and bytes come again.

    A batch of other orders is another batch: what is left after a look at the orders, or a half of it.
    """
    for _, first, second in _same_orders(recording):
        late = first.answered is not None and second.began < first.answered
        if late and second.began - first.ended < AT_ONCE_SECONDS:  # side by side, which is no second try
            continue
        unseen = late or first.left or first.status is None or (first.fault and first.status == 200)
        if unseen or first.status == 408 or (first.status or 0) >= 500:
            yield _same(first, second)


@rule("idempotency.after-409")
def after_409(recording: Recording) -> Iterator[Finding]:
    """After 409 the same key and bytes come again, and not at once."""
    for _, first, second in _same_orders(recording):
        if first.status != 409 or first.left:
            continue
        waited = second.began - (first.answered or first.ended)
        if waited < LEAST_WAIT_SECONDS:
            numbers = (first.number, second.number)
            yield Broken("100 ms or more before the next try", f"{waited * 1000:.0f} ms", numbers)
        else:
            yield _same(first, second)


def _same_orders(recording: Recording) -> Iterator[tuple[Call, Arrival, Arrival]]:
    """Batches that were sent again, and named the same orders then."""
    for call, first, second in recording.again():
        if set(recording.named_in(first)) == set(recording.named_in(second)):
            yield call, first, second


def _same(first: Arrival, second: Arrival) -> Finding:
    numbers = (first.number, second.number)
    if key_of(first) is None or key_of(first) != key_of(second):
        told = (
            "no key" if key_of(second) is None else "no key the first time" if key_of(first) is None else "another key"
        )
        return Broken("the same Idempotency-Key, from the first try on", told, numbers)
    if first.body != second.body:
        return Broken("the same bytes", "other bytes under the same key", numbers)
    return Kept()


@rule("outcomes.amm-not-cancelled", only=("amm-order",))
def amm_not_cancelled(recording: Recording) -> Iterator[Finding]:
    """The AMM order was not cancelled, and is not reported so, nor as one that does not exist."""
    for call in recording.calls:
        amm = [order for order in call.order_ids if call.before.get(order) == "filled"]
        numbers = tuple(arrival.number for arrival in call.arrivals)
        for order in amm:
            said = call.report.outcomes_of(order)
            wrong = next((outcome for outcome in said if outcome in ("cancelled", "not_found")), None)
            if wrong is not None:
                yield Broken(f"{order}, which failed with UNSUPPORTED_ENGINE: refused", wrong, numbers)
            elif any(arrival.status == 200 for arrival in call.arrivals):
                yield Kept()
