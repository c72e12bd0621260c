"""The evidence on a terminal: clauses by topic, each violation with its steps, what was observed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from venue_conformance.report.console import print_rows
from venue_conformance.report.step_lines import last_lines
from venue_conformance.report.text import cut, one_line, printable
from venue_conformance.report.verdicts import NOT_EXERCISED, VERDICTS
from venue_conformance.report.view import (
    DEPTHS,
    actual,
    exchanges_by_id,
    expected,
    forgiven_clauses,
    not_exercised,
    observed,
    reach,
    steps,
    with_verdict,
)

_LEFT_OUT = "not part of this run"
STYLES = {
    "violates": "bold red",
    "inconclusive": "yellow",
    "not-tested": "yellow",
    "partial": "yellow",
    "interrupted": "yellow",
    "conforms": "green",
    "excluded": "dim",
    "observed": "cyan",
    "not-exercised": "dim",
    _LEFT_OUT: "dim",
}
#: How much of one sentence, and how many steps of a trace, a terminal can bear.
SENTENCE = 4096
_STEPS = 12
#: How many failed checks of one clause are told in full; the others follow by name, and in the report.
_IN_FULL = 2


def print_topics(document: Mapping[str, Any], console: Console) -> None:
    """Print how many clauses of each topic came to which verdict."""
    found = Counter((clause["topic"], _told(clause)) for clause in document["clauses"])
    columns = [each for each in (*VERDICTS, NOT_EXERCISED, _LEFT_OUT) if any(found[topic, each] for topic, _ in found)]
    topics = dict.fromkeys(clause["topic"] for clause in document["clauses"])
    rows: list[list[str | Text]] = [
        [one_line(topic), *(_number(found[topic, verdict], verdict) for verdict in columns)] for topic in topics
    ]
    totals = [sum(found[topic, verdict] for topic in topics) for verdict in columns]
    rows.append(["all", *(_number(total, verdict) for total, verdict in zip(totals, columns, strict=True))])
    print_rows(console, ["topic", *columns], rows, f"Clauses of {one_line(document['target']['venue'])} by topic")


def _told(clause: Mapping[str, Any]) -> str:
    """The verdict on a clause; what the run was not about was never to be tested."""
    return _LEFT_OUT if clause["cause"] == "not-selected" else str(clause["verdict"])


def _number(number: int, verdict: str) -> Text:
    return Text(str(number), style=STYLES[verdict]) if number else Text("·", style="dim")


def print_evidence(
    document: Mapping[str, Any], found: list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]], console: Console
) -> None:
    """Print each violation in full, those that follow from another by name behind it."""
    for clause, checks in found:
        if clause["follows"] is None:
            _print_violation(document, clause, checks, console)
            _print_following(clause, [each for each, _ in found if each["follows"] == clause["id"]], console)


def print_beside(document: Mapping[str, Any], console: Console) -> None:
    """Print what stands beside the verdicts: accepted breaches, inconclusive clauses, observations, depths."""
    print_group("Accepted by the baseline", list(forgiven_clauses(document)), console)
    print_group("Inconclusive", [(c["id"], c["reason"]) for c in with_verdict(document, "inconclusive")], console)
    print_group("Not exercised: the client never did it", not_exercised(document), console)
    print_group("Observed, where the documentation is silent", list(observed(document)), console)
    _print_reach(document, console)


def _print_violation(
    document: Mapping[str, Any], clause: Mapping[str, Any], checks: list[Mapping[str, Any]], console: Console
) -> None:
    exchanges = exchanges_by_id(document)
    console.print()
    console.print(Text.assemble(("VIOLATED ", STYLES["violates"]), (one_line(clause["id"]), "bold")), soft_wrap=True)
    _print_pair("promise", clause["promise"], console)
    _print_pair("level", f"{clause['level']}, importance {clause['importance']}", console)
    _print_pair("source", clause["source"], console, link=clause["source_url"])
    for check in checks[:_IN_FULL]:
        _print_pair("check", f"{check['title']}\n{check['id']}", console)
        _print_pair("expected", expected(check), console)
        _print_pair("actual", actual(check), console)
        trace = steps(check)
        lines, part = last_lines(trace, exchanges, _STEPS)
        shown = [*([f"({part})"] if part else []), *lines]
        for number, line in enumerate(shown):
            _print_pair("steps" if number == 0 else "", line, console)
        if check["replay"]:
            _print_pair("replay", check["replay"], console, wrap=False)
    for check in checks[_IN_FULL:]:
        _print_pair("also", check["id"], console)


def _print_pair(label: str, text: str, console: Console, *, wrap: bool = True, link: str | None = None) -> None:
    """A label and a text beside it; without ``wrap`` it stays on one line, to be copied.

    A ``link`` is that of the text on a terminal, and stands behind it in a pipe, where nobody can follow the text.
    """
    if not text:
        return
    if not wrap:
        console.print(Text.assemble((f"  {label:<8} ", "dim"), one_line(text, SENTENCE)), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    grid.add_column(width=10, style="dim")
    grid.add_column(overflow="fold")
    for number, line in enumerate(printable(cut(text, SENTENCE)).splitlines()):
        beginning = f"  {label}" if number == 0 else ""
        if console.width > SENTENCE:  # nobody folds it, and so nobody has to fill it up either
            behind = f" ({link})" if link and number == 0 else ""
            console.print(Text.assemble((f"{beginning:<10} ", "dim"), line, behind), soft_wrap=True)
        else:
            grid.add_row(beginning, Text(line, style=f"link {link}" if link else ""))
    if grid.row_count:
        console.print(grid)


def print_group(title: str, pairs: list[tuple[str, str | None]], console: Console) -> None:
    """Print a title and under it a line for each name and text; nothing where there are none."""
    if not pairs:
        return
    console.print()
    console.print(Text(title, style="bold"))
    for name, text in dict.fromkeys(pairs):
        line = Text.assemble("  ", (f"{one_line(name)}: " if name else "", "cyan"), one_line(text or "", 1000))
        console.print(line, soft_wrap=True)


def _print_reach(document: Mapping[str, Any], console: Console) -> None:
    found = reach(document)
    if not found:
        return
    console.print()
    console.print(Text("How deep generated requests got", style="bold"))
    for each in found:
        ends = ", ".join(f"{number} {DEPTHS[depth]}" for depth, number in each.depths.items() if number)
        name = f"{one_line(each.operation)}, {one_line(each.family)}"
        console.print(Text.assemble("  ", (name, "cyan"), f": {each.sent} sent, {ends}"), soft_wrap=True)


def _print_following(root: Mapping[str, Any], following: list[Mapping[str, Any]], console: Console) -> None:
    if following:
        reported = "\n".join(
            f"{one_line(clause['id'])} ({clause['level']}, {clause['importance']})" for clause in following
        )
        _print_pair("follows", f"violated as well, by what follows from {root['id']}:\n{reported}", console)
