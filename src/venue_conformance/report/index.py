"""The index of a run of several venues, whose reports lie in a folder each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venue_conformance import __version__
from venue_conformance.report.files import write_files
from venue_conformance.report.run_verdict import status_of, worst

INDEX = "index.json"


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
        "files": [*files, INDEX],
    }
    write_files(directory, {INDEX: json.dumps(index, indent=1) + "\n"})
