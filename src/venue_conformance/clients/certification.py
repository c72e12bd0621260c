"""A certification run, from an adaptor to a report."""

from __future__ import annotations

import dataclasses
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.driver import Driver, Plan, Played, parts_of
from venue_conformance.clients.http import HttpAdaptor
from venue_conformance.clients.judging import (
    Judged,
    check_record,
    judge_clauses,
    judge_played,
    observations,
)
from venue_conformance.clients.process import ProcessAdaptor
from venue_conformance.clients.protocol import PROTOCOL, Hello
from venue_conformance.clients.scenario import ClientSuite, Scenario, load_suite
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.client_clauses import (
    ClientClause,
    Profile,
    client_venue_names,
    load_client_catalogue,
)
from venue_conformance.errors import AdaptorFault, ClientFault
from venue_conformance.reference.stage import Arrival, variant_names
from venue_conformance.report.document import FILES, build_report
from venue_conformance.report.journal import JOURNAL
from venue_conformance.report.records import CheckRecord, ExchangeRecord, ObservationRecord, RunInfo, TargetInfo
from venue_conformance.report.run_verdict import RunVerdict, run_verdict
from venue_conformance.report.text import one_line
from venue_conformance.report.verdicts import Judgement
from venue_conformance.wire.redaction import Redaction

#: How many clients are driven at once, and the minutes after which nothing further begins.
LANES, MOST_MINUTES = 8, 15.0
_LONGEST_SEED = 53


@dataclass(frozen=True)
class CertifyOptions:
    """What the user asked for. ``adaptor`` is a command, or an address that begins with ``http://``."""

    adaptor: str
    venue: str | None = None
    require: Profile = "core"
    scenarios: tuple[str, ...] = ()
    variants: bool = False
    seed: int | None = None
    strict: bool = False
    max_minutes: float = MOST_MINUTES
    lanes: int = LANES
    report_path: Path | str = "conformance.json"
    deadline_seconds: float = 60.0
    files: tuple[str, ...] = ()


@dataclass
class Certification:
    """What came of a run: the report, and what a certificate is made of."""

    document: dict[str, Any]
    suite: ClientSuite
    catalogue: Catalogue
    hello: Hello | None
    judged: list[Judged]


def certify(options: CertifyOptions, tell: Callable[[str], None] = lambda _: None) -> Certification:
    """Play every scenario before the client behind an adaptor, and judge it.

    Raises ClientFault for options that cannot be used, and for an adaptor that does not even say hello.
    """
    started = _now()
    first = new_adaptor(options.adaptor)
    try:
        hello = first.hello(options.venue)
        first.close()
    except AdaptorFault as fault:
        raise ClientFault(f"--adaptor {options.adaptor}: {fault.reason}{_said(first)}") from fault
    finally:
        first.stop()
    if hello.venue not in client_venue_names():
        known = ", ".join(client_venue_names())
        raise ClientFault(f"{one_line(hello.venue)}: clients of this venue cannot be certified; there are {known}")
    suite, catalogue = load_suite(hello.venue), load_client_catalogue(hello.venue)
    chosen = _chosen(suite, options.scenarios)
    seed = random.SystemRandom().getrandbits(_LONGEST_SEED) if options.seed is None else options.seed
    variants = variant_names(hello.venue) if options.variants else ()
    lanes = options.lanes if not options.adaptor.startswith("http://") or "sessions" in hello.can else 1
    plan = Plan(
        hello,
        lambda: new_adaptor(options.adaptor),
        seed,
        parts_of(chosen, variants),
        lanes,
        time.monotonic() + options.max_minutes * 60,
        deadline_seconds=options.deadline_seconds,
        tell=tell,
    )
    tell(f"{hello.client or 'a client'} for {hello.venue}: {len(plan.parts)} scenarios, {lanes} at a time, seed {seed}")
    driver = Driver(plan)
    interrupted = False
    try:
        played = driver.play()
    except KeyboardInterrupt:
        interrupted, played = True, driver.results()
    judged = [judge_played(each, suite, catalogue) for each in played]
    run = RunInfo(
        id=str(uuid.uuid4()),
        started_at=started,
        finished_at=_now(),
        seed=seed,
        profile="certify",
        selection={"--scenario": list(options.scenarios)} if options.scenarios else {},
        strict=options.strict,
        interrupted=interrupted,
        files=[*(file for file in FILES if file != JOURNAL), *options.files],
    )
    document = _document(run, options, hello, catalogue, judged)
    return Certification(document, suite, catalogue, hello, judged)


