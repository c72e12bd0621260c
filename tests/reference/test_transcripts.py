"""Every mutant shows: to the requests that a check of its clause sent, it answers otherwise than the reference does.

No suite could catch a mutant that answers the same. That each is caught for its clause is for `venue-conformance
mutants` to show; here each is told from the conforming reference in milliseconds, and in the same way every time.
"""

from __future__ import annotations

import functools

import pytest

from venue_conformance.reference import load

from .record import answers_as_recorded
from .transcript import Answer, Recording, Transcript

REFERENCES = {name: load(name) for name in ("arcus", "bayse", "predictstreet")}
TRANSCRIPTS = {name: Transcript.read(name) for name in REFERENCES}
RECORD = "python -m tests.reference.record"
MUTANTS = [(venue, name) for venue, each in REFERENCES.items() for name in each.mutants]
VARIANTS = [(venue, name) for venue, each in REFERENCES.items() for name in each.variants]


@functools.cache
def conforming(venue: str) -> list[tuple[Recording, list[Answer]]]:
    """What the conforming reference answers to each recording."""
    return [(each, each.answers(REFERENCES[venue].venue_class)) for each in TRANSCRIPTS[venue].recordings]


@pytest.mark.parametrize("venue", REFERENCES)
def test_the_reference_answers_as_it_did_and_the_same_every_time(venue: str) -> None:
    for recording, answers in conforming(venue):
        assert answers_as_recorded(recording, answers), f"{recording.check}: {RECORD} {venue} records anew"
        assert recording.answers(REFERENCES[venue].venue_class) == answers


@pytest.mark.parametrize(("venue", "name"), MUTANTS)
def test_a_mutant_answers_otherwise(venue: str, name: str) -> None:
    (clause,), mutant = REFERENCES[venue].clauses_of(name), REFERENCES[venue].mutants[name]
    shown = any(each.answers(mutant) != answers for each, answers in conforming(venue) if clause in each.clauses)
    assert shown != (name in TRANSCRIPTS[venue].left_to_explorations), f"{RECORD} {venue} records anew"


@pytest.mark.parametrize("venue", REFERENCES)
def test_little_is_left_to_checks_that_explore(venue: str) -> None:
    assert len(TRANSCRIPTS[venue].left_to_explorations) < len(REFERENCES[venue].mutants) / 12


@pytest.mark.parametrize(("venue", "name"), VARIANTS)
def test_a_variant_answers_everything(venue: str, name: str) -> None:
    """That no clause is broken, `mutants --variants` shows. For a bug of its own a part of what is kept is enough."""
    variant = REFERENCES[venue].variants[name]
    for recording in TRANSCRIPTS[venue].recordings[::10]:
        statuses = {number: status for _, _, number, status, *_ in recording.answers(variant) if number > 0}
        for number, arrival in enumerate(recording.arrivals, 1):
            if "status" in arrival:  # a variant may be out of service for a moment, with 503 or 504
                assert statuses[number] != 500 or arrival["status"] == 500, recording.check
