"""From recordings to records: every rule over every scenario, and the verdict on each clause."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from venue_conformance.clients.driver import Played
from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import EVERY, Broken, ClientSuite, Finding, Kept, Observed
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.client_clauses import ClientClause
from venue_conformance.report.records import BreachRecord, CheckRecord, ObservationRecord
from venue_conformance.report.verdicts import Judgement, breach_text

_MOST_BREACHES_TOLD = 3


@dataclass
class ClauseFindings:
    """What one scenario says of one clause."""

    kept: int = 0
    broken: list[Broken] = field(default_factory=list)
    observed: list[str] = field(default_factory=list)


@dataclass
class Judged:
    """One scenario, judged: what it says of each clause that it exercised."""

    played: Played
    findings: dict[str, ClauseFindings] = field(default_factory=dict)
    disagreement: str | None = None
    errs: list[str] = field(default_factory=list)
    """Rules that were broken before a permitted variant, where that is only observed."""

    def broke(self, clause: str) -> list[Broken]:
        """How a clause was broken here."""
        return self.findings[clause].broken if clause in self.findings else []


def judge_played(played: Played, suite: ClientSuite, clauses: Catalogue) -> Judged:
    """Hold one scenario against every rule. Where the signature's two verifiers disagree, the suite is wrong."""
    judged = Judged(played)
    recording = played.recording
    if recording is None or played.ending != "played":
        return judged
    judged.disagreement = disagreement(recording)
    by_rule = {cast(ClientClause, clause).rule: clause for clause in clauses.values()}
    for rule in suite.rules:
        clause = by_rule.get(rule.rule)
        if clause is None or (rule.only and played.scenario.name not in rule.only):
            continue
        found = _collected(rule.judge(recording))
        if played.scenario.breaks_page and clause.level == "must" and not _may_break(played, rule.rule):
            found.broken = []
        if played.variant is not None and rule.rule != EVERY and found.broken:
            judged.errs.append(rule.rule)
            found.broken = []
        if found.kept or found.broken or found.observed:
            judged.findings[clause.id] = found
    return judged


def _may_break(played: Played, rule: str) -> bool:
    return rule == EVERY and played.scenario.no_rows


def disagreement(recording: Recording) -> str | None:
    """Where the reference's verifier and the recomputation from the bytes say different things of one signature."""
    for arrival in recording.batches:
        if arrival.verified is None or not recording.wire.is_documented(arrival.method, arrival.path):
            continue
        again = recording.wire.fits(
            arrival.method, arrival.target, arrival.headers, arrival.body, recording.credentials
        )
        if again is not None and arrival.verified != again:
            verifier = "fits" if arrival.verified else "does not fit"
            return f"arrival {arrival.number}: to the reference the signature {verifier}, the recomputation denies it"
    return None


def _collected(findings: Iterable[Finding]) -> ClauseFindings:
    collected = ClauseFindings()
    for finding in findings:
        match finding:
            case Kept():
                collected.kept += 1
            case Broken():
                collected.broken.append(finding)
            case Observed(told):
                collected.observed.append(told)
    return collected


def check_record(
    judged: Judged, clauses: Catalogue, numbers: Mapping[int, int], steps: list[dict[str, object]]
) -> CheckRecord:
    """The record of one scenario. ``numbers`` are the report's numbers of arrivals."""
    played = judged.played
    ids = _clauses_of(judged, clauses)
    record = CheckRecord(
        played.id,
        played.scenario.title,
        ids,
        "passed",
        played.seconds,
        exchanges=list(numbers.values()),
        steps=steps,
        accepted=True,
        exercised=[clause for clause, found in judged.findings.items() if found.kept or found.broken or found.observed],
    )
    if played.ending != "played":
        return dataclasses.replace(
            record, outcome=played.ending, reason=played.reason, cause=played.cause, exercised=[]
        )
    if judged.disagreement is not None:
        return dataclasses.replace(record, outcome="error", reason=judged.disagreement)
    breaches = [
        BreachRecord(
            clause.id,
            broken[0].expected,
            broken[0].actual,
            len(broken),
            _evidence(broken[0], numbers, steps),
        ).to_dict()
        for clause in _by_gravity(clauses)
        if (broken := judged.broke(clause.id)) and clause.level != "open"
    ]
    if not breaches:
        return record
    kept = [clause for clause, found in judged.findings.items() if found.kept and not found.broken]
    return dataclasses.replace(
        record,
        outcome="failed",
        breaches=breaches,
        kept=kept,
        expected=breaches[0]["expected"],
        actual=breaches[0]["actual"],
    )


