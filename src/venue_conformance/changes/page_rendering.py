"""The changes of a documentation page for a terminal, for a comment, as a page of HTML, and for a program.

A page says in words what no rule can weigh, so that its class is always ``review``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from venue_conformance.changes.open_questions import may_be_answered_by
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.page_changes import PageChange
from venue_conformance.gate.comment import fitting
from venue_conformance.report.summary import code
from venue_conformance.report.text import cut, one_line, printable

Checks = Mapping[str, Sequence[str]]
#: How much of a sentence is shown.
_LONGEST = 600
#: How much before the first character that differs.
_BEFORE = 60
_KINDS = {"changed": "Changed", "removed": "Gone", "added": "New", "moved": "Moved"}


def render_text(page: str, changes: Sequence[PageChange], checks: Checks, catalogue: Catalogue) -> str:
    """Each sentence that differs with what rests on it."""
    if not changes:
        return f"{page}: every sentence reads as it did"
    lines = []
    for change in changes:
        lines.append(f"{change.kind:8} {_place(change)}")
        lines += [f"  {name}  {cut(one_line(text), _LONGEST)}" for name, text in _words(change)]
        if change.beside:
            lines.append(f"  now     beside {', '.join(change.beside)}")
        lines += [
            f"  clause  {clause} ({_what_judges(clause, catalogue, checks)})" for clause in judged(change, catalogue)
        ]
        if questions := unanswered(change, catalogue):
            lines.append(f"  open    {', '.join(questions)}: does the page answer it now?")
        if guesses := may_answer(change, catalogue):
            lines.append(f"  perhaps {', '.join(guesses)}: open elsewhere, and about the same words")
    return "\n".join([*lines, f"{page}: {_sum(changes)}"])


def render_markdown(venue: str, page: str, changes: Sequence[PageChange], checks: Checks, catalogue: Catalogue) -> str:
    """One comment on a pull request, under 60 kB; by its first line the next run finds it. Empty for none."""
    if not changes:
        return ""
    lines = [
        f"<!-- venue-conformance:page:{venue}:{page} -->",
        f"### {code(venue)}, page {code(page)}: **review**",
        "",
        f"{_sum(changes)}.",
        "",
        "| what | sentence | clauses |",
        "|---|---|---|",
    ]
    for change in changes:
        said = "<br>".join(f"{name}: {_cell(text)}" for name, text in _words(change))
        if change.beside:
            said += f"<br>now beside {_cell(', '.join(change.beside))}"
        clauses = [f"{_cell(each)} ({_what_judges(each, catalogue, checks)})" for each in judged(change, catalogue)]
        clauses += [f"{_cell(each)} (open: answered now?)" for each in unanswered(change, catalogue)]
        clauses += [f"{_cell(each)} (open elsewhere: answered perhaps?)" for each in may_answer(change, catalogue)]
        lines.append(f"| {_KINDS[change.kind]} | {_cell(_place(change))}<br>{said} | {'<br>'.join(clauses)} |")
    return fitting(lines)


def render_html(venue: str, page: str, changes: Sequence[PageChange], checks: Checks, catalogue: Catalogue) -> str:
    """A page that needs nothing else, runs nothing and asks nobody for anything."""
    title = f"{venue}, page {page}: {'review' if changes else 'unchanged'}"
    rows = []
    for change in changes:
        said = "".join(f"<{mark}>{_escaped(text)}</{mark}> " for mark, text in _marked(change))
        if change.beside:
            said += f"<br>now beside <code>{_escaped(', '.join(change.beside))}</code>"
        clauses = [f"{_escaped(each)} ({_what_judges(each, catalogue, checks)})" for each in judged(change, catalogue)]
        clauses += [f"{_escaped(each)} (open: does the page answer it now?)" for each in unanswered(change, catalogue)]
        clauses += [f"{_escaped(each)} (open elsewhere: perhaps answered?)" for each in may_answer(change, catalogue)]
        listed = "".join(f"<li>{each}</li>" for each in clauses)
        rows.append(
            f"<tr><td>{_KINDS[change.kind]}</td><td><code>{_escaped(_place(change))}</code><br>{said}</td>"
            f"<td><ul>{listed}</ul></td></tr>"
        )
    table = (
        f"<table><thead><tr><th>what</th><th>sentence</th><th>clauses</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        if rows
        else ""
    )
    summary = _sum(changes) if changes else "every sentence reads as it did"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_escaped(title)}</h1>\n<p>{_escaped(summary)}</p>\n{table}\n</body>\n</html>\n"
    )


def as_document(
    venue: str, page: str, changes: Sequence[PageChange], checks: Checks, catalogue: Catalogue, exit_status: int
) -> dict[str, Any]:
    """All of it, for a program."""
    touched = dict.fromkeys(clause for change in changes for clause in change.clauses)
    return {
        "venue": venue,
        "page": page,
        "class": "review" if changes else "unchanged",
        "changes": [
            {**asdict(change), "open": unanswered(change, catalogue), "may_answer": may_answer(change, catalogue)}
            for change in changes
        ],
        "clauses": {clause: list(checks.get(clause, ())) for clause in touched},
        "exit_status": exit_status,
    }


def judged(change: PageChange, catalogue: Catalogue) -> list[str]:
    """The clauses of a changed sentence that say something."""
    return [clause for clause in change.clauses if clause not in catalogue or catalogue[clause].level != "open"]


def unanswered(change: PageChange, catalogue: Catalogue) -> list[str]:
    """The open questions that a changed or new sentence may answer."""
    return [clause for clause in change.clauses if clause in catalogue and catalogue[clause].level == "open"]


def may_answer(change: PageChange, catalogue: Catalogue) -> list[str]:
    """The open questions elsewhere that new words may answer: a guess."""
    if change.kind not in ("added", "changed"):
        return []
    return [clause for clause in may_be_answered_by(change.new, catalogue) if clause not in change.clauses]


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #8888;padding:.5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}td:first-child{white-space:nowrap}ul{margin:0;padding-left:1rem}del{background:#f9d6d0;color:#000}"
    "ins{background:#d3f2d3;color:#000}"
)


def _words(change: PageChange) -> list[tuple[str, str]]:
    old, new = change.old, change.new
    if change.beside:
        old = ""  # it reads the same
    if old and new and max(len(old), len(new)) > _LONGEST:
        pairs = zip(old, new, strict=False)
        shown = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new))) - _BEFORE
        old, new = (f"…{text[shown:]}" if shown > 0 else text for text in (old, new))
    return [(name, text) for name, text in (("old", old), ("new", new)) if text]


def _marked(change: PageChange) -> list[tuple[str, str]]:
    return [({"old": "del", "new": "ins"}[name], text) for name, text in _words(change)]


def _place(change: PageChange) -> str:
    return ("beside " if change.near else "") + ", ".join(change.locators)


def _what_judges(clause: str, catalogue: Catalogue, checks: Checks) -> str:
    excluded = clause in catalogue and catalogue[clause].excluded is not None
    return "excluded" if excluded else _count(len(checks.get(clause, ())), "check")


def _sum(changes: Sequence[PageChange]) -> str:
    touched = {clause for change in changes for clause in change.clauses}
    rest = f"{_count(len(touched), 'clause')} {'rests' if len(touched) == 1 else 'rest'}"
    return f"{_count(len(changes), 'place')} to review; {rest} on {'it' if len(changes) == 1 else 'them'}"


def _cell(text: str) -> str:
    return code(text, _LONGEST).replace("|", "\\|") if text else ""


def _escaped(text: str) -> str:
    return escape(printable(cut(text, 4000)))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
