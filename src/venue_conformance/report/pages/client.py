"""The part of a report about a client: what arrived beside what the client said, scenario by scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from venue_conformance.report.pages.evidence import Message, message

#: How many arrivals of one scenario are shown in full, and how many bytes of each message.
_IN_FULL, _BODY = 6, 4096
_BADGES = {
    "passed": "conforms",
    "failed": "violates",
    "not-tested": "not-tested",
    "inconclusive": "inconclusive",
    "error": "error",
}


@dataclass(frozen=True)
class ArrivalView:
    """One request that arrived, where, and what the script did with it; ``in_full`` says whether both sides show."""

    message: Message
    step: str
    elsewhere: bool
    in_full: bool


@dataclass(frozen=True)
class ScenarioView:
    """One scenario: how it ended, what arrived, and what the client said."""

    number: int
    name: str
    title: str
    outcome: str
    badge: str
    reason: str | None
    wire: list[ArrivalView]
    calls: list[Mapping[str, Any]]


@dataclass(frozen=True)
class ClientView:
    """The certified client and its scenarios."""

    name: str
    adaptor: str
    can: str
    scenarios: list[ScenarioView]


def client_of(document: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]]) -> ClientView | None:
    """The client that a report is about; None in the report of a venue."""
    client = document.get("client")
    if client is None:
        return None
    name = " ".join(part for part in (client["name"], client["version"], client["language"]) if part)
    return ClientView(
        name,
        client["adaptor"],
        ", ".join(client["can"]) or "no more",
        [_scenario(each, exchanges) for each in client["scenarios"]],
    )


def _scenario(scenario: Mapping[str, Any], exchanges: Mapping[int, Mapping[str, Any]]) -> ScenarioView:
    there = [each for each in scenario["wire"] if each["exchange"] in exchanges]
    wire = [
        ArrivalView(message(exchanges[each["exchange"]], _BODY), each["step"], each["elsewhere"], number < _IN_FULL)
        for number, each in enumerate(there)
    ]
    return ScenarioView(
        scenario["number"],
        scenario["id"].rpartition("::")[2],
        scenario["title"],
        scenario["outcome"],
        _BADGES[scenario["outcome"]],
        scenario["reason"],
        wire,
        scenario["calls"],
    )
