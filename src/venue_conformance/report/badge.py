"""The verdict as a badge: the JSON that an endpoint badge of shields.io reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from venue_conformance.report.run_verdict import verdict_words
from venue_conformance.report.text import one_line

_COLOURS = {"conforms": "brightgreen", "partial": "yellow", "inconclusive": "yellow", "violates": "red"}


def render_badge(document: Mapping[str, Any]) -> str:
    """Venue and verdict, with the selection where the run was narrowed."""
    client = document.get("client")
    badge = {
        "schemaVersion": 1,
        "label": one_line(f"{client['name'] if client else document['target']['venue']} batch cancel", 80),
        "message": one_line(verdict_words(document), 120),
        "color": _COLOURS.get(document["run"]["verdict"], "lightgrey"),
    }
    return json.dumps(badge, indent=1) + "\n"
