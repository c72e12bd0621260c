"""What the Arcus folders hold: every fault is seen where its clause says, and no freedom breaks a promise."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

from venue_conformance.reference import load
from venue_conformance.reference.venue import Venue

from . import (  # noqa: F401 - imported for the probes they keep
    arcus_probes_answers,
    arcus_probes_callers,
    arcus_probes_channel,
    arcus_probes_requests,
    arcus_probes_signatures,
)
from .arcus_harness import play
from .arcus_probes import PROMISES

ARCUS = load("arcus")
CATALOGUE = Path(__file__).resolve().parents[2] / "specs" / "arcus" / "clauses.yaml"
CLAUSES: dict[str, dict[str, Any]] = {clause["id"]: clause for clause in yaml.safe_load(CATALOGUE.read_text("utf-8"))}
JUDGED = {name for name, clause in CLAUSES.items() if clause["level"] != "open" and "excluded" not in clause}
OPEN = {name for name, clause in CLAUSES.items() if clause["level"] == "open" and "excluded" not in clause}


MUST = {name for name in JUDGED if CLAUSES[name]["level"] == "must"}


def test_every_must_clause_has_a_mutant_and_a_probe() -> None:
    assert MUST - {ARCUS.clauses_of(name)[0] for name in ARCUS.mutants} == set()
    assert MUST <= set(PROMISES) <= JUDGED


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(ARCUS.mutants) >= 45
    assert len(ARCUS.variants) >= 18


def test_every_open_clause_has_a_variant() -> None:
    concerned = {clause for name in ARCUS.variants for clause in ARCUS.clauses_of(name)}
    assert concerned <= set(CLAUSES)
    assert OPEN - concerned == set()


@pytest.mark.parametrize("name", [*ARCUS.mutants, *ARCUS.variants])
def test_each_says_what_it_is(name: str) -> None:
    member = {**ARCUS.mutants, **ARCUS.variants}[name]
    doc = inspect.cleandoc(vars(member)["__doc__"])
    assert doc.endswith(".")
    assert "\n" not in doc or name in ARCUS.variants
    assert ARCUS.clauses_of(name)


#: What takes a sequence, a race, a while, a hang-up, many causes or a rare value to come out, the suite itself shows:
#: venue-conformance mutants.
SHOWN_BY_THE_SUITE = (
    *(".afterwards", ".causes", ".choices", ".compositions", ".connections", ".edges", ".hanging_up"),
    *(".near_ids", ".overlaps", ".request_context", ".sequences", ".statuses"),
)


@pytest.mark.parametrize(
    ("name", "mutant"),
    [each for each in ARCUS.mutants.items() if not each[1].__module__.endswith(SHOWN_BY_THE_SUITE)],
)
def test_every_fault_can_be_seen_where_its_clause_says(name: str, mutant: type[Venue]) -> None:
    assert "caught_by" in vars(mutant)
    (clause,) = ARCUS.clauses_of(mutant)
    assert clause in JUDGED
    with pytest.raises((AssertionError, KeyError, TypeError, ValueError, AttributeError, IndexError)):
        play(mutant, PROMISES[clause])


@pytest.mark.parametrize("clause", sorted(PROMISES))
def test_the_conforming_venue_keeps_the_promise(clause: str) -> None:
    play(ARCUS.venue_class, PROMISES[clause])


@pytest.mark.parametrize(("name", "variant"), ARCUS.variants.items())
def test_a_variant_keeps_every_promise(name: str, variant: type[Venue]) -> None:
    """Every must clause, and every should clause but those at whose cost the freedom is said to be."""
    spared = {clause for clause in ARCUS.clauses_of(variant) if CLAUSES[clause]["level"] == "should"}
    for clause, probe in PROMISES.items():
        if clause not in spared:
            play(variant, probe)
