"""The report on a client, of what is kept of each scenario: while the run goes on, or of the journal that it left."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from venue_conformance.clients.driver import Played
from venue_conformance.clients.judging import Judged, judge_clauses, observations
from venue_conformance.clients.protocol import PROTOCOL, Hello
from venue_conformance.clients.recording import wire_reader
from venue_conformance.clients.scenario import load_suite
from venue_conformance.clients.scenario_record import ScenarioRecord, record_of
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.client_clauses import ClientClause, Profile, load_client_catalogue
from venue_conformance.errors import ClientFault
from venue_conformance.report.document import FILES, REPORT, build_report
from venue_conformance.report.journal import Journal, renumbered
from venue_conformance.report.records import CheckRecord, ExchangeRecord, ObservationRecord, Record, RunInfo, TargetInfo
from venue_conformance.report.run_verdict import RunVerdict, run_verdict
from venue_conformance.report.text import one_line
from venue_conformance.report.verdicts import Judgement

#: The kind of record in a journal that holds one scenario.
SCENARIO = "scenario"
_MOST_REQUESTS_TOLD = 2


@dataclass(frozen=True)
class ClientInfo(Record):
    """Whom a run is about, and what of it was asked for; ``parts`` are all that was to be played."""

    name: str
    version: str
    language: str
    can: list[str]
    adaptor: str
    require: Profile | None
    variants: bool
    parts: list[list[str | None]]

    @classmethod
    def of(
        cls, hello: Hello, adaptor: str, require: Profile | None, *, variants: bool, parts: Iterable[list[str | None]]
    ) -> ClientInfo:
        """Of a client that has said hello."""
        can = sorted(hello.can)
        return cls(hello.name, hello.version, hello.language, can, adaptor, require, variants, list(parts))


def target_of(venue: str) -> TargetInfo:
    """What clients of a venue meet."""
    return TargetInfo(venue, "http://127.0.0.1", "staged reference", "client protocol 1", "embedded", embedded=True)


def header_of(run: RunInfo, venue: str, client: ClientInfo) -> dict[str, Any]:
    """How the journal of a run begins."""
    return {"run": run.to_dict(), "target": target_of(venue).to_dict(), "client": client.to_dict()}


def client_document(journal: Journal, folder: Path) -> dict[str, Any]:
    """The report that a journal calls for: that of its run, or of an interrupted one where it has no footer.

    Raises ClientFault when the journal does not hold what a run's does.
    """
    try:
        client, venue = ClientInfo.from_dict(journal.header["client"]), journal.header["target"]["venue"]
        ended = journal.footer is not None
        run = RunInfo.from_dict((journal.footer or journal.header)["run"])
        run = run if ended else dataclasses.replace(run, interrupted=True, files=list(FILES))
        records = [ScenarioRecord.from_dict(values) for values in journal.others.get(SCENARIO, ())]
        scenarios = {each.name: each for each in load_suite(venue).scenarios}
        catalogue = load_client_catalogue(venue)
        played = {record.part: record for record in records}
        for name, variant in client.parts:
            if (cast(str, name), variant) not in played:
                left = Played(
                    scenarios[cast(str, name)],
                    variant,
                    "inconclusive",
                    reason="the run ended before it",
                    cause="interrupted",
                )
                records.append(record_of(Judged(left), catalogue))
        return document_of(run, client, catalogue, records, folder / REPORT)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClientFault(f"{folder}: this is not the journal of a certification: {error}") from error


def document_of(
    run: RunInfo, client: ClientInfo, catalogue: Catalogue, records: Sequence[ScenarioRecord], report_path: Path | str
) -> dict[str, Any]:
    """Judge a run and put all of it into one document."""
    scenarios = {each.name: each for each in load_suite(catalogue.venue).scenarios}
    order = {tuple(part): number for number, part in enumerate(client.parts)}
    records = sorted(records, key=lambda record: order[record.part])
    judged = [record.judged(scenarios) for record in records]
    exchanges, checks, told = _renumbered(records)
    seen = [
        dataclasses.replace(each, observed=one_line(each.observed, 400)) for each in observations(judged, catalogue)
    ]
    if variants := _variants(judged, catalogue):
        seen.append(variants)
    narrowed = bool(run.selection)
    instead = _instead(catalogue.venue, exchanges)
    judgements = judge_clauses(judged, catalogue, selected=narrowed, instead=instead)
    judgements = [_with_variants(each, variants) for each in judgements]
    earned = [] if narrowed else earned_profiles(judgements)
    return build_report(
        dataclasses.replace(run, requests=len(exchanges)),
        target_of(catalogue.venue),
        list(catalogue.values()),
        checks,
        seen,
        exchanges,
        report_path=report_path,
        judged=judgements,
        verdict=certification_verdict(
            judgements, client.require, narrowed=narrowed, strict=run.strict, interrupted=run.interrupted
        ),
        client={
            "name": client.name,
            "version": client.version,
            "language": client.language,
            "protocol": PROTOCOL,
            "can": client.can,
            "adaptor": client.adaptor,
            "require": client.require or (None if narrowed else "core"),
            "profiles": earned,
            "profiles_not_earned": [each for each in _profiles(judgements) if each not in earned],
            "not_exercised": [each.clause.id for each in judgements if each.verdict == "not-exercised"],
            "variants": client.variants,
            "scenarios": told,
        },
    )


def _instead(venue: str, exchanges: Iterable[ExchangeRecord]) -> str:
    """What arrived where no batch cancel ever did: nothing, or requests to another address."""
    arrived = [(each.method, urlsplit(each.url).path) for each in exchanges]
    if any(wire_reader(venue).is_batch_cancel(*each) for each in arrived):
        return ""
    told = list(dict.fromkeys(f"{method} {path}" for method, path in arrived))
    if not told:
        return ": nothing arrived"
    more = f" and {len(told) - _MOST_REQUESTS_TOLD} others" if len(told) > _MOST_REQUESTS_TOLD else ""
    return f": no batch cancel arrived, but {', '.join(told[:_MOST_REQUESTS_TOLD])}{more}"


def _renumbered(
    records: Iterable[ScenarioRecord],
) -> tuple[list[ExchangeRecord], list[CheckRecord], list[dict[str, Any]]]:
    """The exchanges of all scenarios, numbered throughout, with the checks and entries that name them."""
    exchanges: list[ExchangeRecord] = []
    checks: list[CheckRecord] = []
    told: list[dict[str, Any]] = []
    for record in records:
        first = len(exchanges)
        found = [ExchangeRecord.from_dict(values) for values in record.exchanges]
        exchanges += [dataclasses.replace(each, id=first + each.id) for each in found]
        checks.append(renumbered(CheckRecord.from_dict(record.check), first.__add__))
        wire = [{**each, "exchange": first + each["exchange"]} for each in record.told["wire"]]
        told.append({**record.told, "wire": wire})
    return exchanges, checks, told


def certification_verdict(
    judgements: list[Judgement], require: Profile | None, *, narrowed: bool, strict: bool, interrupted: bool
) -> RunVerdict:
    """The verdict on a client: as on a venue, and partial where a clause that the profile needs was not exercised.

    A run that is ``narrowed`` to some scenarios earns no profile, so that one that was asked for makes it partial.
    """
    verdict = run_verdict(judgements, strict=strict, interrupted=interrupted)
    if verdict == "conforms" and require is not None and narrowed:
        return "partial"
    if verdict == "conforms" and require not in (None, "core"):
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
