"""The report on a terminal, by rich. Text from the target goes there as text, never as markup or control codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from venue_conformance.report.load_view import load_lines
from venue_conformance.report.run_verdict import status_of, verdict_words
from venue_conformance.report.text import cut, one_line, printable
from venue_conformance.report.verdicts import NOT_EXERCISED, VERDICTS
from venue_conformance.report.view import (
    DEPTHS,
    actual,
    beside_the_verdict,
    client_lines,
    count,
    exchanges_by_id,
    expected,
    forgiven_clauses,
    meaning,
    not_exercised,
    observed,
    probe_warning,
    reach,
    step_line,
    steps,
    suite_errors,
    untested,
    violations,
    with_verdict,
)

_STYLES = {
    "violates": "bold red",
    "inconclusive": "yellow",
    "not-tested": "yellow",
    "partial": "yellow",
    "interrupted": "yellow",
    "conforms": "green",
    "excluded": "dim",
    "observed": "cyan",
    "not-exercised": "dim",
}
#: How much of one sentence, and how many steps of a trace, a terminal can bear.
_SENTENCE = 4096
_STEPS = 12
#: How many failed checks of one clause are told in full; the others follow by name, and in the report.
_IN_FULL = 2


def print_report(document: Mapping[str, Any], console: Console) -> None:
    """Print the verdict table, every violation in full, what was not tested, what was observed, and the verdict."""
    if (probe := document["run"]["probe"]) is not None and probe["ended"]:
        _print_verdict(document, console)
        return
    console.print(_table(document))
    found = list(violations(document, counting=True))
    for clause, checks in found:
        if clause["follows"] is None:
            _print_violation(document, clause, checks, console)
            _print_following(clause, [each for each, _ in found if each["follows"] == clause["id"]], console)
    _print_group("Accepted by the baseline", list(forgiven_clauses(document)), console)
    _print_group("Inconclusive", [(c["id"], c["reason"]) for c in with_verdict(document, "inconclusive")], console)
    _print_untested(document, console)
    _print_group("Not exercised: the client never did it", not_exercised(document), console)
    _print_group("Observed, where the documentation is silent", list(observed(document)), console)
    _print_reach(document, console)
    _print_group("The suite itself failed", [("", error) for error in suite_errors(document)], console)
    _print_verdict(document, console)


def _table(document: Mapping[str, Any]) -> Table:
    found = Counter((clause["topic"], clause["verdict"]) for clause in document["clauses"])
    columns = [verdict for verdict in (*VERDICTS, NOT_EXERCISED) if any(found[topic, verdict] for topic, _ in found)]
    table = Table(title=Text(f"Clauses of {one_line(document['target']['venue'])} by topic"), title_justify="left")
    table.add_column("topic")
    for verdict in columns:
        table.add_column(verdict, justify="right", header_style=_STYLES[verdict])
    topics = dict.fromkeys(clause["topic"] for clause in document["clauses"])
    for topic in topics:
        table.add_row(Text(one_line(topic)), *(_number(found[topic, verdict], verdict) for verdict in columns))
    table.add_section()
    totals = [sum(found[topic, verdict] for topic in topics) for verdict in columns]
    table.add_row("all", *(_number(total, verdict) for total, verdict in zip(totals, columns, strict=True)))
    return table


def _number(number: int, verdict: str) -> Text:
    return Text(str(number), style=_STYLES[verdict]) if number else Text("·", style="dim")


def _print_violation(
    document: Mapping[str, Any], clause: Mapping[str, Any], checks: list[Mapping[str, Any]], console: Console
) -> None:
    exchanges = exchanges_by_id(document)
    console.print()
    console.print(Text.assemble(("VIOLATED ", _STYLES["violates"]), (one_line(clause["id"]), "bold")))
    _print_pair("promise", clause["promise"], console)
    _print_pair("level", f"{clause['level']}, importance {clause['importance']}", console)
    _print_pair("source", clause["source"], console, link=clause["source_url"])
    for check in checks[:_IN_FULL]:
        _print_pair("check", f"{check['title']}\n{check['id']}", console)
        _print_pair("expected", expected(check), console)
        _print_pair("actual", actual(check), console)
        trace = steps(check)
        if len(trace) > _STEPS:
            _print_pair("story", f"(the last {_STEPS} of {len(trace)} steps)", console)
        for number, step in enumerate(trace[-_STEPS:]):
            label = "story" if number == 0 and len(trace) <= _STEPS else ""
            _print_pair(label, step_line(step, exchanges, 80), console)
        if check["replay"]:
            _print_pair("replay", check["replay"], console, wrap=False)
    for check in checks[_IN_FULL:]:
        _print_pair("also", check["id"], console)


def _print_pair(label: str, text: str, console: Console, *, wrap: bool = True, link: str | None = None) -> None:
    """A label and a text beside it, a link where it has one; without ``wrap`` it stays on one line, to be copied."""
    if not text:
        return
    if not wrap:
        console.print(Text.assemble((f"  {label:<8} ", "dim"), one_line(text, _SENTENCE)), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=10, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(f"  {label}", Text(printable(cut(text, _SENTENCE)), style=f"link {link}" if link else ""))
    console.print(grid)


def _print_untested(document: Mapping[str, Any], console: Console) -> None:
    groups = untested(document)
    if not groups:
        return
    console.print()
    console.print(Text("Not tested, by what would make it testable", style="bold"))
    for group in groups:
        cause = f"{'needs ' if group.is_need else ''}{one_line(group.cause, 400)}"
        console.print(Text.assemble("  ", (cause, _STYLES["not-tested"]), f": {count(group.clauses)}"))
        clauses = Text(", ".join(one_line(clause) for clause in group.clauses), style="dim")
        console.print(Padding(clauses, (0, 0, 0, 4)))


def _print_group(title: str, pairs: list[tuple[str, str | None]], console: Console) -> None:
    if not pairs:
        return
    console.print()
    console.print(Text(title, style="bold"))
    for name, text in dict.fromkeys(pairs):
        console.print(Text.assemble("  ", (f"{one_line(name)}: " if name else "", "cyan"), one_line(text or "", 1000)))


def _print_reach(document: Mapping[str, Any], console: Console) -> None:
    found = reach(document)
    if not found:
        return
    console.print()
    console.print(Text("How deep generated requests got", style="bold"))
    for each in found:
        ends = ", ".join(f"{number} {DEPTHS[depth]}" for depth, number in each.depths.items() if number)
        name = f"{one_line(each.operation)}, {one_line(each.family)}"
        console.print(Text.assemble("  ", (name, "cyan"), f": {each.sent} sent, {ends}"))


def _print_following(root: Mapping[str, Any], following: list[Mapping[str, Any]], console: Console) -> None:
    if following:
        reported = "\n".join(
            f"{one_line(clause['id'])} ({clause['level']}, {clause['importance']})" for clause in following
        )
        _print_pair("follows", f"violated as well, by what follows from {root['id']}:\n{reported}", console)


def _print_verdict(document: Mapping[str, Any], console: Console) -> None:
    run, target = document["run"], document["target"]
    console.print()
    if warning := probe_warning(document):
        console.print(Text(one_line(warning, _SENTENCE), style=_STYLES["violates"]), soft_wrap=True)
    console.print(
        Text.assemble(
            f"{one_line(target['venue'])} at {one_line(target['base_url'])} ({one_line(target['environment'])}): ",
            (one_line(verdict_words(document), _SENTENCE), _STYLES[run["verdict"]]),
            f"; {run['requests']} requests, seed {run['seed']}",
        )
    )
    for text in (*client_lines(document), *load_lines(document), *beside_the_verdict(document)):
        console.print(Text(f"  {one_line(text, _SENTENCE)}"))
    console.print(Text(f"exit status {status_of(document)}: {meaning(document)}"), soft_wrap=True)
