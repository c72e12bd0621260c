"""Makes one report of several of one deployment: the parts of a run that a CI matrix spreads over jobs.

Every clause is judged anew from all checks, so that the verdict is that of a run that did everything itself. What none
of the parts did is named, and keeps the whole from conforming.
"""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from venue_conformance.contract.clauses import Catalogue, Clause, load_catalogue
from venue_conformance.errors import ClientFault
from venue_conformance.gate.weighing import weigh
from venue_conformance.report.document import FILES, REPORT, build_report
from venue_conformance.report.finalizing import SERVER_ERRORS
from venue_conformance.report.journal import JOURNAL, renumbered
from venue_conformance.report.records import (
    CheckRecord,
    DepthRecord,
    ExchangeRecord,
    ObservationRecord,
    RunInfo,
    TargetInfo,
)

Values = Mapping[str, Any]

#: What must be the same of all parts, in the words of the complaint.
_SAME: dict[str, Callable[[Values], Any]] = {
    "venue": lambda each: each["target"]["venue"],
    "environment": lambda each: each["target"]["environment"],
    "contract version": lambda each: each["target"]["spec_version"],
    "tool version": lambda each: each["tool"]["version"],
    "profile": lambda each: each["run"]["profile"],
    "--strict": lambda each: each["run"]["strict"],
    "--allow-untested": lambda each: each["run"]["allow_untested"],
    "number of shards": lambda each: (each["run"].get("shard") or {}).get("of"),
    "baseline": lambda each: _without_file(each["run"].get("baseline")),
}
#: Of several records of one check the first of these outcomes stands for all.
_GRAVEST = ("error", "failed", "passed", "inconclusive", "not-tested")


def merge(documents: Sequence[Values], folder: Path, *, partial: bool = False) -> dict[str, Any]:
    """One report for several, which will lie in ``folder``.

    With ``partial`` must clauses that none of them selected are left out on purpose. Raises ClientFault for reports
    that are no parts of one whole.
    """
    _require_one_whole(documents)
    first = documents[0]
    catalogue = load_catalogue(first["target"]["venue"])
    checks, exchanges, observations, depth = _records(documents)
    clauses = _scope(documents, catalogue)
    run = replace(_run(documents), missing=_missing(documents, catalogue, partial=partial))
    document = build_report(
        run,
        TargetInfo.from_dict(first["target"]),
        clauses,
        _each_once(checks),
        observations,
        exchanges,
        depth=depth,
        catalogue=len(catalogue),
        report_path=folder / REPORT,
        target_file=_target_file(documents),
    )
    return weigh(document)


def _require_one_whole(documents: Sequence[Values]) -> None:
    for what, of in _SAME.items():
        values = [of(each) for each in documents]
        if any(value != values[0] for value in values):
            each_of = ["none" if value is None else str(value) for value in values]
            told = "" if what == "baseline" else f": {', '.join(each_of)}"
            raise ClientFault(f"the reports are not parts of one run: their {what} differs{told}")
    numbers = [each["run"]["shard"]["number"] for each in documents if each["run"].get("shard")]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ClientFault(f"shard {twice[0]} is there more than once: give each shard's report once")
    if numbers and any(each["run"]["selection"] != documents[0]["run"]["selection"] for each in documents):
        raise ClientFault("the shards were split after different selections, so they cannot be combined")


def _without_file(baseline: Values | None) -> Any:
    return None if baseline is None else {key: value for key, value in baseline.items() if key != "file"}


def _records(
    documents: Iterable[Values],
) -> tuple[list[CheckRecord], list[ExchangeRecord], list[ObservationRecord], list[DepthRecord]]:
    """All records, with numbers of exchanges that none shares with another."""
    checks: list[CheckRecord] = []
    exchanges: list[ExchangeRecord] = []
    observations: list[ObservationRecord] = []
    depth: list[DepthRecord] = []
    for document in documents:
        numbers = {each["id"]: len(exchanges) + place for place, each in enumerate(document["exchanges"], 1)}
        exchanges += [ExchangeRecord.from_dict({**each, "id": numbers[each["id"]]}) for each in document["exchanges"]]
        for values in document["checks"]:
            if values["id"] != SERVER_ERRORS:  # counted anew over all parts
                record = CheckRecord.from_dict({key: value for key, value in values.items() if key != "replay"})
                checks.append(renumbered(record, numbers.get))
        observations += [ObservationRecord.from_dict(each) for each in document["observations"]]
        depth += [DepthRecord.from_dict(each) for each in document.get("depth", ())]
    return checks, exchanges, observations, depth


def _each_once(checks: Iterable[CheckRecord]) -> list[CheckRecord]:
    """One record for each check: what several parts found by it, together."""
    found: dict[str, list[CheckRecord]] = {}
    for check in checks:
        found.setdefault(check.id, []).append(check)
    return [_together(records) for records in found.values()]


