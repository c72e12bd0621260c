"""From the verdicts on clauses to the verdict on the target, the words for it, and the exit status of the command.

Everything that decides them stands in the report itself, so that whoever reads it comes to the same status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from venue_conformance.report.exit_status import (
    BAD_USAGE,
    CONFORMS,
    INTERRUPTED,
    NOT_FULLY_JUDGED,
    SUITE_FAILED,
    VIOLATES,
)
from venue_conformance.report.verdicts import Judgement

RunVerdict = Literal["violates", "interrupted", "inconclusive", "partial", "conforms"]

#: What --allow-untested forgives: what the target does not offer, and what follows from what it does.
FORGIVABLE = frozenset({"state", "condition", "presupposed"})


#: Beside the verdicts of clauses: one that violates, which a baseline accepts.
_ACCEPTED = "accepted"


def run_verdict(
    judgements: Iterable[Judgement],
    *,
    strict: bool = False,
    interrupted: bool = False,
    unsure: bool = False,
) -> RunVerdict:
    """The verdict on the target: over the must clauses that were selected, with ``strict`` over should clauses too.

    A selection without a must clause is judged by its should clauses. Where nothing was judged, nothing conforms.
    ``unsure`` says that the probe found the target file's credentials refused, or nobody to judge: then it is never
    better than inconclusive.
    """
    counted = _counted([(each.clause.level, each.verdict) for each in judgements if each.selected], strict)
    return _decided(counted, interrupted=interrupted, unsure=unsure)


def _decided(counted: set[str], *, interrupted: bool, unsure: bool) -> RunVerdict:
    if "violates" in counted:
        return "violates"
    if interrupted:
        return "interrupted"
    if "inconclusive" in counted or unsure:
        return "inconclusive"
    return "conforms" if counted & {"conforms", _ACCEPTED} and "not-tested" not in counted else "partial"


def verdict_of(document: Mapping[str, Any]) -> RunVerdict:
    """The verdict that a report calls for: clauses of which a baseline forgives the verdict left out."""
    run = document["run"]
    probe = run["probe"]
    found = [
        (clause["level"], clause["verdict"])
        for clause in document["clauses"]
        if clause["cause"] != "not-selected" and not clause.get("forgiven")
    ]
    # What a baseline accepts was judged, though it leaves the verdict: a run of nothing else is not an empty one.
    found += [
        (clause["level"], _ACCEPTED)
        for clause in document["clauses"]
        if (clause.get("forgiven") or {}).get("how") == "accepted"
    ]
    unsure = (probe is not None and (probe["ended"] or probe["kind"] == "refused")) or bool(run.get("missing"))
    return _decided(_counted(found, run["strict"]), interrupted=run["interrupted"], unsure=unsure)


def status_of(document: Mapping[str, Any]) -> int:
    """The exit status that a report calls for.

    An interruption (130) outweighs a fault of the suite (4), and that outweighs any verdict: 0 conforms, 1 violates,
    3 not fully judged. A baseline that does not fit is 1 as well. ``allow_untested`` turns partial into 0 where every
    cause can be forgiven and something was judged.
    """
    run = document["run"]
    if run["interrupted"]:
        return INTERRUPTED
    if run["errors"] or any(check["outcome"] == "error" for check in document["checks"]):
        return SUITE_FAILED
    if problems_of(document):
        return VIOLATES
    match run["verdict"]:
        case "violates":
            return VIOLATES
        case "conforms":
            return CONFORMS
        case "partial" if run["allow_untested"] and forgiven(document) is not None:
            return CONFORMS
        case _:
            return NOT_FULLY_JUDGED


def problems_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Why the baseline of a run does not fit: mappings of ``clause``, ``problem``, ``told``."""
    return list(document.get("baseline", {}).get("problems", ()))


def worst(statuses: Iterable[int]) -> int:
    """The exit status of several reports together; 2 (bad usage) for none."""
    order = (CONFORMS, NOT_FULLY_JUDGED, VIOLATES, SUITE_FAILED, INTERRUPTED)
    return max(statuses, key=order.index, default=BAD_USAGE)


