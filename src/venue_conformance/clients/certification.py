"""A certification run, from an adaptor to a report."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.client_report import SCENARIO, ClientInfo, document_of, header_of
from venue_conformance.clients.driver import CertificationPlan, Driver, Played, parts_of
from venue_conformance.clients.http import HttpAdaptor
from venue_conformance.clients.judging import Judged, judge_played
from venue_conformance.clients.process import ProcessAdaptor
from venue_conformance.clients.scenario import ClientScenario, ClientSuite, load_suite
from venue_conformance.clients.scenario_record import ScenarioRecord, record_of
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.client_clauses import (
    ClientClause,
    Profile,
    client_venue_names,
    load_client_catalogue,
)
from venue_conformance.errors import AdaptorFault, ClientFault
from venue_conformance.reference.stage import variant_names
from venue_conformance.report.document import FILES
from venue_conformance.report.journal import JOURNAL, JournalWriter
from venue_conformance.report.records import RunInfo
from venue_conformance.report.text import counted, did_you_mean, one_line

#: How many clients are driven at once, and the minutes after which nothing further begins.
LANES, MOST_MINUTES = 8, 15.0
_LONGEST_SEED = 53


@dataclass(frozen=True)
class CertifyOptions:
    """What the user asked for. ``adaptor`` is a command, or an address that begins with ``http://``.

    ``require`` is the profile to be earned. Left open it is core, or none where the run is narrowed to some scenarios.
    """

    adaptor: str
    venue: str | None = None
    require: Profile | None = None
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
    """What came of a run: the report."""

    document: dict[str, Any]


def certify(
    options: CertifyOptions,
    tell: Callable[[str], None] = lambda _: None,
    begin: Callable[[Mapping[str, Any]], JournalWriter] | None = None,
) -> Certification:
    """Play every scenario before the client behind an adaptor, and judge it.

    ``begin`` is called with the header of a journal once there is nothing left to be refused, and makes the journal.
    Raises ClientFault for options that cannot be used, and for an adaptor that does not even say hello.
    """
    first = new_adaptor(options.adaptor)
    try:
        hello = first.hello(options.venue)
        first.close()
    except AdaptorFault as fault:
        reason = fault.reason.removeprefix("the adaptor: ")
        raise ClientFault(
            f"--adaptor {options.adaptor}: no usable answer to hello (see docs/adaptor-protocol.md): "
            f"{reason}{_said(first, reason)}"
        ) from fault
    finally:
        first.stop()
    if hello.venue not in client_venue_names():
        known = ", ".join(client_venue_names())
        raise ClientFault(f"{one_line(hello.venue)}: clients of this venue cannot be certified; there are {known}")
    suite, catalogue = load_suite(hello.venue), load_client_catalogue(hello.venue)
    _require_known(options.require, catalogue)
    chosen = _chosen(suite, options.scenarios)
    seed = random.SystemRandom().getrandbits(_LONGEST_SEED) if options.seed is None else options.seed
    variants = variant_names(hello.venue) if options.variants else ()
    lanes = options.lanes if not options.adaptor.startswith("http://") or "sessions" in hello.can else 1
    run = RunInfo(
        id=str(uuid.uuid4()),
        started_at=_now(),
        finished_at=None,
        seed=seed,
        profile="certify",
        selection={"--scenario": list(options.scenarios)} if options.scenarios else {},
        strict=options.strict,
        files=[*(file for file in FILES if file != JOURNAL or begin), *options.files],
    )
    parts = parts_of(chosen, variants)
    names = [[scenario.name, variant] for scenario, variant in parts]
    client = ClientInfo.of(hello, options.adaptor, options.require, variants=options.variants, parts=names)
    notes = _Notes(suite, catalogue, begin(header_of(run, hello.venue, client)) if begin else None)
    plan = CertificationPlan(
        hello,
        lambda: new_adaptor(options.adaptor),
        seed,
        parts,
        lanes,
        time.monotonic() + options.max_minutes * 60,
        deadline_seconds=options.deadline_seconds,
        account=suite.account_for(hello.can),
        tell=tell,
        ended=notes.add,
    )
    number = counted(len(plan.parts), "scenario")
    beside = f", {lanes} at a time" if len(plan.parts) > 1 else ""
    tell(f"{hello.client or 'a client'} for {hello.venue}: {number}{beside}, seed {seed}")
    driver = Driver(plan)
    interrupted = False
    try:
        played = driver.play()
    except KeyboardInterrupt:
        interrupted, played = True, driver.results()
    for each in played:
        notes.add(each)
    run = dataclasses.replace(run, finished_at=_now(), interrupted=interrupted)
    notes.close(run)
    return Certification(document_of(run, client, catalogue, notes.records, options.report_path))


class _Notes:
    """What is kept of each scenario as it ends, in the journal too. Safe from many threads."""

    def __init__(self, suite: ClientSuite, catalogue: Catalogue, journal: JournalWriter | None) -> None:
        self._suite, self._catalogue, self._journal = suite, catalogue, journal
        self._kept: dict[str, ScenarioRecord] = {}
        self._lock = threading.Lock()

    @property
    def records(self) -> list[ScenarioRecord]:
        return list(self._kept.values())

    def add(self, played: Played) -> None:
        """Judge one scenario that has ended, unless it is known already."""
        with self._lock:
            if played.id in self._kept:
                return
            record = record_of(self._judged(played), self._catalogue)
            self._kept[played.id] = record
            if self._journal is not None:
                self._journal.write(SCENARIO, record)

    def _judged(self, played: Played) -> Judged:
        try:
            return judge_played(played, self._suite, self._catalogue)
        except Exception as error:  # a bug of a rule: the report says so, and the run ends with 4
            reason = f"{type(error).__name__}: {error}"
            return Judged(dataclasses.replace(played, ending="error", reason=one_line(reason, 300)))

    def close(self, run: RunInfo) -> None:
        """End the journal, as a run that came to its end."""
        if self._journal is not None:
            self._journal.close({"run": run.to_dict()})


def new_adaptor(adaptor: str) -> Adaptor:
    """An adaptor by its command or its address. Raises ClientFault when it cannot be started."""
    return HttpAdaptor(adaptor) if adaptor.startswith(("http://", "https://")) else ProcessAdaptor(adaptor)


def _said(adaptor: Adaptor, reason: str) -> str:
    """The last line that it complained with, unless the reason ends with it already."""
    lines = adaptor.complaints.strip().splitlines()
    return f"; it wrote: {one_line(lines[-1], 300)}" if lines and not reason.endswith(lines[-1][:300]) else ""


def _chosen(suite: ClientSuite, patterns: Iterable[str]) -> list[ClientScenario]:
    wanted = list(patterns)
    if not wanted:
        return list(suite.scenarios)
    for pattern in wanted:
        if not any(_fits(each, pattern) for each in suite.scenarios):
            names = [each.name for each in suite.scenarios]
            hint = did_you_mean(pattern, names) or f"; the scenarios are {', '.join(names)}"
            raise ClientFault(f"--scenario {pattern}: there is no such scenario{hint}")
    return [each for each in suite.scenarios if any(_fits(each, pattern) for pattern in wanted)]


def _require_known(profile: Profile | None, catalogue: Catalogue) -> None:
    known = dict.fromkeys(cast(ClientClause, clause).profile for clause in catalogue.values())
    if profile is not None and profile not in known:
        raise ClientFault(f"--require {profile}: clients of {catalogue.venue} can earn {', '.join(known)}")


def _fits(scenario: ClientScenario, pattern: str) -> bool:
    return fnmatchcase(scenario.name, pattern) or pattern == str(scenario.number)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
