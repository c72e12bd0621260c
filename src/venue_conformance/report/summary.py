"""The report as Markdown for the job page of a CI server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from venue_conformance.report.load_view import load_lines
from venue_conformance.report.pages.charts import tally
from venue_conformance.report.run_verdict import beside_the_word, status_of
from venue_conformance.report.step_lines import last_lines
from venue_conformance.report.text import counted, one_line
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
    steps,
    suite_errors,
    untested,
    violations,
    with_verdict,
)

_MOST = 50
#: So many steps are printed.
_STEPS = 8
#: GitHub shows nothing of a summary of 1 MiB or more.
_LARGEST = 900_000


def render_summary(document: Mapping[str, Any]) -> str:
    """The verdict, the counts, each violation with its replay command, and what was not tested; under 1 MiB."""
    run, target, client = document["run"], document["target"], document.get("client")
    status = status_of(document)
    # A reader of a job's page must not take the verdict on a client for one on the venue.
    judged = f"client {code(client['name'])} of {code(target['venue'])}" if client else code(target["venue"])
    lines = [
        f"## {judged}: {run['verdict']}",
        "",
        *([f"{code(words)}", ""] if (words := beside_the_word(document)) else []),
        *([f"{code(refused)}", ""] if (refused := probe_warning(document)) else []),
        f"Exit status {status}: {meaning(document)}. Target {code(target['base_url'])} "
        f"({code(target['environment'])}), {counted(run['requests'], 'request')}, seed {run['seed']}, "
        f"profile {code(run['profile'])}.",
        "",
        *_counts(document),
    ]
    lines += _section(
        "Beside the verdict",
        [
            f"- {code(text, 600)}"
            for text in (*client_lines(document), *load_lines(document), *beside_the_verdict(document))
        ],
    )
    found = list(violations(document, counting=True))
    exchanges = exchanges_by_id(document)
    lines += _section(
        "Violations", [line for clause, checks in found[:_MOST] for line in _violation(clause, checks, exchanges)]
    )
    if len(found) > _MOST:
        lines.append(f"- and {len(found) - _MOST} more, all of them in the report")
    lines += _section(
        "Accepted by the baseline",
        [f"- {code(clause)}: {code(told, 600)}" for clause, told in forgiven_clauses(document)[: 2 * _MOST]],
    )
    inconclusive = with_verdict(document, "inconclusive")
    lines += _section("Inconclusive", [f"- {code(c['id'])}: {code(c['reason'] or '')}" for c in inconclusive[:_MOST]])
    lines += _section(
        "Not tested",
        [
            f"- {'needs ' if group.is_need else ''}{code(group.cause)}: {count(group.clauses)}, "
            f"{', '.join(code(clause) for clause in group.clauses[:10])}{' …' if len(group.clauses) > 10 else ''}"
            for group in untested(document)[:_MOST]
        ],
    )
    unexercised = [f"- {code(clause)}: {code(when or '')}" for clause, when in not_exercised(document)]
    lines += _section("Not exercised: the client never did it", unexercised)
    lines += _section(
        "Observed where the documentation is silent",
        [f"- {code(clause)}: {code(text)}" for clause, text in list(observed(document))[: 2 * _MOST]],
    )
    lines += _section("How deep generated requests got", _reach(document))
    lines += _section("The suite itself failed", [f"- {code(error, 1000)}" for error in suite_errors(document)[:_MOST]])
    return "\n".join(_fitting(lines)) + "\n"


def code(text: str, limit: int = 300) -> str:
    """A text as a code span, in which nothing is Markdown, HTML, a link or a mention."""
    shown = one_line(text, limit)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _counts(document: Mapping[str, Any]) -> list[str]:
    heads, levels = tally(document["clauses"])
    rows = [f"| {level} | {' | '.join(map(str, counts))} |" for level, counts in levels]
    return [f"| clauses | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads), *rows] if heads else []


def _violation(
    clause: Mapping[str, Any], checks: list[Mapping[str, Any]], exchanges: Mapping[int, Mapping[str, Any]]
) -> list[str]:
    """A violated clause with what its checks expected and got, and the fewest steps that show it."""
    lines = [
        f"- **{code(clause['id'])}** ({clause['level']}, {clause['importance']})"
        + (f", follows from {code(clause['follows'])}" if clause["follows"] else ""),
        f"  - promise: {code(clause['promise'], 1000)}",
    ]
    for check in checks[:5]:
        lines += [
            *([f"  - check: {code(check['title'], 300)}"] if check["title"] else []),
            f"  - expected: {code(expected(check), 500)}",
            f"  - actual: {code(actual(check), 500)}",
        ]
        if check["replay"]:
            lines.append(f"  - replay: {code(check['replay'], 1000)}")
    if len(checks) > 5:
        lines.append(f"  - and {len(checks) - 5} more failed checks of it")
    traces = [trace for check in checks if (trace := list(steps(check)))]
    if traces:
        shortest = min(traces, key=len)
        told, part = last_lines(shortest, exchanges, _STEPS, 120)
        lines.append(f"  - the fewest steps that show it{f', {part}' if part else ''}:")
        lines += [f"    {number}. {code(line, 400)}" for number, line in enumerate(told, 1)]
    return lines


def _reach(document: Mapping[str, Any]) -> list[str]:
    found = reach(document)
    if not found:
        return []
    heads = f"| operation | family | sent | {' | '.join(DEPTHS.values())} |"
    return [
        heads,
        "|---|---|" + "---:|" * (len(DEPTHS) + 1),
        *(
            f"| {code(each.operation)} | {each.family} | {each.sent} | {' | '.join(map(str, each.depths.values()))} |"
            for each in found[:_MOST]
        ),
    ]


def _fitting(lines: list[str]) -> list[str]:
    """As many lines as a job page can hold."""
    sizes = accumulate(len(line.encode()) + 1 for line in lines)
    kept = [line for line, size in zip(lines, sizes, strict=True) if size <= _LARGEST]
    return kept if len(kept) == len(lines) else [*kept, "", "The rest is in the report."]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"### {title}", "", *lines] if lines else []
