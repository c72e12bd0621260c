"""Counts how often the races of the suite catch each mutant that breaks a batch into parts, and accuse what is right.

    python bench/races.py [--runs N] [--store ADDRESS]… [--json FILE] [MUTANT …]

A run is what ``venue-conformance mutants`` does with one mutant: a new server, and the checks of its clause, of those
in test_atomicity.py and test_race.py, until that is violated. The conforming reference has to stand all of these
checks. ``--store`` may be repeated: ``memory`` (the default) and ``postgresql://…``; one run goes after the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from venue_conformance import reference
from venue_conformance.mutation.mutant_run import MutantRun
from venue_conformance.mutation.worker_pool import WorkerPool
from venue_conformance.preflight.collecting import collect

VENUE, TOPIC = "predictstreet", "predictstreet.atomicity."
FILES = ("test_atomicity.py", "test_race.py")


def main() -> None:
    """Hold the runs, and print a line for each of those that were tried."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("mutants", nargs="*", metavar="MUTANT", help="default: all of this topic, and the reference")
    parser.add_argument("--runs", type=int, default=100, metavar="N")
    parser.add_argument("--store", action="append", default=[], metavar="ADDRESS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rows: dict[str, dict[str, Any]] = {}
    with WorkerPool(VENUE, jobs=1) as pool:
        for store in options.store or ["memory"]:
            for mutant_run in mutant_runs(options.mutants, store):
                key = f"{mutant_run.name or 'the reference'} on {store.partition(':')[0]}"
                began = time.monotonic()
                for _ in range(options.runs):
                    pool.submit(mutant_run)
                rows[key] = row(mutant_run, list(pool.outcomes())) | {"seconds": round(time.monotonic() - began, 1)}
                print(f"{key:<55} {rows[key]}", flush=True)
                if options.json:
                    options.json.write_text(json.dumps(rows, indent=1) + "\n")


def mutant_runs(names: list[str], store: str) -> Iterator[MutantRun]:
    """One mutant run of each that is to be tried: the mutants by their clause, then the reference by everything."""
    implementations = reference.load(VENUE)
    checks = [check for check in collect(VENUE) if any(name in check.id for name in FILES)]
    for name in names or implementations.mutants:
        [clause] = implementations.clauses_of(name)
        of_clause = tuple(check.id for check in checks if clause in check.clauses)
        if names or clause.startswith(TOPIC):
            yield MutantRun("mutant", name, (clause,), of_clause, until_violated=True, store=store)
    if not names:
        clauses = tuple({clause for check in checks for clause in check.clauses})
        yield MutantRun("reference", "", clauses, tuple(check.id for check in checks), store=store)


def row(mutant_run: MutantRun, outcomes: list[Any]) -> dict[str, Any]:
    """What came of the runs of one."""
    seconds = [outcome.seconds for outcome in outcomes]
    broken = [record.reason for outcome in outcomes for record in outcome.broken_checks]
    found: dict[str, Any] = {"runs": len(outcomes), "median_seconds": round(statistics.median(seconds), 2)}
    if mutant_run.kind == "reference":
        found["accused"] = sum(bool(outcome.violated) for outcome in outcomes)
        found["clauses"] = sorted({clause for outcome in outcomes for clause in outcome.violated})
    else:
        found["caught"] = sum(mutant_run.clauses[0] in outcome.violated for outcome in outcomes)
    return found | ({"suite_faults": broken[:3]} if broken else {})


if __name__ == "__main__":
    main()
