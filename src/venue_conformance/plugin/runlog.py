"""Collects what the checks of a run leave behind, and writes journals and reports from it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from venue_conformance.contract.clauses import Catalogue, Clause, load_catalogue
from venue_conformance.contract.resources import root_of
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import ClientFault
from venue_conformance.gate.baseline import Baseline
from venue_conformance.gate.weighing import weigh
from venue_conformance.plugin.options import RunOptions, Selection
from venue_conformance.report.document import FILES, REPORT, build_report, write_report
from venue_conformance.report.forms import own_files
from venue_conformance.report.index import write_index
from venue_conformance.report.journal import JOURNAL, SETUP, JournalWriter, find_exchanges, renumbered
from venue_conformance.report.records import (
    CheckRecord,
    DepthRecord,
    ExchangeRecord,
    ObservationRecord,
    PlannedCheck,
    ProbeRecord,
    RunInfo,
    TargetInfo,
)


@dataclass
class VenueLog:
    """The records of one venue's checks."""

    journal: JournalWriter
    target: TargetInfo
    checks: list[CheckRecord] = field(default_factory=list)
    exchanges: list[ExchangeRecord] = field(default_factory=list)
    observations: list[ObservationRecord] = field(default_factory=list)
    depth: list[DepthRecord] = field(default_factory=list)


