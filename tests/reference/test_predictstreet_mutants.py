"""Every PredictStreet mutant is told from the conforming venue by what its clause is about, and no variant is."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable

import pytest

from venue_conformance.reference import load

from .predictstreet_probes import PROBES, Asker

for topic in ("requests", "outcomes", "time"):
    importlib.import_module(f".predictstreet_probes_{topic}", __package__)

REFERENCE = load("predictstreet")
TIMED = "predictstreet.latency.bounded"
#: Their clients have to retry, as the page says; the probes never do.
TRANSIENT = ("reports-one-id-in-forty-as-unknown-at-first", "reports-one-batch-in-forty-as-unknown-at-first")


def broken(venue_class: type, clauses: Iterable[str]) -> list[str]:
    """The clauses whose probe fails, each on a fresh venue of its own, asked side by side; what is timed, alone."""
    timed = [clause for clause in clauses if clause == TIMED]
    return _broken(venue_class, [clause for clause in clauses if clause != TIMED]) + _broken(venue_class, timed)


def _broken(venue_class: type, clauses: list[str]) -> list[str]:
    async def ask() -> list[str]:
        asked = {clause: PROBES[clause](Asker.first_of(venue_class(seed=5))) for clause in clauses}
        answers = await asyncio.gather(*asked.values(), return_exceptions=True)
        failed = []
        for clause, problem in zip(asked, answers, strict=True):
            if isinstance(problem, AssertionError):
                failed.append(clause)
            elif problem is not None:
                raise problem
        return failed

    return asyncio.run(ask())


#: What takes a while, a hang-up or a rare value to come out, the suite itself shows: venue-conformance mutants.
SHOWN_BY_THE_SUITE = {
    *("afterwards", "causes", "choices", "compositions", "connections"),
    *("edges", "hanging_up", "near_ids", "request_context", "statuses"),
}
NAMES_SHOWN_BY_THE_SUITE = {
    "commits-what-it-could-in-time",
    "counts-ids-in-one-byte",
    "forgets-what-it-charges",
    "says-the-reset-in-milliseconds",
    "says-when-in-milliseconds",
    "wants-few-ids-or-hundred",
}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, each in REFERENCE.mutants.items()
        if each.__module__.rpartition(".")[2] not in SHOWN_BY_THE_SUITE and name not in NAMES_SHOWN_BY_THE_SUITE
    ],
)
def test_a_mutant_breaks_its_clause(name: str) -> None:
    clauses = REFERENCE.clauses_of(name)
    assert broken(REFERENCE.mutants[name], clauses) == list(clauses)


def test_the_conforming_venue_keeps_every_clause() -> None:
    assert broken(REFERENCE.venue_class, PROBES) == []


@pytest.mark.parametrize("name", [name for name in REFERENCE.variants if name not in TRANSIENT])
def test_a_variant_keeps_every_clause(name: str) -> None:
    assert broken(REFERENCE.variants[name], PROBES) == []