def new_adaptor(adaptor: str) -> Adaptor:
    """An adaptor by its command or its address. Raises ClientFault when it cannot be started."""
    return HttpAdaptor(adaptor) if adaptor.startswith("http://") else ProcessAdaptor(adaptor)


def _said(adaptor: Adaptor) -> str:
    lines = adaptor.complaints.strip().splitlines()
    return f"; it wrote: {one_line(lines[-1], 300)}" if lines else ""


def _chosen(suite: ClientSuite, patterns: Iterable[str]) -> list[Scenario]:
    wanted = list(patterns)
    if not wanted:
        return list(suite.scenarios)
    for pattern in wanted:
        if not any(_fits(each, pattern) for each in suite.scenarios):
            names = ", ".join(each.name for each in suite.scenarios)
            raise ClientFault(f"--scenario {pattern}: no scenario is called so; there are {names}")
    return [each for each in suite.scenarios if any(_fits(each, pattern) for pattern in wanted)]


def _fits(scenario: Scenario, pattern: str) -> bool:
    return fnmatchcase(scenario.name, pattern) or pattern == str(scenario.number)


def _document(
    run: RunInfo,
    options: CertifyOptions,
    hello: Hello,
    catalogue: Catalogue,
    judged: list[Judged],
) -> dict[str, Any]:
    exchanges: list[ExchangeRecord] = []
    checks: list[CheckRecord] = []
    scenarios: list[dict[str, Any]] = []
    for each in judged:
        redaction = _redaction(each.played)
        numbers = _record_arrivals(each.played, redaction, exchanges)
        story = _story(each.played, redaction, numbers)
        record = check_record(each, catalogue, numbers, story)
        checks.append(record)
        scenarios.append(_scenario(each, record, numbers))
    seen = [
        dataclasses.replace(each, observed=one_line(each.observed, 400)) for each in observations(judged, catalogue)
    ]
    if variants := _variants(judged, catalogue):
        seen.append(variants)
    judgements = judge_clauses(judged, catalogue, selected=bool(options.scenarios))
    judgements = [_with_variants(each, variants) for each in judgements]
    run = dataclasses.replace(run, requests=sum(len(_arrivals(each.played)) for each in judged))
    verdict = certification_verdict(judgements, options.require, strict=run.strict, interrupted=run.interrupted)
    return build_report(
        run,
        TargetInfo(hello.venue, "http://127.0.0.1", "staged reference", "client protocol 1", "embedded", embedded=True),
        list(catalogue.values()),
        checks,
        seen,
        exchanges,
        report_path=options.report_path,
        judged=judgements,
        verdict=verdict,
        client={
            "name": hello.name,
            "version": hello.version,
            "language": hello.language,
            "protocol": PROTOCOL,
            "can": sorted(hello.can),
            "adaptor": options.adaptor,
            "require": options.require,
            "profiles": (earned := earned_profiles(judgements)),
            "profiles_not_earned": [each for each in _profiles(judgements) if each not in earned],
            "not_exercised": [each.clause.id for each in judgements if each.verdict == "not-exercised"],
            "variants": options.variants,
            "scenarios": scenarios,
        },
    )


