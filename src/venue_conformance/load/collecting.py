"""The journals of all workers as one report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.load.options import LoadOptions
from venue_conformance.load.scripts import script_of
from venue_conformance.load.tally import Tally
from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.report.document import FILES, REPORT, build_report
from venue_conformance.report.journal import JOURNAL, WORKER_FOLDERS, Journal, merge, read_journal
from venue_conformance.report.records import BreachRecord, CheckRecord, RunInfo, TargetInfo

_LOAD, _BREACH = "load", "breach"
_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "longest": 1.0}


@dataclass(frozen=True)
class Collected:
    """What was left by the workers of one run."""

    journals: dict[Path, Journal]

    @property
    def finished(self) -> int:
        """How many came to their end."""
        return sum(journal.finished for journal in self.journals.values())


def collect(folder: Path, run: str) -> Collected:
    """The journals of one run's workers, finished or not; what cannot be read is none."""
    found: dict[Path, Journal] = {}
    for path in sorted(folder.glob(f"{WORKER_FOLDERS}/{JOURNAL}")):
        try:
            journal = read_journal(path, allow_unfinished=True)
        except ClientFault:
            continue
        if journal.header.get("run", {}).get("id") == run:
            found[path] = journal
    return Collected(found)


def run_info(options: LoadOptions, started_at: str) -> RunInfo:
    """A run that has begun."""
    return RunInfo(
        id=options.run,
        started_at=started_at,
        finished_at=None,
        seed=options.seed,
        profile="ci",
        selection={"load": [f"{options.users} users for {options.seconds / 60:g} min"]},
        strict=options.strict,
        allow_untested=options.allow_untested,
    )


def rebuild(folder: Path, journal: Journal) -> dict[str, Any]:
    """The report of the run of which a worker's journal tells, made again from the journals of all its workers.

    Raises ClientFault for a journal that is none of a worker.
    """
    try:
        options = replace(LoadOptions(**journal.header["load"]), folder=str(folder))
        run = run_info(options, str(journal.header["started_at"]))
        target = TargetInfo.from_dict(journal.header["target"])
    except (KeyError, TypeError) as error:
        raise ClientFault(f"{folder}: the journal of a worker has a broken header: {error}") from error
    collected = collect(folder, options.run)
    cut_short = not all(each.finished for each in collected.journals.values())
    return build(options, replace(run, interrupted=cut_short), target, collected)


def build(options: LoadOptions, run: RunInfo, target: TargetInfo, collected: Collected) -> dict[str, Any]:
    """The report of a run. ``run`` lacks what the workers tell.

    Where not every worker has left a whole journal, a part is missing, and nothing conforms.
    """
    journals = list(collected.journals.values())
    whole = merge(journals) if journals else Journal({})
    footers = [journal.footer for journal in journals if journal.footer is not None]
    missing = []
    if collected.finished < options.workers:
        missing.append(f"{collected.finished} of {options.workers} workers left a whole journal")
    names = [str(path.relative_to(Path(options.folder))) for path in collected.journals]
    loads = [record for journal in journals for record in journal.others.get(_LOAD, ())]
    tally = Tally(options.seconds)
    for record in loads:
        tally.merge(record)
    clauses = catalogue_of(target.venue)
    judged = {clause for kind in script_of(target.venue).kinds for clause in kind.check.clauses}
    checks = _checks(whole, journals)
    broken = {breach["clause"] for check in checks for breach in check.breaches}
    seen = {observation.clause for observation in whole.observations}
    run = replace(
        run,
        requests=sum(footer["requests"] for footer in footers) or tally.requests,
        interrupted=run.interrupted or any(footer["interrupted"] for footer in footers),
        errors=[*run.errors, *chain.from_iterable(footer["errors"] for footer in footers)],
        limit=next((footer["limit"] for footer in footers if footer["limit"]), None),
        left_open=list(chain.from_iterable(footer["left_open"] for footer in footers)),
        files=[*(name for name in FILES if name != JOURNAL), *names],
        missing=missing,
    )
    return build_report(
        run,
        target,
        [clause for clause in clauses.values() if clause.id in (judged | broken if clause.level != "open" else seen)],
        checks,
        whole.observations,
        whole.exchanges,
        catalogue=len(clauses),
        report_path=Path(options.folder) / REPORT,
        target_file=Path(options.target),
        load=_section(options, tally, loads),
    )


