"""What one worker of a load test has found, check by check, and its journal of that."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.session import Session
from venue_conformance.client.under_load import Done, LoadCheck
from venue_conformance.contract.clauses import IMPORTANCES, Catalogue
from venue_conformance.errors import Cause, EnvironmentFault, NotTested, Violation
from venue_conformance.plugin.outcome import actual_text, shorten
from venue_conformance.plugin.serialization import CheckMasking, exchange_record
from venue_conformance.report.journal import JournalWriter
from venue_conformance.report.records import BreachRecord, CheckRecord, ExchangeRecord, ObservationRecord, Outcome
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.recorder import Recorder, Remark, StateCall, Step

#: Of so many breaches of one clause the exchanges are kept; the others are counted.
_KEPT = 3
#: A 5xx that is no gateway's answers these many rounds of a check, and this share of them, with more than this share of
#: a round's requests: then it is the venue's answer to a valid batch.
_ERROR_ROUNDS, _SHARE_OF_ROUNDS, _SHARE_OF_REQUESTS = 3, 0.1, 0.2
_GATEWAY = frozenset({502, 503, 504})


@dataclass
class CheckFindings:
    """What was found by one check so far."""

    check: LoadCheck
    rounds: int = 0
    lost: int = 0
    error_rounds: int = 0
    ended: EnvironmentFault | None = None
    exercised: set[str] = field(default_factory=set)
    breaches: dict[str, BreachRecord] = field(default_factory=dict)
    exchanges: list[int] = field(default_factory=list)
    server_errors: list[int] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


class Findings:
    """Takes up what rounds find, and writes it down. Safe to use from many threads."""

    def __init__(
        self, session: Session, catalogue: Catalogue, checks: Sequence[LoadCheck], journal: JournalWriter
    ) -> None:
        self._session, self._catalogue, self._journal = session, catalogue, journal
        self._of = {check.name: CheckFindings(check) for check in checks}
        self._numbers = itertools.count(1)
        self._observed: set[tuple[str, str]] = set()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        #: Whether a must clause was found broken.
        self.broken = False

    def round_ended(
        self, check: LoadCheck, violations: Sequence[Violation], exercised: Iterable[str], recorder: Recorder
    ) -> None:
        """Take up a round that was judged."""
        with self._lock:
            found = self._of[check.name]
            found.rounds += 1
            found.exercised.update(exercised)
            for clause, observed in recorder.observations:
                self._observe(check, clause, observed)
            for violation in violations:
                self._breach(found, violation, recorder)

    def round_lost(self, check: LoadCheck, fault: EnvironmentFault) -> None:
        """Take up a round that could not be judged."""
        with self._lock:
            found = self._of[check.name]
            found.lost += 1
            found.ended = fault

    def server_errors(self, check: LoadCheck, dones: Sequence[Done]) -> Violation | None:
        """Take up the 5xx of a round; what they say of the venue once they are no accident."""
        failed = [done for done in dones if done.server_error is not None]
        with self._lock:
            found = self._of[check.name]
            for done in failed:
                if len(found.server_errors) < _KEPT:
                    found.server_errors.append(self._keep(done.result.exchange))
            own = [done for done in failed if done.server_error not in _GATEWAY]
            if len(own) <= _SHARE_OF_REQUESTS * len(dones):
                return None
            found.error_rounds += 1
            if found.error_rounds < _ERROR_ROUNDS or found.error_rounds < _SHARE_OF_ROUNDS * found.rounds:
                return None
        wanted = "valid batches within the budget to be carried out however many come at one moment"
        actual = f"in {found.error_rounds} rounds a server error to more than a fifth of them: {own[0].result!r}"
        return Violation(wanted, actual, check.refused, kind="server-error")

    def _breach(self, found: CheckFindings, violation: Violation, recorder: Recorder) -> None:
        clause = violation.clause or found.check.refused
        known = self._catalogue.get(clause)
        if known is not None and known.level == "open":
            self._observe(found.check, clause, f"expected {violation.expected}, got {violation.actual}")
            return
        earlier = found.breaches.get(clause)
        times = 1 if earlier is None else earlier.times + 1
        if earlier is not None:
            kinds = list(dict.fromkeys((*earlier.kinds, violation.kind)))
            found.breaches[clause] = BreachRecord(clause, earlier.expected, earlier.actual, times, earlier.steps, kinds)
            return
        sent = [step for step in recorder.steps if isinstance(step, Exchange)]
        masking = CheckMasking(self._session.redaction, sent)
        numbers = {id(step): self._keep(step) for step in sent}
        steps = [_step(step, numbers, masking) for step in recorder.steps]
        found.exchanges += numbers.values()
        found.steps = found.steps or steps
        found.breaches[clause] = BreachRecord(
            clause,
            masking.text(shorten(violation.expected)),
            masking.text(shorten(actual_text(violation))),
            times,
            steps,
            [violation.kind],
        )
        self.broken = self.broken or (known is not None and known.level == "must")
        # At once: whoever is killed afterwards has found it all the same.
        self._journal.write("breach", {"check": self._record(found).to_dict()})

    def _keep(self, exchange: Exchange) -> int:
        number = next(self._numbers)
        record: ExchangeRecord = exchange_record(number, exchange, self._session.redaction)
        self._journal.write("exchange", record)
        return number

    def _observe(self, check: LoadCheck, clause: str, observed: str) -> None:
        if (clause, check.name) in self._observed:
            return
        self._observed.add((clause, check.name))
        text = self._session.redaction.text(shorten(observed))
        self._journal.write("observation", ObservationRecord(clause, text, self.id_of(check)))

    def id_of(self, check: LoadCheck) -> str:
        """The id of a check in reports."""
        return f"load/{self._session.venue.name}::{check.name}"

    def conclude(self) -> None:
        """Write the record of every check."""
        with self._lock:
            for found in self._of.values():
                self._journal.write("check", self._record(found))

    def _record(self, found: CheckFindings) -> CheckRecord:
        outcome, reason, cause, needs = _outcome(found)

        def gravity(breach: BreachRecord) -> tuple[bool, int]:
            clause = self._catalogue.get(breach.clause)
            return (True, len(IMPORTANCES)) if clause is None else (clause.level != "must", clause.weight)

        breaches = sorted(found.breaches.values(), key=gravity)
        health = self._session.health
        return CheckRecord(
            self.id_of(found.check),
            found.check.title,
            list(found.check.clauses),
            outcome,
            time.monotonic() - self._began,
            breaches=[breach.to_dict() for breach in breaches],
            kept=sorted(found.exercised - found.breaches.keys()),
            exercised=sorted(found.exercised),
            # What provider states have said stands in it.
            reason=None if reason is None else self._session.redaction.text(reason),
            cause=cause,
            needs=needs,
            expected=breaches[0].expected if breaches else None,
            actual=breaches[0].actual if breaches else None,
            exchanges=sorted({*found.exchanges, *found.server_errors}),
            steps=found.steps,
            server_errors=list(found.server_errors),
            accepted=health.accepted,
            statuses=sorted(health.statuses),
        )


def _outcome(found: CheckFindings) -> tuple[Outcome, str | None, Cause | None, str | None]:
    if found.breaches:
        return "failed", None, None, None
    if found.rounds and found.exercised:
        return "passed", None, None, None
    if found.ended is None:
        return "not-tested", "never exercised: no round of it ran to its end", "condition", None
    needs = found.ended.needs if isinstance(found.ended, NotTested) else None
    outcome: Outcome = "not-tested" if isinstance(found.ended, NotTested) else "inconclusive"
    return outcome, found.ended.reason, found.ended.cause, needs


def _step(step: Step, numbers: dict[int, int], masking: CheckMasking) -> dict[str, Any]:
    if isinstance(step, StateCall):
        values = None if step.values is None else masking.value(step.values)
        return {"state": step.state, "params": masking.value(step.params), "values": values}
    if isinstance(step, Remark):
        return {"note": masking.text(step.text)}
    return {"exchange": numbers[id(step)]}
