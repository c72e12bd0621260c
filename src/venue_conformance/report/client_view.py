"""The part of the HTML report about a client: what arrived beside what the client said, scenario by scenario."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from venue_conformance.report.evidence import shown
from venue_conformance.report.view import exchange_line, exchanges_by_id, request_text, response_text

#: How many arrivals of one scenario are shown in full, and how many bytes of each message.
_IN_FULL, _BODY = 6, 4096
_BADGES = {
    "passed": "conforms",
    "failed": "violates",
    "not-tested": "not-tested",
    "inconclusive": "inconclusive",
    "error": "error",
}


def render_client(document: Mapping[str, Any]) -> str:
    """The scenarios of a certified client; nothing in the report of a venue."""
    client = document.get("client")
    if client is None:
        return ""
    exchanges = exchanges_by_id(document)
    name = " ".join(part for part in (client["name"], client["version"], client["language"]) if part)
    heads = "".join(
        f'<th scope="col">{title}</th>'
        for title in ("scenario", "how it ended", "on the wire", "what the client said, and what became of the orders")
    )
    rows = "\n".join(_row(scenario, exchanges) for scenario in client["scenarios"])
    return (
        f"<section>\n<h2>The client and the wire</h2>\n<p>{shown(name)}, adaptor "
        f"<code>{shown(client['adaptor'])}</code>, can: {shown(', '.join(client['can']) or 'no more')}."
        '</p>\n<div class="scroll" role="region" tabindex="0" aria-label="Scenarios"><table id="scenarios">'
        f"<caption>What arrived beside what the client said</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>\n</section>"
    )


def _row(scenario: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]]) -> str:
    name = scenario["id"].rpartition("::")[2]
    outcome = f'<span class="badge {_BADGES[scenario["outcome"]]}">{shown(scenario["outcome"])}</span>'
    reason = f"<p>{shown(scenario['reason'], 600)}</p>" if scenario["reason"] else ""
    wire = "\n".join(_arrival(each, exchanges, number) for number, each in enumerate(scenario["wire"]))
    calls = "\n".join(f"<li>{_call(call)}</li>" for call in scenario["calls"])
    return (
        f'<tr><th scope="row">{scenario["number"]}. {shown(name)}<br>{shown(scenario["title"])}</th>'
        f"<td>{outcome}{reason}</td><td>{wire or 'nothing arrived'}</td><td><ol>{calls}</ol></td></tr>"
    )


def _arrival(arrival: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]], number: int) -> str:
    exchange = exchanges.get(arrival["exchange"])
    if exchange is None:
        return ""
    where = " (at the other host)" if arrival["elsewhere"] else ""
    line = f"{shown(exchange_line(exchange, 80))}{where} – script: {shown(arrival['step'], 200)}"
    if number >= _IN_FULL:
        return f"<p><code>{line}</code></p>"
    return (
        f"<details><summary>{line}</summary>\n<pre>{escape(request_text(exchange, _BODY))}</pre>\n"
        f"<pre>{escape(response_text(exchange, _BODY))}</pre></details>"
    )


def _call(call: Mapping[str, Any]) -> str:
    return (
        f"asked to cancel {call['orders']}: said {shown(call['said'], 600)}; the orders: {shown(call['became'], 600)} "
        f"({call['seconds']:.1f} s)"
    )
