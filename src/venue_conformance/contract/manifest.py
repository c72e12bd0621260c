"""What is known of each check before it runs: its clauses and its role, what it needs, what a run of it came to.

``specs/<venue>/manifest.json`` is written by a real run at the venue's reference (``python -m
venue_conformance.preflight.manifest``) and read by whoever says something of the checks without running them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from venue_conformance.contract.resources import root_of
from venue_conformance.errors import ClientFault

#: Not a state, but what the state ``caller`` makes, and what further accounts of a target file are.
OWN_ACCOUNT = "an account of its own"
#: By state, the params of which one tells what a target may offer from what it may not; the first that is given counts.
_TELLING = {"orders": ("engine", "client_ids", "status"), "caller": ("partner_kind",)}


@dataclass(frozen=True, order=True)
class Need:
    """A provider state, with the one param that matters where a target may offer it for some and not for others."""

    state: str
    param: str = ""
    value: str = ""

    def __str__(self) -> str:
        """As reasons put it: ``orders with status expired``."""
        return f"{self.state} with {self.param} {self.value}" if self.param else self.state

    @classmethod
    def of(cls, state: str, params: Mapping[str, Any]) -> Need:
        """The need of whoever asks for a state with these params."""
        telling = next((name for name in _TELLING.get(state, ()) if params.get(name)), None)
        value = str(params[telling]) if telling is not None else ""
        return (
            cls(state) if telling is None else cls(state, telling, value.lower() if telling == "client_ids" else value)
        )

    @classmethod
    def read(cls, text: str) -> Need:
        """The need that was written so."""
        state, _, telling = text.partition(" with ")
        param, _, value = telling.partition(" ")
        return cls(state, param, value)


@dataclass(frozen=True)
class Measured:
    """What a check came to in one run at the reference: requests, orders made, states asked for, seconds."""

    requests: int
    orders: int
    states: Mapping[str, int]
    seconds: float


@dataclass(frozen=True)
class ManifestCheck:
    """A check that exists, as it was collected, and what a run showed of it.

    ``required`` and ``explores`` are as in a run's plan. ``needs`` is what the check asks for at most: one that has the
    choice may do with less. ``measured`` is None for what runs in the nightly profile alone.
    """

    id: str
    title: str
    clauses: tuple[str, ...]
    required: bool
    explores: bool
    markers: frozenset[str]
    needs: frozenset[Need] = frozenset()
    measured: Measured | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The check for JSON, without its id."""
        values: dict[str, Any] = {
            "title": self.title,
            "clauses": list(self.clauses),
            "role": "required" if self.required else "deepens",
            "needs": [str(need) for need in sorted(self.needs)],
        }
        if self.explores:
            values["explores"] = True
        if self.markers:
            values["markers"] = sorted(self.markers)
        return values | (vars(self.measured) if self.measured else {})

    @classmethod
    def from_dict(cls, id_: str, values: Mapping[str, Any]) -> ManifestCheck:
        """The check that was written so."""
        return cls(
            id_,
            values["title"],
            tuple(values["clauses"]),
            values["role"] == "required",
            values.get("explores", False),
            frozenset(values.get("markers", ())),
            frozenset(map(Need.read, values["needs"])),
            Measured(*(values[name] for name in ("requests", "orders", "states", "seconds")))
            if "requests" in values
            else None,
        )


def manifest_file(venue: str) -> Path:
    """Where the manifest of a venue is."""
    return root_of(venue) / "specs" / venue / "manifest.json"


@cache
def manifest_of(venue: str) -> Mapping[str, ManifestCheck]:
    """Every check of a venue, nightly ones included, by its id. Raises ClientFault where nobody has made a manifest."""
    file = manifest_file(venue)
    if not file.is_file():
        make = f"python -m venue_conformance.preflight.manifest {venue}"
        raise ClientFault(f"{file}: the manifest of the checks of {venue} is missing; make it by: {make}")
    written = json.loads(file.read_text(encoding="utf-8"))
    return {id_: ManifestCheck.from_dict(id_, values) for id_, values in written.items()}


def checks_by_clause(venue: str) -> dict[str, list[str]]:
    """The ids of the checks of each clause."""
    found: dict[str, list[str]] = {}
    for check in manifest_of(venue).values():
        for clause in check.clauses:
            found.setdefault(clause, []).append(check.id)
    return found
