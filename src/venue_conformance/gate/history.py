"""The verdicts of one deployment over time: an entry for each run in a folder, and the trend as a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venue_conformance import __version__
from venue_conformance.errors import ClientFault
from venue_conformance.report.files import write_files
from venue_conformance.report.pages.charts import ORDER, VerdictBar, bars
from venue_conformance.report.pages.environment import render_page
from venue_conformance.report.text import one_line, plain

TREND = "trend.html"
_FORMAT = "venue-conformance history 1"
#: As many runs as the table of clauses has room for.
_COLUMNS = 12


@dataclass(frozen=True)
class HistoryEntry:
    """What is kept of one run: when, of what, and the verdict of each clause."""

    id: str
    started_at: str
    venue: str
    environment: str
    version: str
    verdict: str
    clauses: Mapping[str, str]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> HistoryEntry:
        """The entry that a report leaves."""
        run, target = document["run"], document["target"]
        return cls(
            run["id"],
            run["started_at"],
            target["venue"],
            target["environment"],
            document["tool"]["version"],
            run["verdict"],
            {clause["id"]: clause["verdict"] for clause in document["clauses"]},
        )

    @property
    def name(self) -> str:
        """The name of its file, by which entries stand in the order of their runs."""
        return re.sub(r"[^0-9A-Za-z.-]+", "-", f"{self.started_at[:19]}-{self.venue}-{self.id[:8]}") + ".json"

    @property
    def chart(self) -> VerdictBar:
        """Its clauses by verdict."""
        counted = [{"of": self.started_at, "verdict": verdict} for verdict in self.clauses.values()]
        return next(iter(bars(counted, "of")), VerdictBar(self.started_at, 0, []))


def remember(folder: Path, document: Mapping[str, Any]) -> list[HistoryEntry]:
    """Add a report to the history in a folder; hand back that of its deployment, the oldest run first.

    Raises ClientFault where the folder cannot be written to, or a file in it is none of ours.
    """
    entry = HistoryEntry.of(document)
    write_files(folder, {entry.name: json.dumps(plain({"format": _FORMAT, **vars(entry)}), indent=1) + "\n"})
    found = [_read(file) for file in sorted(folder.glob("*.json"))]
    same = [each for each in found if (each.venue, each.environment) == (entry.venue, entry.environment)]
    return sorted(same, key=lambda each: each.started_at)


def _read(file: Path) -> HistoryEntry:
    try:
        values = json.loads(file.read_bytes())
        if values.pop("format") != _FORMAT:
            raise ValueError("another format")
        entry = HistoryEntry(**values)
        if not all(isinstance(each, str) for each in (*entry.clauses.values(), entry.started_at, entry.verdict)):
            raise TypeError("a text is expected")
    except OSError as error:
        raise ClientFault(f"{file}: the entry cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ClientFault(f"{file}: this is no entry of a history: {one_line(str(error))}") from error
    return entry


def render_trend(entries: Sequence[HistoryEntry]) -> str:
    """The trend of verdicts, the newest run last; ``entries`` are of one deployment, and there is one at least."""
    width = min(4.0, 100 / len(entries))
    shown = entries[-_COLUMNS:]
    names = list(dict.fromkeys(name for entry in shown for name in entry.clauses))
    table = [(name, [entry.clauses.get(name, "") for entry in shown]) for name in names]
    rows = [
        {**vars(entry), "chart": entry.chart, "changes": _changes(before, entry)}
        for before, entry in zip([None, *entries[:-1]], entries, strict=True)
    ]
    return render_page(
        "trend.html",
        f"{entries[-1].venue}: the trend of {len(entries)} runs",
        venue=entries[-1].venue,
        environment=entries[-1].environment,
        version=__version__,
        entries=entries,
        columns=[
            {
                "x": round(place * width, 3),
                "width": round(0.9 * width, 3),
                "name": each.started_at,
                "parts": each.chart.parts,
            }
            for place, each in enumerate(entries)
        ],
        told="; ".join(f"{each.started_at}: {each.chart.told}" for each in entries),
        rows=rows[::-1],
        verdicts=[verdict for verdict in ORDER if any(verdict in each.clauses.values() for each in entries)],
        heads=[each.started_at[:10] for each in shown],
        unsteady=[(name, verdicts) for name, verdicts in table if len({each for each in verdicts if each}) > 1],
    )


def _changes(before: HistoryEntry | None, after: HistoryEntry) -> list[dict[str, str]]:
    if before is None:
        return []
    return [
        {"clause": name, "was": before.clauses[name], "now": verdict}
        for name, verdict in after.clauses.items()
        if before.clauses.get(name, verdict) != verdict
    ]
