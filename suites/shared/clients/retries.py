"""Rules over what is sent again. Without a second try none of them is exercised."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, Observed, rule
from venue_conformance.reference.stage import Arrival

#: Timers, and the way from the stage's last byte to the client, are not exact.
TOLERANCE_SECONDS = 0.05
#: What no answer asks for by the second, and no page either: not at once is all that can be wanted then.
LEAST_WAIT_SECONDS = 0.1
_MANY_TRIES = 20


def retry_after(arrival: Arrival) -> float:
    """The seconds that an answer wants its reader to wait; a moment where it does not say."""
    told = next((value for name, value in arrival.answer_headers if name.lower() == "retry-after"), "")
    return max(LEAST_WAIT_SECONDS, float(told)) if told.isdecimal() else LEAST_WAIT_SECONDS


def gap(first: Arrival, second: Arrival) -> float:
    """The seconds from the end of one answer to the first byte of another request."""
    return max(0.0, second.began - (first.answered if first.answered is not None else first.ended))


def went_on(first: Arrival, second: Arrival, signed_later: float) -> bool:
    """Whether the time that is signed went on between two tries as it did here.

    On a busy machine a request may have been under way for longer than its client waited for an answer: then the next
    one was signed before the first arrived, and anew all the same.
    """
    return signed_later > 0 and signed_later >= (second.wall - first.wall) / 2


@rule("retry.obeys-retry-after")
def obeys_retry_after(recording: Recording) -> Iterator[Finding]:
    """After 429 the next try comes no sooner than Retry-After says, and not at once where it says nothing."""
    for _, first, second in recording.again():
        if first.status == 429 and not first.left:
            wanted, waited = retry_after(first), gap(first, second)
            if waited >= wanted - TOLERANCE_SECONDS:
                yield Kept()
            else:
                numbers = (first.number, second.number)
                yield Broken(f"{wanted:g} s before the next try", f"{waited:.2f} s", numbers)


@rule("retry.not-after-refusal")
def not_after_refusal(recording: Recording) -> Iterator[Finding]:
    """What was refused is not sent again as it was; after 401, whose cause may be the clock, once.

    Where time and signatures stand in the body, a batch is the same without them.
    """
    essence: Callable[[bytes], bytes] = getattr(recording.wire, "essence", bytes)
    for call in recording.calls:
        repeats: dict[tuple[int, bytes], list[Arrival]] = {}
        for arrival in call.arrivals:
            if arrival.status in (400, 401, 403, 422) and not arrival.left:
                repeats.setdefault((arrival.status, essence(arrival.body)), []).append(arrival)
        for (status, _), arrivals in repeats.items():
            allowed = 2 if status == 401 else 1
            if len(arrivals) > allowed:
                actual = f"sent {len(arrivals)} times"
                yield Broken(f"no further try after {status}", actual, tuple(each.number for each in arrivals))
            else:
                yield Kept()


@rule("retry.bounded")
def bounded(recording: Recording) -> Iterator[Finding]:
    """How often a batch is sent again, and after which pauses."""
    for call in recording.calls:
        if len(call.arrivals) > 1 and any(first in call.arrivals for _, first, _ in recording.again()):
            pauses = [gap(a, b) for a, b in zip(call.arrivals, call.arrivals[1:], strict=False)]
            met = (_met(a, b) for a, b in zip(call.arrivals, call.arrivals[1:], strict=False))
            statuses = "/".join(dict.fromkeys(met))
            shown = ", ".join(f"{pause:.1f}" for pause in pauses[:6]) + (", …" if len(pauses) > 6 else "")
            remark = "; more than 20 tries in one call" if len(call.arrivals) > _MANY_TRIES else ""
            yield Observed(f"after {statuses}: {len(call.arrivals)} tries, pauses {shown} s{remark}")
        elif any(arrival.status in (408, 429, 500, 503, None) for arrival in call.arrivals):
            status = next(arrival.status for arrival in call.arrivals if arrival.status in (408, 429, 500, 503, None))
            yield Observed(f"after {status or 'no answer'}: not sent again")


def _met(first: Arrival, second: Arrival) -> str:
    """What the client had met when it sent again."""
    if first.answered is not None and second.began < first.answered:
        return "no answer in time"
    if first.fault and first.status:
        return "half an answer"
    return str(first.status or "no answer")
