"""The index of a run of several venues, whose reports lie in a folder each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from venue_conformance import __version__
from venue_conformance.contract.clauses import LEVELS
from venue_conformance.report.files import write_files
from venue_conformance.report.pages.charts import bars
from venue_conformance.report.pages.environment import render_page
from venue_conformance.report.run_verdict import beside_the_word, status_of, worst
from venue_conformance.report.text import period
from venue_conformance.report.view import violations

INDEX, PAGE = "index.json", "index.html"


def write_index(directory: Path, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Write which reports a run has left, by venue, and the exit status that they call for together.

    ``files`` is what the whole run wrote below ``directory``. Raises ClientFault when it cannot be written.
    """
    first = next(iter(documents.values()))["run"]
    reports = [
        {
            "venue": venue,
            "report": f"{venue}/conformance.json",
            "verdict": document["run"]["verdict"],
            "exit_status": status_of(document),
        }
        for venue, document in documents.items()
    ]
    files = [f"{venue}/{name}" for venue, document in documents.items() for name in document["run"]["files"]]
    index = {
        "tool": {"name": "venue-conformance", "version": __version__},
        "run": {name: first[name] for name in ("id", "started_at", "finished_at", "seed")},
        "exit_status": worst(status_of(document) for document in documents.values()),
        "reports": reports,
        "files": [*files, PAGE, INDEX],
    }
    page = render_index(documents)
    write_files(directory, {PAGE: page, INDEX: json.dumps(index, indent=1) + "\n"})


def render_index(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """One page that leads to the reports of all venues."""
    first = next(iter(documents.values()))
    rows = [
        {
            "venue": venue,
            "link": f"{quote(venue)}/report.html",
            "verdict": document["run"]["verdict"],
            "words": beside_the_word(document),
            "target": f"{document['target']['environment']}, {document['target']['base_url']}",
            "levels": sorted(bars(document["clauses"], "level"), key=lambda bar: LEVELS.index(bar.name)),
            "violations": [clause["id"] for clause, _ in violations(document)],
        }
        for venue, document in documents.items()
    ]
    statuses = {venue: status_of(document) for venue, document in documents.items()}
    status = worst(statuses.values())
    worst_venue = next(venue for venue in statuses if statuses[venue] == status)
    return render_page(
        "index.html",
        f"{len(rows)} venues",
        rows=rows,
        run=first["run"],
        tool=first["tool"],
        when=period(first["run"]["started_at"], first["run"]["finished_at"]),
        status=status,
        worst=documents[worst_venue]["run"]["verdict"],
    )
