"""The report on a terminal, by rich. Text from the target goes there as text, never as markup or control codes.

What matters comes in one order: what is violated, what was not tested and what would change that, the sums, what
stands beside the verdict, the verdict. Where to read on is said by whoever has written the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from venue_conformance.contract.clauses import LEVELS
from venue_conformance.report.console import print_line, print_rows
from venue_conformance.report.load_view import load_lines
from venue_conformance.report.run_verdict import status_of, verdict_words, worst
from venue_conformance.report.terminal_details import (
    SENTENCE,
    STYLES,
    print_beside,
    print_evidence,
    print_group,
    print_topics,
)
from venue_conformance.report.text import counted, one_line
from venue_conformance.report.view import (
    beside_the_verdict,
    client_lines,
    count,
    forgiven_clauses,
    meaning,
    outcomes,
    probe_warning,
    suite_errors,
    untested,
    violations,
    with_verdict,
)

Document = Mapping[str, Any]

#: How many lines one list has; the report has them all.
_VIOLATIONS, _LINES = 60, 10
#: How much of a reason is shown without evidence, in bytes.
_SHORT = 160
#: A verdict on a clause, in a sum.
_WORDS = {
    "violates": "violated",
    "not-tested": "not tested",
    "conforms": "conform",
    "inconclusive": "inconclusive",
    "not-exercised": "not exercised",
    "observed": "observed",
    "left-out": "not part of this run",
}
_WITH_VARIANTS = "to be seen with --variants"
#: A verdict on a target, in a sum.
_OF_RUNS = {"conforms": "conform", "violates": "violate"}


def print_report(document: Document, console: Console, *, verbose: bool = True) -> None:
    """Print one report; with ``verbose`` its evidence, too."""
    if not _ended_at_once(document):
        _print_findings(document, console, verbose=verbose)
        _print_sums(document, console)
    _print_verdict(document, console)


def print_reports(documents: Sequence[Document], console: Console, *, verbose: bool = False) -> None:
    """Print the report of a run, be it of one venue, or of several: then one table and one line stand for all."""
    if len(documents) == 1:
        print_report(documents[0], console, verbose=verbose)
        return
    for document in documents:
        if not _ended_at_once(document):
            _print_findings(document, console, verbose=verbose)
        for text in (*_warnings(document), *beside_the_verdict(document)):
            print_line(console, f"{one_line(document['target']['venue'])}: {one_line(text, SENTENCE)}")
    console.print()
    head = ("venue", "verdict", "must clauses", "should clauses", "requests", "exit status")
    print_rows(console, head, [_row(document) for document in documents])
    status = worst(map(status_of, documents))
    kept = Counter(document["run"]["verdict"] for document in documents)
    summed = ", ".join(f"{number} {_OF_RUNS.get(verdict, verdict)}" for verdict, number in kept.items())
    seed = documents[0]["run"]["seed"]
    gravest = next(document for document in documents if status_of(document) == status)
    print_line(console, f"{len(documents)} venues: {summed}; seed {seed}; exit status {status}: {meaning(gravest)}")


def print_quiet(documents: Sequence[Document], console: Console) -> None:
    """Print what is violated, and the verdict, a line each."""
    for document in documents:
        _print_violated(document, console)
        for warning in _warnings(document):
            print_line(console, Text(one_line(warning, SENTENCE), style=STYLES["violates"]))
        for line in client_lines(document):
            print_line(console, one_line(line, SENTENCE))
        print_line(console, _verdict_line(document))
        print_line(console, f"exit status {status_of(document)}: {meaning(document)}")


def _row(document: Document) -> list[str | Text]:
    run = document["run"]
    must, should = (_level_sums(document, level) for level in ("must", "should"))
    verdict = Text(one_line(verdict_words(document), SENTENCE), style=STYLES[run["verdict"]])
    return [
        one_line(document["target"]["venue"]),
        verdict,
        must or "none",
        should or "none",
        str(run["requests"]),
        str(status_of(document)),
    ]


def _ended_at_once(document: Document) -> bool:
    """Whether the run ended with its probe, so that there is nothing to be said but why."""
    probe = document["run"]["probe"]
    return probe is not None and bool(probe["ended"])


def _print_findings(document: Document, console: Console, *, verbose: bool) -> None:
    if verbose:
        print_topics(document, console)
        print_evidence(document, list(violations(document, counting=True)), console)
        print_beside(document, console)
    else:
        _print_violated(document, console)
        _print_inconclusive(document, console)
        if accepted := list(forgiven_clauses(document)):
            print_line(console, f"accepted by the baseline: {count([clause for clause, _ in accepted])}")
    _print_untested(document, console, verbose=verbose)
    failed = suite_errors(document)
    shown = failed if verbose else failed[:_LINES]
    print_group("The suite itself failed", [("", error) for error in shown], console)
    _print_rest(len(failed) - len(shown), console)


def _print_violated(document: Document, console: Console) -> None:
    """One line for each violated clause, the gravest first; what only follows from another is counted at its end."""
    found = [clause for clause, _ in violations(document, counting=True)]
    roots = [clause for clause in found if clause["follows"] is None]
    if roots:
        console.print()
    for clause in roots[:_VIOLATIONS]:
        follow = sum(each["follows"] == clause["id"] for each in found)
        weight = clause["importance"] if clause["level"] == "must" else f"{clause['importance']}, {clause['level']}"
        line = Text.assemble(
            ("violated ", STYLES["violates"]),
            f"({weight}) ",
            (one_line(clause["id"]), "bold"),
            f": {one_line(clause['promise'], 600)}",
            (f" (and {follow} that follow{'s' if follow == 1 else ''})" if follow else "", "dim"),
        )
        print_line(console, line)
    _print_rest(len(roots) - _VIOLATIONS, console)


def _print_inconclusive(document: Document, console: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for clause in with_verdict(document, "inconclusive"):
        reasons.setdefault(clause["reason"] or "no reason given", []).append(clause["id"])
    for reason, clauses in list(reasons.items())[:_LINES]:
        line = Text.assemble(("inconclusive", STYLES["inconclusive"]), f" {_named(clauses)}: ", one_line(reason, 400))
        print_line(console, line)
    _print_rest(len(reasons) - _LINES, console)


def _print_untested(document: Document, console: Console, *, verbose: bool) -> None:
    """What was not tested, by what would make it testable; with ``verbose`` every clause by its id."""
    groups = untested(document)
    if not groups:
        return
    console.print()
    console.print(Text("Not tested, by what would make it testable", style="bold"))
    for group in groups if verbose else groups[:_LINES]:
        cause = f"{'needs ' if group.is_need else ''}{one_line(group.cause, 400 if verbose else _SHORT)}"
        line = Text.assemble("  ", (cause, STYLES["not-tested"]), f": {count(group.clauses)}")
        if len(group.clauses) == 1 and not verbose:
            line.append(f" ({one_line(group.clauses[0])})", "dim")
        print_line(console, line)
        if verbose:
            clauses = ", ".join(one_line(clause) for clause in group.clauses)
            print_line(console, Text(f"    {clauses}", style="dim"))
    if not verbose:
        _print_rest(len(groups) - _LINES, console)


def _named(clauses: Sequence[str]) -> str:
    return one_line(clauses[0]) if len(clauses) == 1 else count(clauses)


def _print_rest(number: int, console: Console) -> None:
    if number > 0:
        print_line(console, Text(f"  and {number} more, in the report", style="dim"))


def _level_sums(document: Document, level: str) -> str:
    """``70: 68 conform, 2 violated`` of the clauses of one level that can be judged; nothing where there are none."""
    clauses = [each for each in document["clauses"] if each["level"] == level and not each["excluded"]]
    found = Counter("left-out" if each["cause"] == "not-selected" else each["verdict"] for each in clauses)
    words = _WORDS | {"left-out": _WITH_VARIANTS} if _asks_for_variants(document, level) else _WORDS
    parts = [f"{found[verdict]} {words[verdict]}" for verdict in _WORDS if found[verdict]]
    return f"{len(clauses)}: {', '.join(parts)}" if clauses else ""


def _asks_for_variants(document: Document, level: str) -> bool:
    """Whether what is open was left out of a whole run of a client because it wants the venue's variants."""
    client = document.get("client") or {"variants": True}
    return level == "open" and not client["variants"] and not document["run"]["selection"]


