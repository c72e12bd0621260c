"""The part of the HTML report that proves each violation: what was promised, expected and sent, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from venue_conformance.report.text import LARGEST_TEXT, cut, printable
from venue_conformance.report.view import (
    actual,
    exchange_line,
    exchanges_by_id,
    expected,
    request_text,
    response_text,
    step_line,
    steps,
    violations,
)

#: How many steps of one check's trace are shown (the last ones), and how many bytes all bodies may take together.
_STEPS = 20
_ALL_BODIES = 24 * 1024 * 1024


def shown(text: object, limit: int = 64 * 1024) -> str:
    """A text fit to stand in HTML, between tags as well as in a quoted attribute."""
    return escape(printable(cut(str(text), limit)), quote=True)


def badge(verdict: str) -> str:
    """A verdict as a coloured word."""
    return f'<span class="badge {shown(verdict)}">{shown(verdict)}</span>'


def render_violations(document: Mapping[str, Any]) -> str:
    """Every violated clause with the checks that it failed and their exchanges; nothing when there is none."""
    found = list(violations(document))
    if not found:
        return ""
    exchanges = exchanges_by_id(document)
    bodies = 2 * sum(len(steps(check)[-_STEPS:]) for _, checks in found for check in checks)
    limit = max(1024, min(LARGEST_TEXT, _ALL_BODIES // max(1, bodies)))
    articles = [_article(number, *violation, exchanges, limit) for number, violation in enumerate(found, 1)]
    return "\n".join(["<section>", f"<h2>Violations ({len(found)})</h2>", *articles, "</section>"])


def _article(
    number: int,
    clause: Mapping[str, Any],
    checks: list[Mapping[str, Any]],
    exchanges: Mapping[int, Mapping[str, Any]],
    limit: int,
) -> str:
    facts = {
        "Promise": clause["promise"],
        "Level": f"{clause['level']}, importance {clause['importance']}",
        "Forgiven": clause["forgiven"]["told"] if clause.get("forgiven") else "",
        "Follows": f"from {clause['follows']}" if clause["follows"] else "",
    }
    return "\n".join(
        [
            f'<article id="violation-{number}">',
            f"<h3>{shown(clause['id'])} {badge('violates')}</h3>",
            _facts(facts, _source(clause)),
            *(_check(check, exchanges, limit) for check in checks),
            "</article>",
        ]
    )


def _check(check: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]], limit: int) -> str:
    facts = {
        "Check": f"{check['title']}\n{check['id']}" if check["title"] else check["id"],
        "Expected": expected(check),
        "Actual": actual(check),
    }
    trace = steps(check)
    parts = ['<div class="check">', _facts(facts)]
    if check["replay"]:
        parts.append(f'<p>Replay: <code class="command">{shown(check["replay"])}</code></p>')
    if len(trace) > _STEPS:
        parts.append(f"<p>The last {_STEPS} of {len(trace)} steps; all of them are in conformance.json.</p>")
    if trace:
        first = max(1, len(trace) - _STEPS + 1)
        parts.append(f'<ol class="story" start="{first}">')
        parts += [f"<li>{_step(step, exchanges, limit)}</li>" for step in trace[-_STEPS:]]
        parts.append("</ol>")
    return "\n".join([*parts, "</div>"])


def _step(step: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]], limit: int) -> str:
    exchange = exchanges.get(step.get("exchange", -1))
    if exchange is None:
        return f"<code>{shown(step_line(step, exchanges, 400))}</code>"
    return (
        f"<details><summary>{shown(exchange_line(exchange))}</summary>\n"
        f"<p>{shown(_circumstances(exchange))}</p>\n"
        f"<pre>{escape(request_text(exchange, limit))}</pre>\n"
        f"<pre>{escape(response_text(exchange, limit))}</pre></details>"
    )


def _circumstances(exchange: Mapping[str, Any]) -> str:
    caller = f", as {exchange['caller']}" if exchange["caller"] else ""
    return f"Sent {exchange['started_at']}{caller}, took {exchange['duration_seconds'] * 1000:.1f} ms"


def _source(clause: Mapping[str, Any]) -> str:
    """Where it is documented, as a link where that has an address."""
    words = shown(clause["source"])
    if clause["source_url"]:
        words = f'<a href="{shown(clause["source_url"])}" rel="noreferrer noopener">{words}</a>'
    return f"<dt>Source</dt><dd>{words}</dd>"


def _facts(facts: Mapping[str, str], *more: str) -> str:
    pairs = [f"<dt>{shown(name)}</dt><dd>{shown(value)}</dd>" for name, value in facts.items() if value]
    return "\n".join(["<dl>", *pairs, *more, "</dl>"])
