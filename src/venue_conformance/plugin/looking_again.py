"""The end of a run: every order that it has read is read once more, and must be as it has to stay."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from venue_conformance.client.lasting import CANCELLED, Lasting
from venue_conformance.client.session import Session
from venue_conformance.errors import Cause, EnvironmentFault
from venue_conformance.report.records import BreachRecord, CheckRecord, Outcome
from venue_conformance.target.state_values import statuses_of
from venue_conformance.wire.recorder import Recorder

CHECK = "at the end of the run"
TITLE = "What the run has read of its orders still holds when all of them are read once more."
#: An effect of one of our own references shows at once, or in a moment where one of them is slow on purpose.
OWN_SECONDS = 0.5


@dataclass
class Found:
    """What the checks of a run have read, each with the check that did, and when the last of them ended."""

    lasting: list[tuple[str, Lasting]] = field(default_factory=list)
    ended: float = field(default_factory=time.monotonic)

    def add(self, check: str, values: Iterable[Mapping[str, Any]]) -> None:
        """Take over what a check has read."""
        self.lasting += [(check, Lasting.from_dict(each)) for each in values]
        self.ended = time.monotonic()


def look_again(
    session: Session,
    found: Found,
    clauses: Iterable[str],
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> CheckRecord | None:
    """Read the orders again, so many seconds after the last check has ended, and hold them against these clauses.

    Hands back the record of it, None where nothing was read that has to last. Never raises but KeyboardInterrupt.
    """
    judged = set(clauses)
    # What was read later counts: an order that was open may have been cancelled since.
    last = {each.order_id: (check, each) for check, each in found.lasting}
    due = [(check, each) for check, each in last.values() if each.clause in judged]
    if not due:
        return None
    controls = [(check, each) for check, each in last.values() if not each.clause]
    began = time.monotonic()
    sleep(max(0.0, found.ended + seconds - began))
    record = CheckRecord(
        CHECK, TITLE, sorted({each.clause for _, each in due}), "passed", 0.0, role="deepens", accepted=True
    )
    try:
        read = statuses_of(
            lambda params: session.setup(Recorder(), "order statuses", params),
            [each.order_id for _, each in (*controls, *due)],
        )
    except EnvironmentFault as fault:
        outcome: Outcome = "not-tested" if fault.cause == "state" else "inconclusive"
        return replace(record, outcome=outcome, reason=fault.reason, cause=fault.cause)
    lost = [each for _, each in controls if not each.holds(read[each.order_id])]
    if lost or not controls:
        due = [(check, each) for check, each in due if each.was == CANCELLED]
    judged_now = {each.clause for _, each in due}
    broken = [(check, each) for check, each in due if not each.holds(read[each.order_id])]
    unsaid = "an order that no request named was cancelled as well" if lost else "no order was kept as a control"
    return _judged(record, broken, judged_now, read, unsaid, time.monotonic() - began)


def _judged(
    record: CheckRecord,
    broken: Sequence[tuple[str, Lasting]],
    judged: set[str],
    read: Mapping[str, str],
    unsaid: str,
    seconds: float,
) -> CheckRecord:
    record = replace(record, duration_seconds=seconds, exercised=sorted(judged))
    if not judged:
        cause: Cause = "condition"
        return replace(record, outcome="not-tested", cause=cause, reason=unsaid)
    if not broken:
        return record
    times = Counter(each.clause for _, each in broken)
    first = {each.clause: (check, each) for check, each in reversed(broken)}
    breaches = []
    for clause, (check, each) in first.items():
        wanted = "still be cancelled" if each.was == CANCELLED else f"not be cancelled, for it was {each.was}"
        expected = f"order {each.order_id} to {wanted}"
        actual = f"it reads as {read[each.order_id]} at the end of the run; seen before in {check}"
        kinds = list(dict.fromkeys(_kind(each) for _, each in broken if each.clause == clause))
        breaches.append(BreachRecord(clause, expected, actual, times[clause], kinds=kinds).to_dict())
    return replace(
        record,
        outcome="failed",
        breaches=breaches,
        kept=sorted(judged - times.keys()),
        expected=breaches[0]["expected"],
        actual=breaches[0]["actual"],
    )


def _kind(each: Lasting) -> str:
    return "not-still-cancelled" if each.was == CANCELLED else "cancelled-later"
