"""A comparison as Markdown, for one comment on a pull request that each run brings up to date.

Whatever a target or a file said stands in code spans, in which nothing is Markdown, HTML, a link or a mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from venue_conformance.gate.compare import ClauseChange, Comparison, Difference
from venue_conformance.report.summary import code

#: GitHub takes 65 536 characters.
LARGEST = 60_000
_MOST = 50
_SENTENCE = 240


def render_comment(comparison: Comparison) -> str:
    """What is different, the gravest first, under 60 kB; empty when nothing is.

    The first line is a comment that no reader sees, by which the next run finds what it has to bring up to date.
    """
    if comparison.is_equal:
        return ""
    old, new = comparison.old, comparison.new
    lines = [
        marker(new),
        f"### {code(new['target']['venue'])} at {code(new['target']['environment'])}: "
        f"{old['run']['verdict']} → **{new['run']['verdict']}**",
        "",
    ]
    if comparison.versions:
        told = ", ".join(f"{each.what} {code(each.was)} → {code(each.now)}" for each in comparison.versions)
        lines += [f"**Not the same yardstick**: {told}. What is different below may come from that.", ""]
    lines += [sum_of(comparison), ""]
    for part in _parts(comparison):
        lines += [*part, ""]
    return fitting(lines)


def marker(document: Mapping[str, Any]) -> str:
    """The hidden line by which the comment on one venue in one environment is found again."""
    names = (re.sub(r"[^a-z0-9]+", "-", str(document["target"][key]).lower()) for key in ("venue", "environment"))
    return f"<!-- venue-conformance:{':'.join(names)} -->"


def sum_of(comparison: Comparison) -> str:
    """How much is different, in one line."""
    counts: dict[str, Sequence[object]] = {
        "worse": comparison.worse,
        "broken in another way": comparison.different,
        "newly broken and accepted": comparison.accepted,
        "mended": comparison.better,
        "newly tested": comparison.newly_tested,
        "no longer judged": comparison.no_longer_judged,
        "observed otherwise": comparison.observations,
    }
    return " · ".join(f"{len(found)} {what}" for what, found in counts.items() if found) or "No verdict is different."


def _parts(comparison: Comparison) -> Iterable[list[str]]:
    if comparison.worse:
        yield _table("Worse", comparison.worse)
    if comparison.different:
        yield _table("Broken in another way than before", comparison.different)
    yield from _folded("Newly broken, and accepted by the baseline", _accepted(comparison.accepted))
    yield from _folded("Mended", [code(each.clause) for each in comparison.better])
    for cause, changes in comparison.by_cause.items():
        yield from _folded(f"No longer judged, which is not mended: {_word(cause)}", _unjudged(changes))
    tested = [f"{code(each.clause)}: {each.was} → {each.now}" for each in comparison.newly_tested]
    yield from _folded("Newly tested", tested)
    yield from _folded("Observed otherwise, where the documentation is silent", _observed(comparison.observations))
    yield from _folded("Clauses that only the newer version has", [code(each) for each in comparison.only_new])
    yield from _folded("Clauses that only the older version had", [code(each) for each in comparison.only_old])


def _table(title: str, changes: Sequence[ClauseChange]) -> list[str]:
    return [
        f"#### {title}",
        "",
        "| clause | importance | was | expected | actual |",
        "|---|---|---|---|---|",
        *(
            f"| {_cell(each.clause)}<br>{_cell(each.promise)} | {each.importance}, {each.level} | {each.was} "
            f"| {_cell(each.expected or '')} | {_cell(each.actual or '')} |"
            for each in changes[:_MOST]
        ),
        *_rest(changes),
    ]


def _folded(title: str, items: Sequence[str]) -> Iterable[list[str]]:
    if items:
        shown = [f"- {item}" for item in items[:_MOST]]
        yield [f"<details><summary>{title}: {len(items)}</summary>", "", *shown, *_rest(items), "", "</details>"]


def _rest(items: Sequence[object]) -> list[str]:
    return ["", f"… and {len(items) - _MOST} more, all of them in the JSON form."] if len(items) > _MOST else []


def _accepted(changes: Iterable[ClauseChange]) -> list[str]:
    return [f"{code(each.clause)}: {code(each.why or '', _SENTENCE)}" for each in changes]


def _unjudged(changes: Iterable[ClauseChange]) -> list[str]:
    return [f"{code(each.clause)}, was {each.was}: {code(each.reason or '', _SENTENCE)}" for each in changes]


def _observed(changes: Iterable[Difference]) -> list[str]:
    return [f"{code(each.what)}: {code(each.was, _SENTENCE)} → {code(each.now, _SENTENCE)}" for each in changes]


def _cell(text: str) -> str:
    """A code span in a table, whose columns are told apart before its code spans are."""
    return code(text, _SENTENCE).replace("|", "\\|") if text else ""


def _word(cause: str) -> str:
    return re.sub(r"[^a-z -]", "", cause)


def fitting(lines: list[str]) -> str:
    """As many lines as a comment can hold, whatever was folded closed again."""
    kept: list[str] = []
    size, folded = 0, False
    for line in lines:
        size += len(line.encode()) + 1
        if size > LARGEST - 200:
            kept += [*(["", "</details>"] if folded else []), "", "The rest is left out; the JSON form has all of it."]
            break
        folded = line.startswith("<details>") or (folded and line != "</details>")
        kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"
