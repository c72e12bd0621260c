"""Brings a baseline up to date with what runs have found, leaving reasons and owners to be filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from venue_conformance.gate.baseline import AcceptedBreaches, Baseline, BaselineEntry, Drawn
from venue_conformance.report.files import write_files

#: So long a new entry lasts unless somebody writes another day.
_LASTS = timedelta(days=30)
_HEAD = """\
# Breaches that are accepted for a time. Every entry needs a why and an owner; `expires` may be 90 days ahead at most.
# Brought up to date by: venue-conformance run … --baseline FILE --baseline-update
"""


def updated(baseline: Baseline, documents: Iterable[Mapping[str, Any]], today: date) -> Baseline:
    """The baseline with an entry for each violated clause.

    An entry that holds stays as it is. One that has expired, or whose clause breaks in another way as well, has to be
    accepted anew, so that its reason is taken away; a stale one is left out.
    """
    accepted = list(baseline.accepted)
    for document in documents:
        environment = document["target"]["environment"]
        states = {each["clause"]: each["state"] for each in document.get("baseline", {}).get("accepted", ())}
        for clause in document["clauses"]:
            entry = next((one for one in accepted if one.clause == clause["id"] and one.holds_in(environment)), None)
            state = states.get(clause["id"])
            found = {each["fingerprint"] for each in clause["fingerprints"]}
            if clause["verdict"] == "violates" and (
                entry is None or state == "expired" or not found <= set(entry.fingerprints)
            ):
                fresh = _fresh(document, clause, entry, today)
                accepted = [one for one in accepted if one is not entry] + [fresh]
            elif entry is not None and (state == "stale" or (state is None and clause["verdict"] == "conforms")):
                accepted.remove(entry)
    return replace(baseline, accepted=tuple(accepted))


def _fresh(
    document: Mapping[str, Any], clause: Mapping[str, Any], entry: AcceptedBreaches | None, today: date
) -> AcceptedBreaches:
    name = clause["id"]
    checks = [check["id"] for check in document["checks"] if name in [each["clause"] for each in check["breaches"]]]
    found = [each["fingerprint"] for each in clause["fingerprints"]]
    return AcceptedBreaches(
        clause=name,
        why="",
        owner="" if entry is None else entry.owner,
        ticket="" if entry is None else entry.ticket,
        expires=today + _LASTS,
        environment=None if entry is None else entry.environment,
        fingerprints=tuple(dict.fromkeys([*(() if entry is None else entry.fingerprints), *found])),
        checks=tuple(dict.fromkeys([*(() if entry is None else entry.checks), *checks])),
        draws=tuple(dict.fromkeys([*(() if entry is None else entry.draws), *_drawn(document, name)])),
    )


def _drawn(document: Mapping[str, Any], clause: str) -> list[Drawn]:
    """What explorations had drawn, where they alone met a breach: a written example meets it again by itself."""
    met = [
        (check, breach) for check in document["checks"] for breach in check["breaches"] if breach["clause"] == clause
    ]
    if not all(check["explores"] for check, _ in met):
        return []
    return [Drawn(check["id"], **breach["drawn"]) for check, breach in met if breach.get("drawn")]


def write_baseline(path: Path, baseline: Baseline, documents: Iterable[Mapping[str, Any]] = ()) -> None:
    """Write a baseline as TOML, beside each fingerprint its kind where one of the reports tells it.

    Raises ClientFault when the file cannot be written.
    """
    kinds = {
        each["fingerprint"]: str(each["kind"])
        for document in documents
        for clause in document["clauses"]
        for each in clause["fingerprints"]
    }
    parts = [_HEAD]
    parts += [_table("accepted", entry, kinds) for entry in baseline.accepted]
    parts += [_table("not_applicable", entry, kinds) for entry in baseline.not_applicable]
    write_files(path.parent, {path.name: "\n".join(parts)})


def _table(name: str, entry: BaselineEntry, kinds: Mapping[str, str]) -> str:
    values = entry.to_dict()
    order = ("clause", "fingerprints", "checks", "draws", "why", "owner", "ticket", "expires", "environment")
    lines = [f"{key} = {_value(key, values[key])}" for key in order if values.get(key) not in (None, [])]
    if told := ", ".join(kinds[each] for each in values.get("fingerprints", ()) if each in kinds):
        lines[1] += f"  # {told}"
    return "\n".join([f"[[{name}]]", *lines, ""])


def _value(key: str, value: Any) -> str:
    if key == "expires":
        return str(value)
    if key == "draws":
        return "\n".join(["[", *(f"  {_inline(each)}," for each in value), "]"])
    if isinstance(value, list):
        if len(value) > 1 and key == "checks":
            return "\n".join(["[", *(f"  {_text(each)}," for each in value), "]"])
        return f"[{', '.join(_text(each) for each in value)}]"
    return _text(value)


def _inline(values: Mapping[str, Any]) -> str:
    there = {key: value for key, value in values.items() if value is not None}
    return f"{{ {', '.join(f'{key} = {_text(v) if isinstance(v, str) else v}' for key, v in there.items())} }}"


def _text(value: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON but for DEL, which JSON leaves bare."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