def _checks(whole: Journal, journals: Sequence[Journal]) -> list[CheckRecord]:
    """One record for each check, whoever made it; a worker that was killed leaves what it had found by then."""
    found: dict[str, list[CheckRecord]] = {}
    for check in whole.checks:
        found.setdefault(check.id, []).append(check)
    for journal in journals:
        if journal.finished:
            continue
        for record in journal.others.get(_BREACH, ()):
            # Its exchanges were numbered by another count.
            check = replace(CheckRecord.from_dict(record["check"]), exchanges=[], steps=[], server_errors=[])
            breaches = [{**breach, "steps": []} for breach in check.breaches]
            found.setdefault(check.id, []).append(replace(check, breaches=breaches))
    return _without_doubles([_as_one(checks) for checks in found.values()])


def _without_doubles(checks: Sequence[CheckRecord]) -> list[CheckRecord]:
    """Of a clause that a check might have judged and did not, and that another one judged, the check says nothing."""
    judged = {
        clause
        for check in checks
        if check.outcome in ("passed", "failed")
        for clause in check.exercised or ()
        if clause in check.clauses
    }
    return [
        replace(
            check,
            clauses=[
                clause
                for clause in check.clauses
                if clause not in judged or clause in (check.exercised or ()) or clause in check.broken
            ]
            or check.clauses,
        )
        for check in checks
    ]


def _as_one(checks: Sequence[CheckRecord]) -> CheckRecord:
    """What several workers say of one check: broken for one is broken, judged by one is judged."""
    order = ("failed", "error", "passed", "inconclusive", "not-tested")
    first = min(checks, key=lambda check: order.index(check.outcome))
    breaches: dict[str, dict[str, Any]] = {}
    for check in checks:
        for breach in check.breaches:
            known = breaches.get(breach["clause"])
            breaches[breach["clause"]] = breach if known is None else _both(known, breach)
    exercised = sorted({clause for check in checks for clause in check.exercised or ()})
    return replace(
        first,
        breaches=list(breaches.values()),
        exercised=exercised,
        kept=[clause for clause in exercised if clause not in breaches],
        duration_seconds=max(check.duration_seconds for check in checks),
        exchanges=sorted({number for check in checks for number in check.exchanges}),
        server_errors=sorted({number for check in checks for number in check.server_errors}),
        accepted=any(check.accepted for check in checks),
        statuses=sorted({status for check in checks for status in check.statuses}),
    )


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    kinds = list(dict.fromkeys((*one["kinds"], *other["kinds"])))
    shown = one if one["steps"] else other
    return BreachRecord(
        one["clause"], shown["expected"], shown["actual"], one["times"] + other["times"], shown["steps"], kinds
    ).to_dict()


def _section(options: LoadOptions, tally: Tally, loads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The load section of a report. Times are in seconds."""
    workers = list(loads)
    seconds = max((float(worker["seconds"]) for worker in workers), default=0.0)
    requests = tally.requests
    spent = sum(float(worker["cpu_seconds"]) for worker in workers)
    return {
        "users": options.users,
        "workers": options.workers,
        "seconds": options.seconds,
        "rate": options.rate,
        "ran_seconds": seconds,
        "requests": requests,
        "requests_per_second": requests / seconds if seconds else 0.0,
        "rounds": tally.rounds,
        "operations": tally.operations,
        "orders": tally.orders,
        "contended_orders": tally.contended,
        "cpu_seconds_per_request": spent / requests if requests else 0.0,
        "slice_seconds": tally.slice_seconds,
        "kinds": [
            {
                "name": name,
                "requests": kind.took.total + kind.faults.total(),
                **{label: kind.took.percentile(share) for label, share in _PERCENTILES.items()},
                "statuses": dict(sorted(kind.statuses.items())),
                "faults": dict(kind.faults),
            }
            for name, kind in sorted(tally.kinds.items())
        ],
        "timeline": [
            {
                "second": number * tally.slice_seconds,
                "requests": moment.took.total,
                "failed": moment.failed,
                **{label: moment.took.percentile(share) for label, share in _PERCENTILES.items()},
            }
            for number, moment in sorted(tally.moments.items())
        ],
        "processes": [
            {
                "worker": worker["worker"],
                "users": worker["users"],
                "requests": _requests_of(worker),
                "cpu_seconds": worker["cpu_seconds"],
                "memory_mb": [round(each, 1) for each in worker["memory_mb"]],
            }
            for worker in sorted(workers, key=lambda worker: worker["worker"])
        ],
    }


def _requests_of(worker: Mapping[str, Any]) -> int:
    return sum(sum(kind["statuses"].values()) + sum(kind["faults"].values()) for kind in worker["kinds"].values())