def certification_verdict(
    judgements: list[Judgement], require: Profile, *, strict: bool, interrupted: bool
) -> RunVerdict:
    """The verdict on a client: as on a venue, and partial where a clause that the profile needs was not exercised."""
    verdict = run_verdict(judgements, strict=strict, interrupted=interrupted)
    if verdict == "conforms" and require != "core":
        needed = [each for each in judgements if cast(ClientClause, each.clause).profile == require]
        if not needed or any(each.verdict != "conforms" for each in needed if each.clause.level != "open"):
            return "partial"
    return verdict


def earned_profiles(judgements: Iterable[Judgement]) -> list[str]:
    """The profiles of which every clause was exercised and kept; core needs the must clauses that were."""
    by_profile: dict[str, list[Judgement]] = {}
    for each in judgements:
        clause = cast(ClientClause, each.clause)
        if clause.level != "open":
            by_profile.setdefault(clause.profile, []).append(each)
    earned = []
    for profile, found in by_profile.items():
        counted = [each for each in found if profile != "core" or _counts_for_core(each)]
        if counted and all(each.verdict == "conforms" for each in counted):
            earned.append(profile)
    return earned


def _counts_for_core(judgement: Judgement) -> bool:
    return judgement.clause.level == "must" and judgement.verdict != "not-exercised"


def _profiles(judgements: Iterable[Judgement]) -> list[str]:
    """Every profile that the venue's clauses know."""
    return list(dict.fromkeys(cast(ClientClause, each.clause).profile for each in judgements))


def _arrivals(played: Played) -> list[Arrival]:
    return played.recording.arrivals if played.recording is not None else []


def _redaction(played: Played) -> Redaction:
    secrets = [] if played.recording is None else list(played.recording.credentials.values())
    return Redaction(secrets)


def _record_arrivals(played: Played, redaction: Redaction, exchanges: list[ExchangeRecord]) -> dict[int, int]:
    """Add what arrived to the report's exchanges; their numbers there, by the arrivals' own."""
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
    return numbers


def _story(played: Played, redaction: Redaction, numbers: Mapping[int, int]) -> list[dict[str, Any]]:
    """What happened, in order: states, what was asked, what arrived, what the client said."""
    if played.recording is None:
        return []
    timed: list[tuple[float, dict[str, Any]]] = [
        (moment, cast("dict[str, Any]", redaction.value(step))) for moment, step in played.recording.notes
    ]
    timed += [(arrival.began, {"exchange": numbers[arrival.number]}) for arrival in played.recording.arrivals]
    return [step for _, step in sorted(timed, key=lambda pair: pair[0])]


def _scenario(judged: Judged, record: CheckRecord, numbers: Mapping[int, int]) -> dict[str, Any]:
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


def _variants(judged: list[Judged], catalogue: Catalogue) -> ObservationRecord | None:
    """At which permitted variants the client errs, in one observation; None where none was tried."""
    tried = [each for each in judged if each.played.variant is not None]
    clause = next((each.id for each in catalogue.values() if each.id.endswith(".robustness.permitted-variants")), None)
    if not tried or clause is None:
        return None
    errs: dict[str, list[str]] = {}
    for each in tried:
        broken = [clause_id.split(".", 2)[2] for clause_id, found in each.findings.items() if found.broken]
        broken += each.errs
        if each.played.ending == "inconclusive":
            broken.append("inconclusive")
        if broken:
            errs.setdefault(cast(str, each.played.variant), []).extend(broken)
    count = len({each.played.variant for each in tried})
    told = "; ".join(f"{variant} ({', '.join(dict.fromkeys(rules))})" for variant, rules in errs.items())
    return ObservationRecord(
        clause, f"errs at {len(errs)} of {count} variants{': ' + told if told else ''}", tried[0].played.id
    )


def _with_variants(judgement: Judgement, seen: ObservationRecord | None) -> Judgement:
    if seen is None or judgement.clause.id != seen.clause:
        return judgement
    return Judgement(judgement.clause, "observed", checks=(seen.check,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
