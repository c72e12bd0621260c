"""What is kept of one scenario once it is judged: plain values, fit for a journal, of which a report can be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from venue_conformance.clients.driver import Ending, Played
from venue_conformance.clients.judging import ClauseFindings, Judged, check_record
from venue_conformance.clients.scenario import Broken, ClientScenario
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.errors import Cause
from venue_conformance.reference.stage import Arrival
from venue_conformance.report.records import CheckRecord, ExchangeRecord, Record
from venue_conformance.wire.redaction import Redaction


@dataclass(frozen=True)
class ScenarioRecord(Record):
    """One scenario: how it ended, what it says of each clause, and what its part of the report is made of.

    ``told`` is its entry in the report's section about the client. Exchanges are numbered from 1; nothing secret is in
    any of it.
    """

    name: str
    variant: str | None
    ending: Ending
    reason: str | None
    cause: Cause | None
    findings: dict[str, dict[str, Any]]
    errs: list[str]
    check: dict[str, Any]
    told: dict[str, Any]
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    @property
    def part(self) -> tuple[str, str | None]:
        """What of a run's plan it is: the scenario's name, and the variant."""
        return self.name, self.variant

    def judged(self, scenarios: Mapping[str, ClientScenario]) -> Judged:
        """What the verdicts on clauses are made of. Raises KeyError for a scenario that there is not."""
        played = Played(scenarios[self.name], self.variant, self.ending, reason=self.reason, cause=self.cause)
        return Judged(played, {clause: _findings(values) for clause, values in self.findings.items()}, errs=self.errs)


def record_of(judged: Judged, catalogue: Catalogue) -> ScenarioRecord:
    """What is kept of a scenario that has been judged."""
    played = judged.played
    redaction = _redaction(played)
    exchanges, numbers = _record_arrivals(played, redaction)
    check = check_record(judged, catalogue, numbers, _steps_of(played, redaction, numbers))
    return ScenarioRecord(
        played.scenario.name,
        played.variant,
        played.ending,
        played.reason,
        played.cause,
        _masked(
            redaction,
            {
                clause: {
                    "kept": found.kept,
                    "broken": [[broken.expected, broken.actual, list(broken.arrivals)] for broken in found.broken],
                    "observed": found.observed,
                }
                for clause, found in judged.findings.items()
            },
        ),
        judged.errs,
        _masked(redaction, check.to_dict()),
        _masked(redaction, _told(judged, check, numbers)),
        [each.to_dict() for each in exchanges],
    )


def _findings(values: Mapping[str, Any]) -> ClauseFindings:
    broken = [Broken(expected, actual, tuple(arrivals)) for expected, actual, arrivals in values["broken"]]
    return ClauseFindings(values["kept"], broken, list(values["observed"]))


def _arrivals(played: Played) -> list[Arrival]:
    return played.recording.arrivals if played.recording is not None else []


def _redaction(played: Played) -> Redaction:
    return Redaction() if played.recording is None else played.recording.redaction


def _masked(redaction: Redaction, value: Any) -> Any:
    """What clients have said may stand in any text; the names of members are ours."""
    match value:
        case str():
            return redaction.text(value)
        case Mapping():
            return {name: _masked(redaction, each) for name, each in value.items()}
        case list() | tuple():
            return [_masked(redaction, each) for each in value]
    return value


def _record_arrivals(played: Played, redaction: Redaction) -> tuple[list[ExchangeRecord], dict[int, int]]:
    """What arrived, numbered from 1, and these numbers by the arrivals' own."""
    exchanges: list[ExchangeRecord] = []
    numbers: dict[int, int] = {}
    account = "" if played.recording is None else "the client"
    for arrival in _arrivals(played):
        numbers[arrival.number] = len(exchanges) + 1
        where = "http://elsewhere" if arrival.elsewhere else "http://127.0.0.1"
        ended = arrival.answered if arrival.answered is not None else arrival.ended
        exchanges.append(
            ExchangeRecord(
                len(exchanges) + 1,
                redaction.text(arrival.method),
                redaction.text(where + arrival.target),
                redaction.headers(arrival.headers),
                redaction.text(arrival.body.decode("utf-8", "surrogateescape")) if arrival.body else None,
                arrival.status,
                redaction.headers(arrival.answer_headers),
                redaction.text(arrival.answer_body.decode("utf-8", "replace")) if arrival.answer_body else None,
                datetime.fromtimestamp(arrival.wall, UTC).isoformat(timespec="milliseconds"),
                max(0.0, ended - arrival.began),
                fault=arrival.fault,
                caller=account,
            )
        )
    return exchanges, numbers


def _steps_of(played: Played, redaction: Redaction, numbers: Mapping[int, int]) -> list[dict[str, Any]]:
    """What happened, in order: states, what was asked, what arrived, what the client said."""
    if played.recording is None:
        return []
    timed: list[tuple[float, dict[str, Any]]] = [
        (moment, cast("dict[str, Any]", redaction.value(step))) for moment, step in played.recording.notes
    ]
    timed += [(arrival.began, {"exchange": numbers[arrival.number]}) for arrival in played.recording.arrivals]
    return [step for _, step in sorted(timed, key=lambda pair: pair[0])]


def _told(judged: Judged, record: CheckRecord, numbers: Mapping[int, int]) -> dict[str, Any]:
    """One scenario for the section about the client: the wire beside what the client said."""
    played = judged.played
    calls = [] if played.recording is None else played.recording.calls
    return {
        "id": played.id,
        "number": played.scenario.number,
        "title": played.scenario.title,
        "variant": played.variant,
        "outcome": record.outcome,
        "reason": record.reason,
        "wire": [
            {"exchange": numbers[arrival.number], "step": arrival.step, "elsewhere": arrival.elsewhere}
            for arrival in _arrivals(played)
        ],
        "calls": [
            {
                "orders": len(call.order_ids),
                "said": call.report.describe(),
                "became": _counted(call.became(order) for order in call.order_ids),
                "seconds": round(max(0.0, call.ended - call.began), 3),
            }
            for call in calls
        ],
    }


def _counted(words: Iterable[str]) -> str:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{word} ×{number}" for word, number in counts.items()) or "nothing"
