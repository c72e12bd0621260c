"""Compares this suite with plain Schemathesis on the references and on a fixed sample of thirty mutants.

    python bench/compare.py [--json FILE] [--minutes N] [VENUE …]

Both get the same OpenAPI documents, valid credentials and a signer. Ours runs all its checks in their order until the
mutant's own clause is violated. Plain Schemathesis is ``st run`` with every phase, every check and fifty examples; a
mutant is killed when something fails that does not fail on the conforming reference, of whatever kind. What either
accuses the conforming reference of is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from venue_conformance import reference
from venue_conformance.contract.resources import resources_root
from venue_conformance.mutation.mutant_run import MutantRun
from venue_conformance.mutation.worker_pool import WorkerPool, default_jobs
from venue_conformance.plugin.embedded import EmbeddedReference
from venue_conformance.plugin.sessions import shapes
from venue_conformance.preflight.collecting import collect
from venue_conformance.target.file import load_target

#: Every nth mutant of each venue, in the order of the catalogue of mutants, when this was written. Those of the rate
#: limit are left out: plain Schemathesis is run without one, since it would see little but 429 otherwise.
SAMPLE: dict[str, tuple[str, ...]] = {
    "arcus": (
        "answers-anothers-address-with-401",
        "answers-definitively-and-forgets",
        "cancels-anybodys-order-by-id",
        "rejects-cancelled-orders",
        "reads-texts-in-numbers",
        "capitalizes-order-ids",
        "carries-out-unsigned-elements",
        "trusts-the-last-element",
        "takes-the-kind-of-the-first-element",
        "knows-no-future",
    ),
    "bayse": (
        "replays-unsigned",
        "refuses-in-plain-text",
        "gives-foreign-markets-away",
        "misses-the-last-letter",
        "says-filled-orders-were-cancelled",
        "cancels-over-fills",
        "compares-the-first-id",
        "leaves-out-unknown-ids",
        "names-the-engine-of-the-first-order",
        "leaves-the-method-unsigned",
    ),
    "predictstreet": (
        "reads-before-it-locks",
        "ignores-the-case-of-the-secret",
        "refuses-many-repeats",
        "judges-after-its-own-write",
        "reports-every-third-try",
        "cancels-up-to-the-first-bad-element",
        "cancels-what-it-calls-unknown",
        "reviews-the-first-batch-of-a-wallet",
        "spells-reasons-in-upper-case",
        "refuses-upper-case-digits",
    ),
}
REFERENCE = ""
TOOLS = ("venue-conformance", "schemathesis")
_RUN_SECONDS = 90.0


@dataclass(frozen=True)
class Result:
    """One tool on one reference or mutant: what it found wrong there, with how many requests, in how many seconds."""

    tool: str
    venue: str
    name: str
    findings: tuple[str, ...]
    killed: bool
    requests: int
    seconds: float


def ours(venue: str, names: list[str]) -> Iterator[Result]:
    """Our suite on the reference and on mutants of a venue."""
    implementations = reference.load(venue)
    checks = [check for check in collect(venue) if "nightly" not in check.markers]
    ordered = tuple(check.id for check in sorted(checks, key=lambda check: "last" in check.markers))
    with WorkerPool(venue, min(2, default_jobs())) as pool:
        for name in names:
            clauses = implementations.clauses_of(name) if name else (f"{venue}.page.presentation",)
            pool.submit(MutantRun("mutant" if name else "reference", name, clauses, ordered, until_violated=bool(name)))
        for outcome in pool.outcomes():
            sent = sum(len(record.exchanges) for record in outcome.records)
            violated = tuple(outcome.violated)
            killed = bool(outcome.mutant_run.name) and outcome.mutant_run.clauses[0] in violated
            yield Result("venue-conformance", venue, outcome.mutant_run.name, violated, killed, sent, outcome.seconds)


def theirs(venue: str, names: list[str], deadline: float) -> Iterator[Result]:
    """Plain Schemathesis on the reference and on mutants of a venue; the reference comes first."""

    def attempt(name: str) -> Result | None:
        return None if time.monotonic() > deadline else _run_schemathesis(venue, name)

    known = _run_schemathesis(venue, REFERENCE)
    yield known
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(attempt, [name for name in names if name]):
            if result is not None:
                new = tuple(finding for finding in result.findings if finding not in known.findings)
                yield Result(**{**asdict(result), "findings": new, "killed": bool(new)})


def _run_schemathesis(venue: str, name: str) -> Result:
    mutant = ("--mutant", name) if name else ()
    running = EmbeddedReference(venue, 1, "--no-rate-limit", *mutant)
    try:
        target = load_target(running.target_file, shapes())
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "schemathesis.cli", "run"]
            command += [str(resources_root() / "specs" / venue / "openapi.yaml"), "--url", target.base_url]
            command += ["--max-examples", "50", "--generation-deterministic", "--continue-on-failure", "--no-color"]
            command += ["--generation-with-security-parameters", "false", "--report", "json", "--report-dir", folder]
            environment = {
                **os.environ,
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
                "VENUE_NAME": venue,
                "VENUE_CREDENTIALS": json.dumps(dict(target.credentials)),
            }
            began = time.monotonic()
            done = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, timeout=_RUN_SECONDS, check=False
            )
            seconds = time.monotonic() - began
            reports = list(Path(folder).glob("json-*.json"))
            if not reports:
                raise RuntimeError(f"st run ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            report = json.loads(reports[0].read_text(encoding="utf-8"))
    finally:
        running.close()
    found = tuple(
        f"{failure['code']} {failure['title']}: {operation}"
        for failure in report["failures"]
        for operation in failure["operations"]
    )
    return Result("schemathesis", venue, name, found, False, report["test_cases"]["generated"], seconds)


def show(results: list[Result], total: int, seconds: float) -> None:
    """Print what each tool killed, and what that cost."""
    print(f"{'':57} {'  '.join(f'{tool:17}' for tool in TOOLS)}")
    for venue, names in SAMPLE.items():
        for name in names:
            by_tool = {each.tool: each for each in results if (each.venue, each.name) == (venue, name)}
            if by_tool:
                cells = [
                    "not run" if tool not in by_tool else "killed" if by_tool[tool].killed else "survived"
                    for tool in TOOLS
                ]
                print(f"{venue:14} {name:42} {'  '.join(f'{cell:17}' for cell in cells)}")
    print(f"\n{'':20} {'killed':>8} {'false alarms':>13} {'requests':>9} {'seconds':>8}")
    for tool in TOOLS:
        mine = [each for each in results if each.tool == tool]
        killed = sum(each.killed for each in mine)
        alarms = sum(len(each.findings) for each in mine if each.name == REFERENCE)
        sent, spent = sum(each.requests for each in mine), sum(each.seconds for each in mine)
        print(f"{tool:20} {f'{killed}/{total}':>8} {alarms:>13} {sent:>9} {spent:>8.0f}")
        for each in mine:
            if each.name == REFERENCE and each.findings:
                print(f"    false alarms, {each.venue}: {'; '.join(each.findings)}")
    print(f"\n{seconds:.0f} seconds in all, two runs at a time")


def main() -> int:
    """Compare on each venue."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="default: all of them")
    parser.add_argument("--minutes", type=float, default=14, metavar="N", help="start nothing after so many")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    began = time.monotonic()
    venues = options.venues or list(SAMPLE)
    results: list[Result] = []
    for venue in venues:
        names = [REFERENCE, *SAMPLE[venue]]
        results += ours(venue, names)
        results += theirs(venue, names, began + options.minutes * 60)
    show(results, sum(len(SAMPLE[venue]) for venue in venues), time.monotonic() - began)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
