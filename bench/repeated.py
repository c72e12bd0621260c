"""Judges the conforming reference again and again, and counts what is held against it: nothing may be.

    python bench/repeated.py VENUE [--runs N] [--from SEED] [--jobs N] [--checks WORD …]

Each run is a new server and other draws; ``--from`` goes on after an earlier series. By default only those checks run
that race, wait or draw, because all others do the same in every run; ``--checks`` names files or checks by a part of
their id. Exit status 1 when a check did not pass.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from venue_conformance.mutation.mutant_run import MutantRun
from venue_conformance.mutation.worker_pool import WorkerPool
from venue_conformance.preflight.collecting import collect
from venue_conformance.report.verdicts import failure_text

UNSTEADY = (
    *("test_race", "test_machine", "test_fuzz", "test_mixed", "test_any_batch", "test_atomicity", "test_latency"),
    *("test_rate_limit", "test_idempotency_in_flight", "test_idempotency_time", "test_idempotency_key", "test_errors"),
    *("test_channel", "test_robustness", "test_wallet", "test_request", "alike", "TestIsolation", "just_now"),
)


def main() -> int:
    """Hold the runs and print what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("venue")
    parser.add_argument("--runs", type=int, default=100, metavar="N")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--checks", nargs="*", default=UNSTEADY, metavar="WORD")
    options = parser.parse_args()
    suite = [check for check in collect(options.venue) if "nightly" not in check.markers]
    chosen = sorted(
        (check for check in suite if any(word in check.id for word in options.checks)),
        key=lambda check: "last" in check.markers,
    )
    clauses = tuple({clause for check in chosen for clause in check.clauses})
    began, ended, against = time.monotonic(), Counter[str](), Counter[str]()
    with WorkerPool(options.venue, options.jobs) as pool:
        for number in range(options.first, options.first + options.runs):
            pool.submit(MutantRun("reference", "", clauses, tuple(check.id for check in chosen), seed=number))
        for done, outcome in enumerate(pool.outcomes(), 1):
            for record in outcome.records:
                ended[record.outcome] += 1
                if record.outcome != "passed":
                    against[f"{record.outcome}: {record.id}"] += 1
                    said = failure_text(record) if record.outcome == "failed" else record.reason
                    print(f"  seed {outcome.mutant_run.seed}: {record.outcome}: {record.id}: {said}", flush=True)
            print(f"{done} runs, {time.monotonic() - began:.0f} s: {dict(ended)}", flush=True)
    print(f"{options.venue}: {len(chosen)} checks, each {options.runs} times in {time.monotonic() - began:.0f} s")
    for what, times in against.most_common():
        print(f"{times:5} × {what}")
    return 1 if against else 0


if __name__ == "__main__":
    sys.exit(main())
