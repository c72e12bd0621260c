"""The report as one HTML file that needs nothing else and asks nobody for anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.report.load_view import render_load
from venue_conformance.report.pages.charts import ORDER, WORDS, bars, shown, tally
from venue_conformance.report.pages.client import client_of
from venue_conformance.report.pages.environment import as_data, render_page
from venue_conformance.report.pages.evidence import STEPS, data_of, failed_check
from venue_conformance.report.run_verdict import beside_the_word, scope_words, status_of, verdict_words
from venue_conformance.report.text import counted, period
from venue_conformance.report.view import (
    DEPTHS,
    beside_the_verdict,
    client_lines,
    exchanges_by_id,
    forgiven_clauses,
    meaning,
    observed,
    outcomes,
    probe_warning,
    reach,
    suite_errors,
    untested,
    violations,
    with_verdict,
)

#: What a clause of an older report may lack.
_ABSENT: dict[str, Any] = {"forgiven": None, "follows": None, "source_url": None, "note": None}
#: How an outcome of a check is coloured, in the words for verdicts.
_COLOURS = {
    "passed": "conforms",
    "failed": "violates",
    "not-tested": "not-tested",
    "inconclusive": "inconclusive",
    "error": "error",
}
#: How an outcome is told where its name does not tell enough.
_OUTCOMES = {"not-tested": "not tested", "left-out": "not part of this run", "error": "broken"}


def render_html(document: Mapping[str, Any]) -> str:
    """Verdict, charts, violations with their evidence, every clause with its checks, and what was not tested."""
    exchanges = exchanges_by_id(document)
    found = [
        {"clause": _whole(clause), "checks": [failed_check(check, exchanges) for check in checks]}
        for clause, checks in violations(document)
    ]
    verdicts = {shown(clause) for clause in document["clauses"]}
    heads, levels = tally(document["clauses"])
    return render_page(
        "report.html",
        f"{_name(document)}: {verdict_words(document)}",
        document=document,
        run=document["run"],
        target=document["target"],
        name=_name(document),
        subject=_subject(document),
        words=verdict_words(document),
        remark=beside_the_word(document),
        status=status_of(document),
        meaning=meaning(document),
        beside=[
            text for text in (probe_warning(document), *client_lines(document), *beside_the_verdict(document)) if text
        ],
        facts_of_run=_facts(document),
        levels=[bar for level in LEVELS for bar in bars(document["clauses"], "level") if bar.name == level],
        topics=bars(document["clauses"], "topic"),
        heads=heads,
        tally=levels,
        verdict_names=WORDS,
        violations=found,
        steps_shown=STEPS,
        forgiven=forgiven_clauses(document),
        inconclusive=with_verdict(document, "inconclusive"),
        client=client_of(document, exchanges),
        load=render_load(document),
        groups=_groups(document),
        checks={check["id"]: check for check in document["checks"]},
        colours=_COLOURS,
        choices={
            "verdict": [verdict for verdict in ORDER if verdict in verdicts],
            "level": LEVELS,
            "importance": IMPORTANCES,
            "topic": sorted({clause["topic"] for clause in document["clauses"]}),
        },
        observed=_observations(document),
        number_observed=len(list(observed(document))),
        promises=defaultdict(str, {clause["id"]: clause["promise"] for clause in document["clauses"]}),
        reach=reach(document),
        depths=DEPTHS,
        untested=untested(document),
        errors=suite_errors(document),
        data=as_data(data_of(document, exchanges)),
    )


def _name(document: Mapping[str, Any]) -> str:
    client = document.get("client")
    return f"{document['target']['venue']}{' client ' + client['name'] if client else ''}"


def _subject(document: Mapping[str, Any]) -> str:
    client, venue = document.get("client"), document["target"]["venue"]
    return f"the client {client['name']} before a staged {venue}" if client else str(venue)


def _observations(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was observed, by the open question that it answers."""
    found: dict[str, list[str]] = {}
    for clause, text in observed(document):
        found.setdefault(clause, []).append(text)
    return found


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    run, target = document["run"], document["target"]
    return {
        "Target": "" if document.get("client") else target["base_url"],
        "Environment": target["environment"],
        "Contract": target["spec_version"],
        "Provider states": target["states"],
        "Run": period(run["started_at"], run["finished_at"]),
        "Selection": scope_words(document) or "everything",
        "Profile": f"{run['profile']}, seed {run['seed']}{', strict' if run['strict'] else ''}",
        "Sent": counted(run["requests"], "request"),
        "Checks": ", ".join(f"{number} {_OUTCOMES.get(how, how)}" for how, number in outcomes(document).items())
        or "none",
    }


def _groups(document: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The clauses by topic, each with why its verdict is as it is."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for clause in document["clauses"]:
        forgiven = clause.get("forgiven")
        why = forgiven["told"] if forgiven else clause["reason"] or clause.get("note") or ""
        groups.setdefault(clause["topic"], []).append({**_whole(clause), "why": str(why)})
    return list(groups.items())


def _whole(clause: Mapping[str, Any]) -> dict[str, Any]:
    return {**_ABSENT, **clause, "shown": shown(clause)}
