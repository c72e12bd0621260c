"""The races of PredictStreet's suite, held on a real PostgreSQL: what they catch there, and whom they leave alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reference.postgres import PrivatePostgres, private_postgres
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome
from venue_conformance.mutation.worker_pool import WorkerPool
from venue_conformance.preflight.collecting import collect
from venue_conformance.reference import load

VENUE = "predictstreet"
#: What breaks a batch into parts in the database itself: no lock, one taken too late, one COMMIT per id, several.
BROKEN = ("decides-without-lock", "reads-before-it-locks", "commits-each-id", "commits-slices-of-ten")
#: A mutant run holds many concurrent batches already; on a machine that does other things as well all of them may miss
#: their moment.
TRIES = 3


@pytest.fixture(scope="module")
def database() -> Iterator[PrivatePostgres]:
    with private_postgres() as running:
        yield running


@pytest.fixture(scope="module")
def checks() -> dict[str, tuple[str, ...]]:
    """The clauses of each check that lets requests meet."""
    found = collect(VENUE)
    return {check.id: check.clauses for check in found if "_atomicity.py" in check.id or "_race.py" in check.id}


@pytest.fixture(scope="module")
def bench() -> Iterator[WorkerPool]:
    with WorkerPool(VENUE, jobs=1) as opened:
        yield opened


def tried(bench: WorkerPool, mutant_run: MutantRun) -> MutantRunOutcome:
    bench.submit(mutant_run)
    [outcome] = bench.outcomes()
    assert outcome.broken_checks == []
    return outcome


@pytest.mark.parametrize("name", BROKEN)
def test_a_batch_that_is_no_transaction_is_caught(
    bench: WorkerPool, checks: dict[str, tuple[str, ...]], database: PrivatePostgres, name: str
) -> None:
    [clause] = load(VENUE).clauses_of(name)
    of_clause = tuple(check for check, clauses in checks.items() if clause in clauses)
    mutant_run = MutantRun("mutant", name, (clause,), of_clause, until_violated=True, store=database.address)
    assert any(clause in tried(bench, mutant_run).violated for _ in range(TRIES))


def test_a_batch_that_is_one_transaction_is_left_alone(
    bench: WorkerPool, checks: dict[str, tuple[str, ...]], database: PrivatePostgres
) -> None:
    clauses = tuple({clause for judged in checks.values() for clause in judged})
    mutant_run = MutantRun("reference", "", clauses, tuple(checks), store=database.address)
    for _ in range(TRIES):
        outcome = tried(bench, mutant_run)
        assert outcome.violated == []
        assert "passed" in {record.outcome for record in outcome.records}
    # In memory all of this would hold as well.
    assert any("pg_advisory_xact_lock" in statement for statement in database.statements())
