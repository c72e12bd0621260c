"""What verdicts are worth: how many clauses one fault hides, and what a bad way to the target does to them.

Three measurements, each printed as a table:

- *lost*: whole runs against mutants; how many must clauses are lost to the one that broke, presupposed ones aside;
- *way*: whole runs of each reference, and of some mutants, behind a gateway with 2 % 503 and 5 % resets;
- *errors*: whole runs of each reference that answers 500 to 1 % of its requests, before or after their effect.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from bench.faulty_proxy import faulty_proxy
from venue_conformance import reference
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.resources import venue_names
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome
from venue_conformance.mutation.worker_pool import WorkerPool
from venue_conformance.preflight.collecting import collect
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread

#: Causes that lose no clause: what the broken promise stands under, and what nobody asked for.
_NO_LOSS = frozenset({"presupposed", "not-selected"})
_keep: Path | None = None


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=("lost", "way", "errors", []), help="default: all three")
    parser.add_argument("--venue", action="append", choices=venue_names(), help="default: all of them")
    parser.add_argument("--mutants", type=int, default=30, metavar="N", help="mutants a venue for lost (default: 30)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the reports of runs that do not conform there")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs a venue (way; errors: half of them)")
    options = parser.parse_args()
    global _keep
    _keep = options.keep
    for venue in options.venue or venue_names():
        if not options.what or "lost" in options.what:
            lost(venue, options.mutants)
        if not options.what or "way" in options.what:
            way(venue, options.runs)
        if not options.what or "errors" in options.what:
            errors(venue, max(1, options.runs // 2))


def spread(names: Sequence[str], count: int) -> list[str]:
    """So many of the names, evenly over all of them."""
    step = max(1.0, len(names) / count)
    return [names[int(number * step)] for number in range(min(count, len(names)))]


def lost(venue: str, count: int) -> None:
    """How many must clauses each of some mutants hides."""
    implementations, must = (
        reference.load(venue),
        {each.id for each in load_catalogue(venue).values() if each.level == "must"},
    )
    checks = tuple(check.id for check in collect(venue) if not {"nightly", "last"} & check.markers)
    last = tuple(check.id for check in collect(venue) if "last" in check.markers and "nightly" not in check.markers)
    with WorkerPool(venue, jobs=2) as pool:
        for name in spread(list(implementations.mutants), count):
            pool.submit(MutantRun("mutant", name, implementations.clauses_of(name), (*checks, *last)))
        found = [(outcome, _lost(outcome, must)) for outcome in pool.outcomes()]
    print(f"\n{venue}: must clauses lost to one broken clause")
    for outcome, clauses in sorted(found, key=lambda each: -len(each[1])):
        caught = "" if outcome.mutant_run.clauses[0] in outcome.violated else "  NOT CAUGHT"
        print(f"  {len(clauses):3} lost, {len(outcome.violated):2} violated  {outcome.mutant_run.name}{caught}")
        for clause in clauses[:5]:
            print(f"        {clause}: {outcome.judgements[clause].reason}"[:200])
    print(f"  median {median(len(clauses) for _, clauses in found):g} of {len(found)} mutants", flush=True)


def _lost(outcome: MutantRunOutcome, must: set[str]) -> list[str]:
    return [
        clause
        for clause, judgement in outcome.judgements.items()
        if clause in must and judgement.verdict in ("not-tested", "inconclusive") and judgement.cause not in _NO_LOSS
    ]


def way(venue: str, runs: int) -> None:
    """Whole runs behind a gateway that fails now and then."""
    implementations = reference.load(venue)
    print(f"\n{venue}: behind a gateway with 2 % 503 and 5 % resets", flush=True)
    for number in range(runs):
        with behind_gateway(venue, None, number) as target:
            print(f"  run {number}: {summary(run(target))}", flush=True)
    for name in spread(list(implementations.mutants), 10 if runs >= 10 else runs):
        with behind_gateway(venue, name, 0) as target:
            report = run(target)
        verdicts = {clause["id"]: clause["verdict"] for clause in report["clauses"]}
        [clause] = implementations.clauses_of(name)
        print(f"  mutant {name}: {clause} {verdicts[clause]}; {summary(report)}", flush=True)


@contextmanager
def behind_gateway(venue: str, mutant: str | None, seed: int) -> Iterator[str]:
    """The target file of a reference, or of a mutant, behind a faulty gateway."""
    with (
        serve_in_thread(reference.load(venue).find(mutant=mutant)(seed=seed)) as server,
        faulty_proxy(server.base_url, seed=seed) as address,
    ):
        # The channel has no place in the gateway: where a target file names no ws_url it would follow base_url.
        file = server.target_file.replace(server.base_url, address)
        yield file.replace(address.replace("http", "ws"), server.base_url.replace("http", "ws"))


def errors(venue: str, runs: int) -> None:
    """Whole runs of a reference that answers 500 now and then."""
    conforming = reference.load(venue).find()
    print(f"\n{venue}: 500 in answer to 1 % of the requests, before or after their effect", flush=True)
    for number in range(runs):
        random = Random(number)

        class FailsNowAndThen(conforming):  # type: ignore[valid-type,misc]
            """Answers 500 to one request in a hundred."""

            async def handle(self, request: Request, random: Random = random) -> Response:
                fails = not request.path.startswith("/_states") and random.random() < 0.01
                if fails and random.random() < 0.5:
                    await super().handle(request)
                return json_response(500, {"error": "internal"}) if fails else await super().handle(request)

        with serve_in_thread(FailsNowAndThen(seed=number)) as server:
            print(f"  run {number}: {summary(run(server.target_file))}", flush=True)


def run(target: str) -> dict[str, Any]:
    """The report of a whole run against a target file's text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.toml"
        file.write_text(target, encoding="utf-8")
        file.chmod(0o600)
        command = [sys.executable, "-m", "venue_conformance", "run", "--target", str(file), "--report-dir", folder]
        began = time.monotonic()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        report: dict[str, Any] = json.loads((Path(folder) / "conformance.json").read_text(encoding="utf-8"))
        if _keep is not None and report["run"]["verdict"] != "conforms":
            shutil.copytree(folder, _keep / f"{report['target']['venue']}-{report['run']['id']}")
    report["seconds"] = time.monotonic() - began
    return report


def summary(report: dict[str, Any]) -> str:
    """What a run came to, on one line."""
    counted = [clause for clause in report["clauses"] if clause["level"] == "must" and not clause["excluded"]]
    of = {verdict: [each["id"] for each in counted if each["verdict"] == verdict] for verdict in ("inconclusive",)}
    violated = [clause["id"] for clause in report["clauses"] if clause["verdict"] == "violates"]
    untested = [clause["id"] for clause in counted if clause["verdict"] == "not-tested"]
    repeated = sum(check["repeats"] > 0 for check in report["checks"])
    return (
        f"{report['run']['verdict']}, violated {violated}, inconclusive {len(of['inconclusive'])} of {len(counted)} "
        f"{of['inconclusive'][:3]}, not tested {len(untested)} {untested[:3]}, {repeated} checks repeated, "
        f"{report['run']['requests']} requests, {report['seconds']:.0f} s"
    )


if __name__ == "__main__":
    main()
