"""The report of one run against one target: ``conformance.json``, and the renderings that lie beside it."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from venue_conformance import __version__
from venue_conformance.contract.clauses import LEVELS, Clause
from venue_conformance.contract.fingerprints import fingerprint
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import UNNAMED, Cause, ClientFault, SuiteFault
from venue_conformance.json_levels import require_few_levels
from venue_conformance.report.files import write_files
from venue_conformance.report.finalizing import SERVER_ERRORS, finalize, server_errors
from venue_conformance.report.following import followed
from venue_conformance.report.forms import REPORT as REPORT
from venue_conformance.report.forms import Wanted, render_forms
from venue_conformance.report.journal import JOURNAL
from venue_conformance.report.records import (
    OUTCOMES,
    CheckRecord,
    DepthRecord,
    ExchangeRecord,
    ObservationRecord,
    PlannedCheck,
    RunInfo,
    TargetInfo,
)
from venue_conformance.report.run_verdict import RunVerdict, verdict_of
from venue_conformance.report.text import cut, one_line, plain
from venue_conformance.report.verdicts import NOT_EXERCISED, VERDICTS, Judgement, judge, unfinished

SCHEMA_VERSION = "1.0"
#: What a run writes into its folder: the report, its renderings, and the journal.
FILES = (REPORT, JOURNAL, "junit.xml", "report.html", "report.sarif", "summary.md")
#: So many characters of a state's parameters are kept where a check passed.
_SHORT = 60
#: Finds exchanges again, by their numbers.
Recall = Callable[[Sequence[int]], Mapping[int, ExchangeRecord]]
_UNCHECKED: tuple[str, Cause] = ("no check of it was selected", "not-selected")


def build_report(
    run: RunInfo,
    target: TargetInfo,
    clauses: Iterable[Clause],
    checks: Iterable[CheckRecord],
    observations: Iterable[ObservationRecord],
    exchanges: Iterable[ExchangeRecord],
    *,
    depth: Iterable[DepthRecord] = (),
    planned: Mapping[str, PlannedCheck] | None = None,
    catalogue: int | None = None,
    report_path: Path | str = REPORT,
    target_file: Path | None = None,
    judged: Sequence[Judgement] | None = None,
    verdict: RunVerdict | None = None,
    client: Mapping[str, Any] | None = None,
    load: Mapping[str, Any] | None = None,
    recall: Recall | None = None,
) -> dict[str, Any]:
    """Judge a run and put all of it into one document.

    ``clauses`` are those in scope, ``catalogue`` how many the venue has in all. ``depth`` tells how deep generated
    requests got. ``planned`` holds every check that the run knows of, by its id: one that left no record counts as not
    tested, so that a run that was cut short never looks complete. ``report_path`` is where the document will lie, and
    ``target_file`` what was judged, None for an embedded reference: both for the replay commands. ``judged`` and
    ``verdict`` are those of a client, about which ``client`` tells; what was sent to a client cannot be replayed.
    ``load`` tells of the load under which a target was judged. ``recall`` finds exchanges again whose headers and
    bodies are not at hand, where it turns out at the end that they are evidence.
    Raises SuiteFault when the outcome breaks the schema.
    """
    clauses, observations = list(clauses), list(observations)
    by_number = {exchange.id: exchange for exchange in exchanges}
    records = _all_checks(run, target, list(checks), planned or {}, by_number)
    kept = set(by_number) if run.keep_bodies or client is not None else set(by_number) - _of_passed(records)
    if recall is not None and (absent := [number for number in kept if not by_number[number].kept]):
        by_number |= recall(absent)
    judgements = judged or judge(clauses, records, observations, unchecked=_ended(run) or _UNCHECKED)
    causes = followed(judgements, records, by_number)
    kinds = _kinds(records)
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "venue-conformance", "version": __version__},
        "run": {**run.to_dict(), "verdict": "inconclusive"},
        "target": target.to_dict(),
        "counts": {"catalogue": len(clauses) if catalogue is None else catalogue, **_counts(judgements, records)},
        "clauses": [_clause(judgement, causes.get(judgement.clause.id), kinds) for judgement in judgements],
        "checks": [
            {
                **(check if run.keep_bodies or client is not None else _outline(check)).to_dict(),
                "replay": None if client else _replay(check, report_path, target_file),
            }
            for check in records
        ],
        "observations": [observation.to_dict() for observation in observations],
        "exchanges": [
            (exchange if exchange.id in kept else replace(exchange, kept=False)).to_dict()
            for exchange in by_number.values()
        ],
    }
    if client is not None:
        document["client"] = plain(client)
    if load is not None:
        document["load"] = plain(load)
    document["run"]["verdict"] = verdict or verdict_of(document)
    if reached := [each.to_dict() for each in depth]:
        document["depth"] = reached
    require_valid(document)
    return document


def require_valid(document: Mapping[str, Any]) -> None:
    """Raise SuiteFault when a document of ours breaks the schema."""
    if wrong := _wrong(document):
        raise SuiteFault(f"the report breaks its own schema: {wrong}")


def _all_checks(
    run: RunInfo,
    target: TargetInfo,
    checks: list[CheckRecord],
    planned: Mapping[str, PlannedCheck],
    exchanges: Mapping[int, ExchangeRecord],
) -> list[CheckRecord]:
    """Every check of the run, as its end leaves it, and the one over the whole run."""
    reason, cause = _ended(run) or ("the run ended before it", "interrupted")
    unselected = "not part of smoke" if run.profile == "smoke" else "not selected"
    if run.shard is not None:
        unselected = "not part of this shard"
    left = unfinished(planned, checks, ended=reason, cause=cause, unselected=unselected)
    accepted = run.probe is not None and run.probe["kind"] == "ok"
    whole = server_errors(target.venue, checks, exchanges, run.requests)
    return [*finalize([*checks, *left], accepted=accepted), *([whole] if whole else [])]


def write_report(directory: Path, document: Mapping[str, Any], wanted: Iterable[Wanted] = ()) -> Path:
    """Write the document and its renderings into a folder, which is made when missing; hand back the JSON's path.

    ``wanted`` are the forms that were asked for besides, some of them elsewhere. Raises ClientFault when a folder
    cannot be written to; then nothing in ``directory`` has changed.
    """
    files = render_forms(directory, document, wanted)
    for elsewhere in [file for file in files if file.parent != directory]:
        write_files(elsewhere.parent, {elsewhere.name: files.pop(elsewhere)})
    write_files(directory, {file.name: text for file, text in files.items()})
    return directory / REPORT


def load_report(path: Path) -> dict[str, Any]:
    """Read a report again, from its file or from the folder it lies in.

    Raises ClientFault, saying what is wrong, when there is none, when there are several, when another version of the
    format was used, or when it breaks the schema.
    """
    file = _report_file(path)
    try:
        text = file.read_text(encoding="utf-8")
        document = require_few_levels(text, json.loads(text))
    except OSError as error:
        raise ClientFault(f"{file}: the report cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ClientFault(f"{file}: the report is not JSON: {error}") from error
    if not isinstance(document, dict) or "schema_version" not in document:
        raise ClientFault(f"{file}: this is no report of venue-conformance: it has no schema_version")
    if document["schema_version"] != SCHEMA_VERSION:
        version = one_line(str(document["schema_version"]))
        raise ClientFault(f"{file}: the report has schema_version {version}, this program reads {SCHEMA_VERSION}")
    if wrong := _wrong(document):
        raise ClientFault(f"{file}: the report breaks its schema: {wrong}")
    return document


def _report_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    if (path / REPORT).is_file():
        return path / REPORT
    below = sorted(path.glob(f"*/{REPORT}"))
    if len(below) == 1:
        return below[0]
    if below:
        raise ClientFault(f"{path}: there are several reports, name one: {', '.join(str(each) for each in below)}")
    raise ClientFault(f"{path}: there is no {REPORT} in this folder")


@cache
def _schema() -> dict[str, Any]:
    file = resources_root() / "specs" / "conformance.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema())


@cache
def _quick() -> tuple[jsonschema_rs.Draft202012Validator, jsonschema_rs.Draft202012Validator]:
    """What validates a report but for its exchanges, and each of these: the other validator takes seconds for many."""
    schema = _schema()
    one = {"$schema": schema["$schema"], "$ref": "#/$defs/exchange", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(one)


def _is_valid(document: object) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("exchanges"), list):
        return False
    whole, one = _quick()
    try:
        return whole.is_valid({**document, "exchanges": []}) and all(map(one.is_valid, document["exchanges"]))
    except ValueError:  # what it cannot read at all, such as very large numbers, the other one can
        return False


def _wrong(document: object) -> str | None:
    """The one thing that is most wrong with a document, None when nothing is."""
    if _is_valid(document):
        return None
    error: ValidationError | None = best_match(_validator().iter_errors(document))
    return None if error is None else f"{error.json_path}: {one_line(error.message, 300)}"


def _ended(run: RunInfo) -> tuple[str, Cause] | None:
    """Why a run ended before its checks did, in a sentence and in a word; None where it came to its end."""
    if run.probe is not None and run.probe["ended"]:
        return run.probe["told"], "way"
    return ("the run was interrupted before it", "interrupted") if run.interrupted else None


def _counts(judgements: Sequence[Judgement], checks: Sequence[CheckRecord]) -> dict[str, Any]:
    found = Counter((judgement.clause.level, judgement.verdict) for judgement in judgements)
    outcomes = Counter(check.outcome for check in checks)
    verdicts = (*VERDICTS, *([NOT_EXERCISED] if any(verdict == NOT_EXERCISED for _, verdict in found) else ()))
    return {
        "clauses": {level: {verdict: found[level, verdict] for verdict in verdicts} for level in LEVELS},
        "checks": {outcome: outcomes[outcome] for outcome in OUTCOMES},
    }


def _of_passed(checks: Iterable[CheckRecord]) -> set[int]:
    """The exchanges that no check needs as evidence: those of checks that passed, and of no other."""
    passed: set[int] = set()
    needed: set[int] = set()
    for check in checks:
        (passed if check.outcome == "passed" and check.id != SERVER_ERRORS else needed).update(check.exchanges)
    return passed - needed


def _outline(check: CheckRecord) -> CheckRecord:
    """A check that passed, without what a state handed back, and without long parameters; the journal has them."""
    if check.outcome != "passed":
        return check
    steps = [
        {**step, "values": step["values"] and {}, "params": step["params"] if _is_short(step["params"]) else {}}
        if "state" in step
        else step
        for step in check.steps
    ]
    return replace(check, steps=steps)


def _is_short(params: Mapping[str, Any]) -> bool:
    return len(json.dumps(plain(params))) <= _SHORT


def _kinds(checks: Iterable[CheckRecord]) -> dict[str, list[str]]:
    """The kinds of breach that checks have met, by clause, in order."""
    found: dict[str, set[str]] = {}
    for check in checks:
        for breach in check.breaches:
            found.setdefault(breach["clause"], set()).update(breach.get("kinds") or [UNNAMED])
    return {clause: sorted(kinds) for clause, kinds in found.items()}


def _clause(judgement: Judgement, follows: str | None, kinds: Mapping[str, list[str]]) -> dict[str, Any]:
    clause = judgement.clause
    values: dict[str, Any] = plain(
        {
            "id": clause.id,
            "topic": clause.topic,
            "promise": clause.promise,
            "level": clause.level,
            "importance": clause.importance,
            "property": clause.invariant,
            "source": clause.source,
            "source_url": clause.source_url,
            "excluded": clause.excluded is not None,
            "contested": clause.contested,
            "verdict": judgement.verdict,
            "reason": None if judgement.reason is None else cut(judgement.reason),
            "cause": judgement.cause,
            "fingerprints": [
                {"kind": kind, "fingerprint": fingerprint(clause.id, kind)} for kind in kinds.get(clause.id, ())
            ],
            "forgiven": None,
            "note": None if judgement.note is None else cut(judgement.note),
            "follows": follows,
            "passed": judgement.passed,
            "needs": judgement.needs,
            "checks": judgement.checks,
        }
    )
    when: str | None = getattr(clause, "when", None)
    return values if when is None else {**values, "when": when}


def replay_of_clause(clause: str, replay: str) -> str:
    """The same command as one that replays the first check by which a clause is violated, named by the clause."""
    command, _, report, _, *rest = shlex.split(replay)
    return shlex.join([command, "replay", report, clause, *rest])


def _replay(check: CheckRecord, report_path: Path | str, target_file: Path | None) -> str | None:
    """The command that sends what a check sent once more, None when it sent nothing."""
    if not check.exchanges or check.id == SERVER_ERRORS:
        return None
    check_id = check.id.replace("'", "'\"'\"'")
    target = "" if target_file is None else f" --target {shlex.quote(str(target_file))}"
    return str(plain(f"venue-conformance replay {shlex.quote(str(report_path))} '{check_id}'{target}"))