def _together(records: list[CheckRecord]) -> CheckRecord:
    ran = [check for check in records if check.cause != "not-selected"] or records[:1]
    ran.sort(key=lambda check: _GRAVEST.index(check.outcome))
    leading = ran[0]
    if len(ran) == 1 or leading.outcome not in ("failed", "passed"):
        return leading
    judged = [check for check in ran if check.outcome in ("failed", "passed")]
    breaches: dict[str, dict[str, Any]] = {}
    for check in judged:
        for breach in check.breaches:
            kept = breaches.setdefault(breach["clause"], {**breach, "steps": breach["steps"] or check.steps})
            kinds = dict.fromkeys([*kept.get("kinds", ()), *breach.get("kinds", ())])
            breaches[breach["clause"]] = {**kept, "kinds": list(kinds)}
    held = {clause for check in judged for clause in _kept(check)} - breaches.keys()
    return replace(
        leading,
        breaches=list(breaches.values()),
        kept=[clause for clause in leading.clauses if clause in held] if breaches else [],
        exercised=None if any(check.exercised is None for check in judged) else sorted(held | breaches.keys()),
        exchanges=[number for check in judged for number in check.exchanges],
        server_errors=[number for check in judged for number in check.server_errors],
        duration_seconds=sum(check.duration_seconds for check in judged),
        repeats=sum(check.repeats for check in judged),
        faults=[fault for check in judged for fault in check.faults],
        accepted=any(check.accepted for check in judged),
    )


def _kept(check: CheckRecord) -> Iterable[str]:
    if check.outcome == "failed":
        return check.kept
    return check.clauses if check.exercised is None else check.exercised


def _scope(documents: Iterable[Values], catalogue: Catalogue) -> list[Clause]:
    """The clauses that any of them is about, in the order of the catalogue."""
    named = {clause["id"] for document in documents for clause in document["clauses"]}
    if strange := sorted(named - set(catalogue)):
        raise ClientFault(f"the reports name clauses that this version does not know: {', '.join(strange[:3])}")
    return [clause for clause in catalogue.values() if clause.id in named]


def _missing(documents: Sequence[Values], catalogue: Catalogue, *, partial: bool) -> list[str]:
    """What none of the parts did."""
    shards = [each["run"]["shard"] for each in documents if each["run"].get("shard")]
    if shards:
        total, there = shards[0]["of"], {shard["number"] for shard in shards}
        absent = [str(number) for number in range(1, total + 1) if number not in there]
        word = "shard" if len(absent) == 1 else "shards"
        return [f"{word} {', '.join(absent)} of {total} missing"] if absent else []
    selected = {clause["id"] for each in documents for clause in each["clauses"] if clause["cause"] != "not-selected"}
    smoke = documents[0]["run"]["profile"] == "smoke"
    wanted = [clause.id for clause in catalogue.values() if clause.level == "must" and clause.excluded is None]
    left = [name for name in wanted if name not in selected]
    if partial or smoke or not left:
        return []
    shown = f"{', '.join(left[:3])}{' …' if len(left) > 3 else ''}"
    return [f"no report has {len(left)} must clause{'' if len(left) == 1 else 's'}: {shown}"]


def _run(documents: Sequence[Values]) -> RunInfo:
    """What the parts are together, as one run."""
    runs = [each["run"] for each in documents]
    ended = [run["finished_at"] for run in runs]
    probes = [run["probe"] for run in runs if run["probe"] is not None]
    wrong = [probe for probe in probes if probe["ended"] or probe["kind"] != "ok"]
    probe = next(iter([*wrong, *probes]), None)
    return RunInfo(
        id=str(uuid.uuid4()),
        started_at=min(run["started_at"] for run in runs),
        finished_at=None if None in ended else max(ended),
        seed=runs[0]["seed"],
        profile=runs[0]["profile"],
        selection=_selection(runs),
        strict=runs[0]["strict"],
        allow_untested=runs[0]["allow_untested"],
        requests=sum(run["requests"] for run in runs),
        interrupted=any(run["interrupted"] for run in runs),
        errors=[error for run in runs for error in run["errors"]],
        probe=None if probe is None else {**probe, "exchange": None},
        limit=next((run["limit"] for run in runs if run.get("limit")), None),
        files=[name for name in FILES if name != JOURNAL],
        left_open=[each for run in runs for each in run.get("left_open", ())],
        baseline=runs[0].get("baseline"),
        keep_bodies=all(run.get("keep_bodies", False) for run in runs),
        sarif_location=runs[0].get("sarif_location"),
        merged=[
            {**{key: run[key] for key in ("id", "seed", "started_at", "verdict")}, "shard": run.get("shard")}
            for run in runs
        ],
    )


def _selection(runs: Iterable[Values]) -> dict[str, list[str]]:
    """What all parts together were narrowed to; nothing when one of them was not narrowed."""
    found: dict[str, list[str]] = {}
    for run in runs:
        if not run["selection"]:
            return {}
        for option, values in run["selection"].items():
            found.setdefault(option, []).extend(value for value in values if value not in found.get(option, []))
    return found


def _target_file(documents: Iterable[Values]) -> Path | None:
    """The target file that the parts name in their replay commands; None for an embedded reference."""
    commands = [check["replay"] for each in documents for check in each["checks"] if check["replay"]]
    for words in map(shlex.split, commands):
        if "--target" in words:
            return Path(words[words.index("--target") + 1])
    return None
