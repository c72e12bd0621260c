"""The report as one HTML file that needs nothing else and asks nobody for anything.

Whatever comes from the target is made printable and escaped; a content security policy forbids any script and style
but the two that are named by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.report.client_view import render_client
from venue_conformance.report.evidence import badge, render_violations, shown
from venue_conformance.report.load_view import render_load
from venue_conformance.report.run_verdict import scope_words, status_of, verdict_words
from venue_conformance.report.verdicts import NOT_EXERCISED, VERDICTS
from venue_conformance.report.view import (
    DEPTHS,
    beside_the_verdict,
    client_lines,
    forgiven_clauses,
    meaning,
    observed,
    probe_warning,
    reach,
    suite_errors,
    untested,
    violations,
    with_verdict,
)


def render_html(document: Mapping[str, Any]) -> str:
    """Verdict, counts, violations with their evidence, the table of clauses, observations, what was not tested."""
    assets = files("venue_conformance.report") / "assets"
    style, script = ((assets / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"{document['target']['venue']}: {verdict_words(document)}"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{shown(title)} – batch-cancel conformance</title>\n<style>{style}</style>\n</head>\n<body>",
        '<a class="skip" href="#main">To the results</a>',
        _header(document),
        '<main id="main">',
        _errors(document),
        render_violations(document),
        _forgiven(document),
        _inconclusive(document),
        render_client(document),
        render_load(document),
        _clauses(document),
        _observations(document),
        _reach(document),
        _untested(document),
        "</main>",
        f"<footer>Written by {shown(document['tool']['name'])} {shown(document['tool']['version'])}, "
        f"run {shown(document['run']['id'])}.</footer>",
        f"<script>{script}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _header(document: Mapping[str, Any]) -> str:
    run, target, tally = document["run"], document["target"], document["counts"]["checks"]
    status = status_of(document)
    facts = {
        "Target": target["base_url"] + (" (embedded reference)" if target["embedded"] else ""),
        "Environment": target["environment"],
        "Contract": target["spec_version"],
        "Provider states": target["states"],
        "Run": f"{run['started_at']} to {run['finished_at'] or '(never finished)'}",
        "Selection": scope_words(document) or "everything",
        "Profile": f"{run['profile']}, seed {run['seed']}{', strict' if run['strict'] else ''}",
        "Sent": f"{run['requests']} requests",
        "Checks": ", ".join(f"{number} {outcome}" for outcome, number in tally.items() if number) or "none",
    }
    return "\n".join(
        [
            f"<header>\n<h1>Batch-cancel conformance of {shown(target['venue'])}</h1>",
            f'<div class="banner {shown(run["verdict"])}"><p class="word">{shown(run["verdict"])}</p>',
            f"<p>{shown(verdict_words(document))}. Exit status {status}: {shown(meaning(document))}.</p>",
            *(f"<p>{shown(text)}</p>" for text in _beside(document)),
            "</div>",
            "<dl>",
            *(f"<dt>{shown(name)}</dt><dd>{shown(value)}</dd>" for name, value in facts.items()),
            "</dl>",
            _counts(document),
            "</header>",
        ]
    )


def _beside(document: Mapping[str, Any]) -> list[str]:
    told = (probe_warning(document), *client_lines(document), *beside_the_verdict(document))
    return [text for text in told if text]


def _counts(document: Mapping[str, Any]) -> str:
    counts = document["counts"]["clauses"]
    verdicts = list(counts["must"])
    rows = [
        [f'<th scope="row">{level}</th>', *(f'<td class="number">{row[verdict]}</td>' for verdict in verdicts)]
        for level, row in counts.items()
    ]
    heads = ['<th scope="col">level</th>', *(f'<th scope="col" class="number">{badge(v)}</th>' for v in verdicts)]
    return _table("Clauses by level and verdict", heads, ["".join(row) for row in rows], kind="counts")


def _errors(document: Mapping[str, Any]) -> str:
    errors = suite_errors(document)
    return _section("The suite itself failed", _list(shown(error) for error in errors)) if errors else ""


def _inconclusive(document: Mapping[str, Any]) -> str:
    found = with_verdict(document, "inconclusive")
    if not found:
        return ""
    return _section("Inconclusive", _list(f"{shown(c['id'])}: {shown(c['reason'] or '')}" for c in found))


def _forgiven(document: Mapping[str, Any]) -> str:
    found = forgiven_clauses(document)
    rows = [f'<th scope="row">{shown(clause)}</th><td>{shown(told, 4096)}</td>' for clause, told in found]
    if not rows:
        return ""
    heads = ['<th scope="col">clause</th>', '<th scope="col">why it does not count</th>']
    return _section("Accepted by the baseline", _table("What the baseline accepts for a time", heads, rows))


def _clauses(document: Mapping[str, Any]) -> str:
    anchors = {clause["id"]: number for number, (clause, _) in enumerate(violations(document), 1)}
    heads = [f'<th scope="col">{name}</th>' for name in ("clause", "promise", "level", "importance", "verdict", "why")]
    rows = [_clause_row(clause, anchors.get(clause["id"])) for clause in document["clauses"]]
    verdicts = (*VERDICTS, NOT_EXERCISED) if "client" in document else VERDICTS
    choices = {"verdict": verdicts, "level": LEVELS, "importance": IMPORTANCES}
    selects = [
        f'<label>{name}<select name="{name}"><option value="">all</option>'
        + "".join(f"<option>{choice}</option>" for choice in values)
        + "</select></label>"
        for name, values in choices.items()
    ]
    filters = (
        f'<form id="filters" class="filters" hidden>{"".join(selects)}'
        '<label>text<input name="text" type="search" autocomplete="off"></label>'
        '<output id="shown" aria-live="polite"></output></form>'
    )
    return _section("Clauses", filters + _table("Every clause in scope", heads, rows, name="clauses"))


def _clause_row(clause: Mapping[str, Any], anchor: int | None) -> str:
    name = shown(clause["id"])
    if anchor is not None:
        name = f'<a href="#violation-{anchor}">{name}</a>'
    cells = [
        f'<th scope="row">{name}</th>',
        f"<td>{shown(clause['promise'])}</td><td>{shown(clause['level'])}</td><td>{shown(clause['importance'])}</td>",
        f"<td>{badge(clause['verdict'])}</td><td>{shown(_why(clause), 400)}</td>",
    ]
    data = " ".join(f'data-{key}="{shown(clause[key])}"' for key in ("verdict", "level", "importance"))
    return f"<tr {data}>{''.join(cells)}</tr>"


def _why(clause: Mapping[str, Any]) -> str:
    forgiven = clause.get("forgiven")
    return str(forgiven["told"] if forgiven else clause["reason"] or clause["note"] or "")


def _observations(document: Mapping[str, Any]) -> str:
    rows = [f'<th scope="row">{shown(clause)}</th><td>{shown(text, 4096)}</td>' for clause, text in observed(document)]
    if not rows:
        return ""
    heads = ['<th scope="col">open question</th>', '<th scope="col">how this target answers it</th>']
    return _section("Observations", _table("Where the documentation is silent", heads, rows))


def _reach(document: Mapping[str, Any]) -> str:
    rows = [
        f'<th scope="row">{shown(each.operation)}</th><td>{shown(each.family)}</td>'
        + "".join(f'<td class="number">{number}</td>' for number in (each.sent, *each.depths.values()))
        for each in reach(document)
    ]
    if not rows:
        return ""
    heads = [f'<th scope="col">{name}</th>' for name in ("operation", "family", "sent", *DEPTHS.values())]
    return _section("Depth", _table("How deep generated requests got", heads, rows))


def _untested(document: Mapping[str, Any]) -> str:
    rows = [
        f'<th scope="row">{shown(group.cause, 4096)}</th><td>{"need" if group.is_need else "reason"}</td>'
        f'<td class="number">{len(group.clauses)}</td><td>{shown(", ".join(group.clauses))}</td>'
        for group in untested(document)
    ]
    if not rows:
        return ""
    heads = [f'<th scope="col">{name}</th>' for name in ("what was missing", "kind", "clauses", "which")]
    return _section("Not tested", _table("By what would make it testable", heads, rows))


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{shown(title)}</h2>\n{content}\n</section>"


def _list(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def _table(caption: str, heads: list[str], rows: list[str], *, kind: str = "", name: str = "") -> str:
    body = "\n".join(row if row.startswith("<tr") else f"<tr>{row}</tr>" for row in rows)
    marks = (f' class="{kind}"' if kind else "") + (f' id="{name}"' if name else "")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{shown(caption)}"><table{marks}>'
        f"<caption>{shown(caption)}</caption>\n<thead><tr>{''.join(heads)}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
