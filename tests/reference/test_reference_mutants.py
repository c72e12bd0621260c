"""Every mutant shows: a client that speaks HTTP and provider states can tell it from the conforming venue.

One scenario is played to each venue, without sockets and in made-up time, and what was answered is written down. A
mutant whose protocol equals the conforming venue's could not be caught by any suite. That each is caught for its own
clause is for the suite to show, not for this test.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.reference.bayse_scenario import Scenario
from venue_conformance.reference import ReferenceVenue, load
from venue_conformance.reference.venue import Venue

BAYSE = load("bayse")


def played(venue_class: type[Venue]) -> list[Any]:
    return asyncio.run(Scenario(venue_class).play())


@pytest.fixture(scope="module")
def conforming() -> list[Any]:
    return played(BAYSE.venue_class)


def test_the_scenario_is_the_same_every_time(conforming: list[Any]) -> None:
    assert played(BAYSE.venue_class) == conforming


#: What takes a while, a hang-up or a rare value to come out, the suite itself shows: venue-conformance mutants.
SHOWN_BY_THE_SUITE = {
    *("afterwards", "causes", "choices", "compositions", "connections", "edges"),
    *("hanging_up", "near_ids", "request_context", "statuses", "strangers"),
}
NAMES_SHOWN_BY_THE_SUITE = {
    "allows-four-minutes-only",
    "allows-half-a-minute-more",
    "counts-ids-in-one-byte",
    "lets-claims-run-out",
    "tires-of-conflicts",
}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, each in BAYSE.mutants.items()
        if each.__module__.rpartition(".")[2] not in SHOWN_BY_THE_SUITE and name not in NAMES_SHOWN_BY_THE_SUITE
    ],
)
def test_a_mutant_shows(bayse: ReferenceVenue, conforming: list[Any], name: str) -> None:
    protocol = played(bayse.mutants[name])
    assert protocol != conforming
    assert not any(b"Bug in the reference" in body for _, body, _ in protocol)


@pytest.mark.parametrize("name", BAYSE.variants)
def test_a_variant_answers_everything(bayse: ReferenceVenue, name: str) -> None:
    statuses = [status for status, _, _ in played(bayse.variants[name])]
    assert sum(status in (500, 503) for status in statuses) == 5  # the injected ones
