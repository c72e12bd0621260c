"""Prints how much memory the records of a run take by its number of exchanges, and how long its report takes.

    python bench/memory.py [EXCHANGES …]

Each size (default: 3,000 and 30,000) is a process of its own. It takes over the records of 286 checks, all but four
of which passed, as a run does; then it judges, validates and writes the report with all of its renderings. Nothing is
sent. Exit status 1 when the largest takes 60 MB more than the smallest, or its report 5 seconds of CPU.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import RunLog, catalogue_of
from venue_conformance.report.records import CheckRecord, ExchangeRecord, TargetInfo

_SIZES = (3_000, 30_000)
_CHECKS, _FAILED = 286, 4
_MOST_MB, _MOST_SECONDS = 60, 5.0
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_TARGET = TargetInfo("bayse", "http://127.0.0.1:9001", "staging", "1.0.0", "url")
_ORDER = "00000000-0000-4000-8000-{:012}"


def records(number: int, first: int, size: int, clause: str) -> dict[str, Any]:
    """What one check hands over: as large as what checks of a venue do in the mean."""
    ids = [_ORDER.format(first + place) for place in range(4)]
    rows = [{"orderId": each, "success": True} for each in ids]
    exchanges = [
        ExchangeRecord(
            id=place + 1,
            method="DELETE",
            url="http://127.0.0.1:9001/v1/pm/orders/batch",
            request_headers={"X-Public-Key": "***", "X-Signature": "***", "Content-Type": "application/json"},
            request_body=json.dumps({"orderIds": ids}),
            status=200,
            response_headers={"content-type": "application/json", "date": "Thu, 01 Jan 2026 00:00:00 GMT"},
            response_body=json.dumps({"engine": "CLOB", "results": rows, "summary": {"total": 4, "succeeded": 4}}),
            started_at=(_BEGUN + timedelta(milliseconds=first + place)).isoformat(timespec="microseconds"),
            duration_seconds=0.0123,
            caller=f"pk_test_{number:012}",
        )
        for place in range(size)
    ]
    numbers = [each.id for each in exchanges]
    check = CheckRecord(
        f"suites/bayse/test_bench.py::test_{number}",
        "A check.",
        [clause],
        "failed" if number < _FAILED else "passed",
        1.0,
        exchanges=numbers,
        steps=[{"exchange": each} for each in numbers],
        accepted=True,
        expected="otherwise" if number < _FAILED else None,
        actual="so" if number < _FAILED else None,
        breaches=[{"clause": clause, "expected": "otherwise", "actual": "so", "times": 1, "steps": [], "kinds": ["x"]}]
        if number < _FAILED
        else [],
    )
    return {
        "venue": "bayse",
        "check": check.to_dict(),
        "exchanges": [each.to_dict() for each in exchanges],
        "observations": [],
        "depth": [],
    }


def measure(exchanges: int) -> dict[str, float]:
    """One run's worth of records, taken over, judged and written, in this process."""
    clauses = [each.id for each in catalogue_of("bayse").values() if each.level == "must" and each.excluded is None]
    with TemporaryDirectory() as folder:
        log = RunLog(RunOptions(report_dir=Path(folder)), seed=1)
        log.venues.add("bayse")
        target, first = _TARGET.to_dict(), 0
        for number in range(_CHECKS):
            size = (exchanges - first) // (_CHECKS - number)
            told = records(number, first, size, clauses[number % len(clauses)])
            log.add(json.loads(json.dumps(told)), target)
            first += size
        before, began = peak_mb(), time.process_time()
        documents = log.finish(lambda _: target, interrupted=False)
        log.write(documents)
        seconds = time.process_time() - began
        size_mb = (Path(folder) / "conformance.json").stat().st_size / 1e6
    return {"before": before, "peak": peak_mb(), "seconds": seconds, "report": size_mb}


def peak_mb() -> float:
    """The most memory that this process has taken so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Measure each size in a process of its own, and print a table."""
    sizes = [int(each) for each in sys.argv[1:]] or list(_SIZES)
    found = []
    print("exchanges  before the report  at most  report written in  conformance.json")
    for size in sizes:
        code = f"import json; from bench.memory import measure; print(json.dumps(measure({size})))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
        each = found[-1]
        print(
            f"{size:9}  {each['before']:14.0f} MB  {each['peak']:4.0f} MB  {each['seconds']:11.1f} s CPU  "
            f"{each['report']:13.1f} MB"
        )
    more = found[-1]["peak"] - found[0]["peak"]
    print(f"{more:.0f} MB more")
    return int(more > _MOST_MB or found[-1]["seconds"] > _MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