class RunLog:
    """One run: a journal and a report for each venue, straight in the report folder when there is but one of them."""

    def __init__(self, options: RunOptions, seed: int, baseline: Baseline | None = None) -> None:
        self._options = options
        self.run = RunInfo(
            id=str(uuid.uuid4()),
            started_at=_now(),
            finished_at=None,
            seed=seed,
            profile=options.profile,
            selection=options.selection.to_dict(),
            strict=options.strict,
            allow_untested=options.allow_untested,
            files=[*FILES, *own_files(options.reports)],
            shard=None if options.shard is None else {"number": options.shard[0], "of": options.shard[1]},
            baseline=None if baseline is None else baseline.to_dict(),
            keep_bodies=options.keep_bodies,
            sarif_location=None if options.sarif_location is None else str(options.sarif_location),
        )
        #: Every check that the run knows of, by venue and id.
        self.planned: dict[str, dict[str, PlannedCheck]] = {}
        #: Every venue of the run, known before the first record of any comes in.
        self.venues: set[str] = set()
        self.errors: list[str] = []
        #: What came of the probe, by venue, as a ``ProbeRecord``.
        self.probes: dict[str, dict[str, Any]] = {}
        #: At which bound of the target file the run ended, in a sentence.
        self.limit: str | None = None
        self._venues: dict[str, VenueLog] = {}
        self._ended: dict[str, RunInfo] = {}

    def plan(self, venue: str, check: PlannedCheck) -> None:
        """Note a check that the run knows of, so that it is missed when it does not run."""
        self.venues.add(venue)
        planned = self.planned.setdefault(venue, {})
        if check.id not in planned and venue in self._venues:
            self._venues[venue].journal.write("plan", check)
        planned[check.id] = check

    def select(self, checks: Iterable[str]) -> None:
        """Note which checks are left to be run once everybody has selected."""
        kept = set(checks)
        for planned in self.planned.values():
            planned.update({each.id: replace(each, selected=each.id in kept) for each in planned.values()})

    def folder(self, venue: str) -> Path:
        """Where a venue's report goes."""
        directory = self._options.report_dir
        return directory if self.venues <= {venue} else directory / venue

    def add(self, serialized: Mapping[str, Any], target: Mapping[str, Any]) -> None:
        """Take over the records of one check and append them to the journal."""
        log = self._log(serialized["venue"], target)
        first = len(log.exchanges)
        exchanges = [ExchangeRecord.from_dict(values) for values in serialized["exchanges"]]
        exchanges = [replace(exchange, id=first + exchange.id) for exchange in exchanges]
        check = CheckRecord.from_dict(serialized["check"])
        check = renumbered(check, lambda number: first + number)
        observations = [ObservationRecord.from_dict(values) for values in serialized["observations"]]
        log.exchanges += [self._at_hand(exchange, check, log) for exchange in exchanges]
        log.checks.append(check)
        log.observations += observations
        depth = [DepthRecord.from_dict(values) for values in serialized["depth"]]
        log.depth += depth
        for exchange in exchanges:
            log.journal.write("exchange", exchange)
        for observation in observations:
            log.journal.write("observation", observation)
        for reached in depth:
            log.journal.write("depth", reached)
        log.journal.write("check", check)

    def _at_hand(self, exchange: ExchangeRecord, check: CheckRecord, log: VenueLog) -> ExchangeRecord:
        """What stays in memory of an exchange: no bodies where the check passed, which the journal has."""
        needed = check.outcome != "passed" or self._options.keep_bodies or log.journal.failed is not None
        return exchange if needed else exchange.without_bodies()

    def conclude(self, venue: str, record: CheckRecord) -> None:
        """Note what came of looking at the orders of a venue's checks once more."""
        log = self._venues[venue]
        log.checks.append(record)
        log.journal.write("check", record)

    def probe(self, venue: str, found: ProbeRecord, target: Mapping[str, Any]) -> None:
        """Note what came of the probe."""
        self._log(venue, target).journal.write("probe", found)
        self.probes[venue] = found.to_dict()

    def setup(self, venue: str, record: Mapping[str, Any], target: Mapping[str, Any]) -> None:
        """Note what the target is about to be brought into, or what came of it."""
        self._log(venue, target).journal.write(SETUP, record)

    def add_exchange(self, venue: str, exchange: ExchangeRecord, target: Mapping[str, Any]) -> int:
        """Note an exchange of no check; its number in the report."""
        log = self._log(venue, target)
        log.exchanges.append(replace(exchange, id=len(log.exchanges) + 1))
        log.journal.write("exchange", log.exchanges[-1])
        return len(log.exchanges)

    def begin(self, venue: str, target: Mapping[str, Any]) -> None:
        """Begin the journal of a venue, unless it has begun."""
        self._log(venue, target)

    def _log(self, venue: str, target: Mapping[str, Any]) -> VenueLog:
        if venue not in self._venues:
            info, file = TargetInfo.from_dict(target), self._options.target
            header = {
                "run": self.run.to_dict(),
                "target": info.to_dict(),
                "target_file": None if file is None else str(file),
                "folder": str(Path.cwd()),
            }
            log = self._venues[venue] = VenueLog(JournalWriter(self.folder(venue) / JOURNAL, header), info)
            for check in self.planned.get(venue, {}).values():
                log.journal.write("plan", check)
        return self._venues[venue]

    def finish(
        self,
        target_of: Callable[[str], Mapping[str, Any]],
        *,
        interrupted: bool,
        left_open: Mapping[str, list[dict[str, Any]]] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Judge every venue that was to be judged, and hand back the documents by venue; nothing is written yet.

        ``left_open`` is what the run could not give back, by venue. It is an error of the suite when checks of a venue
        were started and none left a record.
        """
        documents, finished_at = {}, _now()
        for venue in self.planned:
            if self._is_expected(venue) and not interrupted:
                self.errors.append(f"no check of {venue} came to its end")
            self._log(venue, target_of(venue))
        for venue, log in self._venues.items():
            run = self._ended[venue] = replace(
                self.run,
                finished_at=finished_at,
                interrupted=interrupted,
                requests=len(log.exchanges),
                errors=list(self.errors),
                probe=self.probes.get(venue),
                limit=self.limit,
                left_open=(left_open or {}).get(venue, []),
            )
            document = build_report(
                run,
                log.target,
                clauses_in_scope(venue, self._options.selection),
                log.checks,
                log.observations,
                log.exchanges,
                depth=log.depth,
                planned=self.planned.get(venue, {}),
                catalogue=len(catalogue_of(venue)),
                report_path=self.folder(venue) / REPORT,
                target_file=self._options.target,
                recall=partial(find_exchanges, self.folder(venue) / JOURNAL),
            )
            # The document has all of it now.
            log.exchanges.clear()
            log.checks.clear()
            documents[venue] = weigh(document)
        return documents

    def write(self, documents: Mapping[str, dict[str, Any]]) -> None:
        """Close the journals, and write the reports and, of several venues, their index.

        The journals come first, from which the reports can be made again. Raises ClientFault, in one line, when any of
        it could not be written, once all the others are.
        """
        faults: list[str] = []
        for venue, log in self._venues.items():
            run, verdict = self._ended[venue], documents[venue]["run"]["verdict"]
            log.journal.close({"run": run.to_dict(), "verdict": verdict})
            try:
                write_report(self.folder(venue), documents[venue], self._options.reports)
            except ClientFault as fault:
                faults.append(str(fault))
            else:
                faults += _trouble_with(log.journal)
        try:
            if len(documents) > 1:
                write_index(self._options.report_dir, documents)
        except ClientFault as fault:
            faults.append(str(fault))
        if faults:
            raise ClientFault("; ".join(dict.fromkeys(faults)))

    def _is_expected(self, venue: str) -> bool:
        """Whether a check of a venue should have left a record, and none did."""
        ended = any(found["ended"] for found in self.probes.values())
        none_left = venue not in self._venues or not self._venues[venue].checks
        return none_left and not ended and any(check.selected for check in self.planned[venue].values())


def _trouble_with(journal: JournalWriter) -> list[str]:
    """What became of a journal whose run has ended, if it is not whole."""
    if journal.failed is not None:
        return [f"{journal.path}: the journal ends early: {journal.failed}"]
    return [] if journal.path.exists() else [f"{journal.path}: the journal was removed during the run"]


@cache
def catalogue_of(venue: str) -> Catalogue:
    """The clauses of a venue, read once: asked for at the end of every check that did not pass."""
    return load_catalogue(venue)


def clauses_in_scope(venue: str, selection: Selection) -> list[Clause]:
    """The clauses of a venue that a run is about."""
    catalogue = catalogue_of(venue)
    chosen = list(catalogue.values())
    if selection.clauses:
        wanted = {clause.id for pattern in selection.clauses for clause in catalogue.matching(pattern)}
        chosen = [clause for clause in chosen if clause.id in wanted]
    if selection.levels:
        chosen = [clause for clause in chosen if clause.level in selection.levels]
    if selection.importances:
        chosen = [clause for clause in chosen if clause.importance in selection.importances]
    return chosen


@cache
def spec_version(venue: str) -> str:
    """The version of the venue's OpenAPI document."""
    document = read_yaml(root_of(venue) / "specs" / venue / "openapi.yaml")
    return str(document["info"]["version"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