def _print_sums(document: Document, console: Console) -> None:
    console.print()
    sums = [f"{level} clauses {said}" for level in LEVELS if (said := _level_sums(document, level))]
    if excluded := sum(each["excluded"] for each in document["clauses"]):
        sums.append(f"excluded, with a reason: {excluded}")
    print_line(console, "; ".join(sums) or "no clause was selected")
    ended = outcomes(document)
    parts = [f"{number} {_WORDS.get(outcome, outcome)}" for outcome, number in ended.items()]
    print_line(console, f"checks {ended.total()}: {', '.join(parts)}")


def _warnings(document: Document) -> list[str]:
    warning = probe_warning(document)
    return [] if warning is None else [warning]


def _verdict_line(document: Document) -> Text:
    run, target = document["run"], document["target"]
    return Text.assemble(
        f"{one_line(target['venue'])} at {one_line(target['base_url'])} ({one_line(target['environment'])}): ",
        (one_line(verdict_words(document), SENTENCE), STYLES[run["verdict"]]),
        f"; {counted(run['requests'], 'request')}, seed {run['seed']}",
    )


def _print_verdict(document: Document, console: Console) -> None:
    for text in (*client_lines(document), *load_lines(document), *beside_the_verdict(document)):
        print_line(console, one_line(text, SENTENCE))
    for warning in _warnings(document):
        print_line(console, Text(one_line(warning, SENTENCE), style=STYLES["violates"]))
    print_line(console, _verdict_line(document))
    print_line(console, f"exit status {status_of(document)}: {meaning(document)}")
