"""A comparison of documents for a terminal, for a comment on a pull request, and for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from venue_conformance.changes.change import EFFECTS, Effect
from venue_conformance.changes.documents import DocumentComparison, Touching
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.gate.comment import fitting
from venue_conformance.report.summary import code
from venue_conformance.report.text import one_line

Checks = Mapping[str, Sequence[str]]
#: What a class means for whoever calls the venue.
MEANINGS: Mapping[Effect, str] = {
    "breaking": "cannot be shown to be harmless to callers",
    "compatible": "harms no caller",
    "documentation": "words and examples only",
    "unsaid": "ours says it and the document does not, or nothing is promised there",
}
_SENTENCE = 300
_MOST = 100


def render_text(comparison: DocumentComparison, catalogue: Catalogue, checks: Checks) -> str:
    """Each change with what rests on it, and their number at the end."""
    lines = []
    for each in _shown(comparison):
        change = each.change
        lines.append(f"{change.effect:13} {one_line(change.where)}: {one_line(change.what, _SENTENCE)}")
        if each.also:
            lines.append(f"  also at     {', '.join(map(one_line, each.also))}")
        if change.counterexample:
            lines.append(f"  caller      {one_line(change.counterexample, _SENTENCE)}")
        lines.append(f"  place       {one_line(each.pointer)}")
        judged, unanswered = _by_level(each, catalogue)
        lines += [f"  clause      {clause} ({_what_judges(clause, catalogue, checks)})" for clause in judged]
        if unanswered:
            lines.append(f"  open        {', '.join(unanswered)}: does the document answer it now?")
    unsaid = [each for each in comparison.changes if each.change.effect == "unsaid"]
    if unsaid:
        first = "; ".join(f"{each.change.where}: {each.change.what}" for each in unsaid[:3])
        lines.append(f"unsaid        {_count(len(unsaid), 'place')}, such as {one_line(first, 2 * _SENTENCE)}")
    return "\n".join([*lines, _sum(comparison, checks)])


def render_markdown(comparison: DocumentComparison, catalogue: Catalogue, checks: Checks) -> str:
    """One comment on a pull request, under 60 kB; by its first line the next run finds it. Empty for none."""
    if not _shown(comparison):
        return ""
    lines = [
        marker(comparison),
        f"### {code(comparison.venue)}, {comparison.kind}: **{comparison.effect}**",
        "",
        f"{_sum(comparison, checks)}.",
        "",
    ]
    for effect in EFFECTS[:3]:
        found = [each for each in comparison.changes if each.change.effect == effect]
        if not found:
            continue
        table = [
            "| change | place | clauses |",
            "|---|---|---|",
            *(_row(each, catalogue, checks) for each in found[:_MOST]),
        ]
        rest = [f"… and {len(found) - _MOST} more, all of them in the JSON form."] if len(found) > _MOST else []
        if effect == "breaking":
            lines += [f"#### Breaking: {MEANINGS[effect]}", "", *table, "", *rest]
        else:
            title = f"{effect.capitalize()}, {MEANINGS[effect]}: {len(found)}"
            lines += [f"<details><summary>{title}</summary>", "", *table, "", *rest, "</details>", ""]
    if touched := _checks_of(comparison, checks):
        lines += [f"<details><summary>Checks to run: {len(touched)}</summary>", ""]
        lines += [*(f"- {code(check)}" for check in touched[: 3 * _MOST]), "", "</details>"]
    return fitting(lines)


def as_document(comparison: DocumentComparison, checks: Checks, exit_status: int) -> dict[str, Any]:
    """All of it, for a program."""
    return {
        "venue": comparison.venue,
        "document": comparison.kind,
        "old": comparison.old,
        "new": comparison.new,
        "class": comparison.effect or "unchanged",
        "changes": [
            {
                "class": each.change.effect,
                "side": each.change.side,
                "where": [each.change.where, *each.also],
                "what": each.change.what,
                "counterexample": each.change.counterexample,
                "pointer": each.pointer,
                "clauses": list(each.clauses),
            }
            for each in comparison.changes
        ],
        "clauses": {clause: list(checks.get(clause, ())) for clause in comparison.clauses},
        "other_operations": comparison.others,
        "exit_status": exit_status,
    }


def marker(comparison: DocumentComparison) -> str:
    """The hidden line by which the comment on one venue's document is found again."""
    return f"<!-- venue-conformance:diff:{comparison.venue}:{comparison.kind} -->"


def _shown(comparison: DocumentComparison) -> list[Touching]:
    return [each for each in comparison.changes if each.change.effect != "unsaid"]


def _sum(comparison: DocumentComparison, checks: Checks) -> str:
    found = _shown(comparison)
    counts = [(effect, sum(each.change.effect == effect for each in found)) for effect in EFFECTS]
    told = ", ".join(f"{number} {effect}" for effect, number in counts if number)
    if not told:
        told = "nothing goes below what is documented" if comparison.against_ours else "nothing differs"
    else:
        touched = _checks_of(comparison, checks)
        told += f"; {_count(len(comparison.clauses), 'clause')} and {_count(len(touched), 'check')} touched"
    if comparison.others:
        told += f"; {_count(comparison.others, 'other operation')} not looked at"
    return told


def _row(each: Touching, catalogue: Catalogue, checks: Checks) -> str:
    change = each.change
    places = "<br>".join(_cell(where) for where in (change.where, *each.also))
    told = "<br>".join(filter(None, (_cell(change.what), _cell(change.counterexample))))
    judged, unanswered = _by_level(each, catalogue)
    clauses = [f"{_cell(clause)} ({_what_judges(clause, catalogue, checks)})" for clause in judged]
    clauses += [f"{_cell(clause)} (open: answered now?)" for clause in unanswered]
    return f"| {told} | {places}<br>{_cell(each.pointer)} | {'<br>'.join(clauses) or 'none'} |"


def _by_level(each: Touching, catalogue: Catalogue) -> tuple[list[str], list[str]]:
    judged = [clause for clause in each.clauses if catalogue[clause].level != "open"]
    return judged, [clause for clause in each.clauses if clause not in judged]


def _what_judges(clause: str, catalogue: Catalogue, checks: Checks) -> str:
    return "excluded" if catalogue[clause].excluded is not None else _count(len(checks.get(clause, ())), "check")


def _checks_of(comparison: DocumentComparison, checks: Checks) -> list[str]:
    return list(dict.fromkeys(check for clause in comparison.clauses for check in checks.get(clause, ())))


def _cell(text: str) -> str:
    return code(text, _SENTENCE).replace("|", "\\|") if text else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