def forgiven(document: Mapping[str, Any]) -> int | None:
    """How many untested clauses --allow-untested forgives; None where it forgives nothing."""
    strict = document["run"]["strict"]
    clauses = [
        clause for clause in document["clauses"] if clause["cause"] != "not-selected" and not clause.get("forgiven")
    ]
    levels = _levels([(clause["level"], clause["verdict"]) for clause in clauses], strict)
    counted = [clause for clause in clauses if clause["level"] in levels]
    untested = [clause for clause in counted if clause["verdict"] == "not-tested"]
    if not any(clause["verdict"] in ("conforms", "violates") for clause in counted):
        return None
    return len(untested) if all(clause["cause"] in FORGIVABLE for clause in untested) else None


def verdict_words(document: Mapping[str, Any]) -> str:
    """The verdict with everything that belongs to it: its selection, what was forgiven, and advisory breaches.

    ``conforms (1 of 102 clauses selected: --clause idempotency.*)``, ``conforms; 1 advisory clause broken``.
    """
    run = document["run"]
    words = str(run["verdict"])
    if scope := scope_words(document):
        words += f" ({scope})"
    if run["verdict"] == "partial" and status_of(document) == CONFORMS:
        words += f"; {_clauses(forgiven(document) or 0, 'untested')} allowed"
    advisory = sum(
        clause["verdict"] == "violates" and clause["level"] == "should" and not clause.get("forgiven")
        for clause in document["clauses"]
    )
    if advisory and run["verdict"] != "violates":
        words += f"; {_clauses(advisory, 'advisory')} broken"
    return words + _forgiven_words(document)


def beside_the_word(document: Mapping[str, Any]) -> str:
    """What belongs to the verdict beside its word, to stand behind a badge that says that; often nothing."""
    return verdict_words(document).removeprefix(str(document["run"]["verdict"])).lstrip("; ")


def _forgiven_words(document: Mapping[str, Any]) -> str:
    """What a baseline forgives, counted apart, and what is wrong with the baseline."""
    how = [clause["forgiven"]["how"] for clause in document["clauses"] if clause.get("forgiven")]
    words = ""
    for word, told in (
        ("accepted", "violated and accepted"),
        ("follows", "violated by what follows from that"),
        ("presupposed", "not judged for what is accepted"),
        ("not-applicable", "not applicable"),
    ):
        if number := how.count(word):
            words += f"; {number} {told}"
    problems = [each["problem"] for each in problems_of(document)]
    if problems:
        counted = ", ".join(f"{problems.count(each)} {each}" for each in dict.fromkeys(problems))
        words += f"; the baseline does not fit: {counted}"
    return words


def scope_words(document: Mapping[str, Any]) -> str | None:
    """What a run was narrowed to, None for one that was not."""
    run = document["run"]
    selected = [clause for clause in document["clauses"] if clause["cause"] != "not-selected"]
    reported = []
    if run.get("shard"):
        reported.append(f"shard {run['shard']['number']}/{run['shard']['of']}: {_clauses(len(selected))}")
    reported += run.get("missing", ())
    if run["selection"]:
        chosen = " ".join(f"{option} {value}" for option, values in run["selection"].items() for value in values)
        reported.append(f"{len(selected)} of {document['counts']['catalogue']} clauses selected: {chosen}")
    if run["profile"] == "smoke":
        must = [clause for clause in document["clauses"] if clause["level"] == "must" and not clause["excluded"]]
        reported.append(f"smoke: {sum(clause in selected for clause in must)} of {len(must)} must clauses")
    return "; ".join(reported) or None


def _counted(found: list[tuple[str, str]], strict: bool) -> set[str]:
    levels = _levels(found, strict)
    return {verdict for level, verdict in found if level in levels}


def _levels(found: Iterable[tuple[str, str]], strict: bool) -> set[str]:
    """The levels whose clauses decide: must, with ``strict`` should too, and should where no must clause is there."""
    there = {level for level, verdict in found if verdict != "excluded"}
    if strict:
        return there & {"must", "should"}
    return {"must"} if "must" in there else there & {"should"}


def _clauses(number: int, kind: str = "") -> str:
    return f"{number} {kind}{' ' if kind else ''}clause{'' if number == 1 else 's'}"