def _clauses_of(judged: Judged, clauses: Catalogue) -> list[str]:
    """The clauses that a scenario was written for, and those that it exercised beside them."""
    about = set(judged.played.scenario.about)
    return [
        clause.id
        for clause in clauses.values()
        if cast(ClientClause, clause).rule in about or clause.id in judged.findings
    ]


def _by_gravity(clauses: Catalogue) -> list[ClientClause]:
    level = {"must": 0, "should": 1, "open": 2}
    found = [cast(ClientClause, clause) for clause in clauses.values()]
    return sorted(found, key=lambda clause: (level[clause.level], clause.weight))


def _evidence(
    broken: Broken, numbers: Mapping[int, int], steps: Sequence[Mapping[str, object]]
) -> list[dict[str, object]]:
    """The steps that show a breach: its arrivals, with what was asked and said around them."""
    wanted = {numbers[number] for number in broken.arrivals if number in numbers}
    if not wanted:
        return []
    return [dict(step) for step in steps if step.get("exchange", None) in wanted or "exchange" not in step]


def observations(judged: Sequence[Judged], clauses: Catalogue) -> list[ObservationRecord]:
    """What was seen of open questions."""
    return [
        ObservationRecord(clause, told, each.played.id)
        for each in judged
        for clause, found in each.findings.items()
        if clauses[clause].level == "open"
        for told in dict.fromkeys(found.observed)
    ]


def judge_clauses(
    judged: Sequence[Judged], clauses: Catalogue, *, selected: bool, instead: str = ""
) -> list[Judgement]:
    """The verdict on each clause; ``selected`` says that the run was narrowed to some scenarios.

    ``instead`` tells what the client did where it never sent a batch cancel.

    Violated if any scenario broke it; else inconclusive if one that was written for it could not be judged; else it
    conforms if any exercised it. Of what never came about, a clause with ``when`` is not exercised, which is no fault.
    """
    return [_judgement(cast(ClientClause, clause), judged, instead, selected=selected) for clause in clauses.values()]


def _judgement(clause: ClientClause, judged: Sequence[Judged], instead: str, *, selected: bool) -> Judgement:
    with_it = [each for each in judged if clause.id in each.findings]
    about = [each for each in judged if clause.rule in each.played.scenario.about]
    ids = tuple(dict.fromkeys(each.played.id for each in (*with_it, *about)))
    passed = sum(not each.findings[clause.id].broken for each in with_it)
    if clause.level == "open":
        if any(each.findings[clause.id].observed for each in with_it):
            return Judgement(clause, "observed", checks=ids, passed=passed)
        return Judgement(clause, "not-tested", "no scenario showed it", "not-selected", checks=ids)
    broken = [(each, found) for each in judged for found in each.broke(clause.id)]
    with_it = [each for each in with_it if each.played.variant is None]
    about = [each for each in about if each.played.variant is None]
    if broken:
        told = list(dict.fromkeys(breach_text(found.expected, found.actual) for _, found in broken))
        more = f"; and {len(told) - _MOST_BREACHES_TOLD} more" if len(told) > _MOST_BREACHES_TOLD else ""
        return Judgement(clause, "violates", "; ".join(told[:_MOST_BREACHES_TOLD]) + more, checks=ids, passed=passed)
    unsure = [each.played for each in about if each.played.ending in ("inconclusive", "error")]
    if unsure:
        reasons = dict.fromkeys(f"{played.scenario.name}: {played.reason}" for played in unsure)
        reason = "; ".join(list(reasons)[:_MOST_BREACHES_TOLD])
        return Judgement(clause, "inconclusive", reason, unsure[0].cause or "interrupted", checks=ids, passed=passed)
    if with_it:
        return Judgement(clause, "conforms", checks=ids, passed=passed)
    if clause.when is not None and (about or not selected):
        return Judgement(clause, "not-exercised", f"never came about: {clause.when}", checks=ids)
    if selected and not about:
        return Judgement(clause, "not-tested", "no scenario for it was selected", "not-selected")
    return Judgement(clause, "not-tested", f"the client never came to it{instead}", "condition", checks=ids)
