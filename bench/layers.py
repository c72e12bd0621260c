"""Prints which layer of the suite catches which mutant of the references.

    python bench/layers.py [VENUE …] [--mutant GLOB] [--jobs N] [--json FILE]

A layer is a kind of check: examples (one situation, written down), fuzz (drawn inputs), machine (drawn sequences) and
race (overlapping requests). A mutant is caught by a layer when the clause that it breaks is violated by the layer's
own checks of that clause. Exit status 1 when a mutant survives them all.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import time
from collections import Counter
from pathlib import Path

from venue_conformance import reference
from venue_conformance.mutation.mutant_run import MutantRun
from venue_conformance.mutation.worker_pool import WorkerPool, default_jobs
from venue_conformance.preflight.collecting import collect

LAYERS = {"examples": "", "fuzz": "test_fuzz", "machine": "test_machine", "race": "test_race"}


def layer_of(check: str) -> str:
    """The layer of a check, by the file that it stands in."""
    file = check.split("::")[0].rpartition("/")[2].removesuffix(".py")
    return next((layer for layer, name in LAYERS.items() if name and file.startswith(name)), "examples")


def try_layers(venue: str, pattern: str, jobs: int) -> dict[str, dict[str, bool]]:
    """Per mutant and layer, whether the layer catches it; layers without a check of its clause are left out."""
    implementations = reference.load(venue)
    checks = [check for check in collect(venue) if "nightly" not in check.markers]
    caught: dict[str, dict[str, bool]] = {}
    with WorkerPool(venue, jobs) as pool:
        for name in implementations.mutants:
            if not fnmatch.fnmatch(name, pattern):
                continue
            caught[name] = {}
            (clause,) = implementations.clauses_of(name)
            for layer in LAYERS:
                chosen = [each for each in checks if clause in each.clauses and layer_of(each.id) == layer]
                chosen.sort(key=lambda each: "last" in each.markers)
                if chosen:
                    ids = tuple(each.id for each in chosen)
                    pool.submit(MutantRun("mutant", name, (clause,), ids, until_violated=True))
        for outcome in pool.outcomes():
            (clause,) = outcome.mutant_run.clauses
            layer = layer_of(outcome.mutant_run.checks[0])
            caught[outcome.mutant_run.name][layer] = clause in outcome.violated
            for broken in outcome.broken_checks:
                print(f"error: {outcome.mutant_run.name}: {broken.id}: {broken.reason}", file=sys.stderr)
    return caught


def show(venue: str, caught: dict[str, dict[str, bool]], seconds: float) -> None:
    """Print the table of a venue, and what each layer adds."""
    width = max((len(name) for name in caught), default=10)
    print(f"\n{venue}: {len(caught)} mutants, {seconds:.0f} s\n{'':{width}}  {'  '.join(LAYERS)}")
    for name, layers in caught.items():
        cells = ("" if layer not in layers else "caught" if layers[layer] else "-" for layer in LAYERS)
        print(
            f"{name:{width}}  " + "  ".join(f"{cell:{len(layer)}}" for cell, layer in zip(cells, LAYERS, strict=True))
        )
    total = Counter(layer for layers in caught.values() for layer, found in layers.items() if found)
    alone = Counter(next(iter(by)) for layers in caught.values() if len(by := {k for k, v in layers.items() if v}) == 1)
    beyond = [name for name, layers in caught.items() if not layers.get("examples") and any(layers.values())]
    print("caught:     " + ", ".join(f"{layer} {total[layer]}" for layer in LAYERS))
    print("by it alone: " + ", ".join(f"{layer} {alone[layer]}" for layer in LAYERS))
    print(f"not by examples: {len(beyond)} ({', '.join(beyond) or 'none'})")
    survivors = [name for name, layers in caught.items() if not any(layers.values())]
    if survivors:
        print(f"survived: {', '.join(survivors)}")


def main() -> int:
    """Try the mutants of each venue."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="default: all of them")
    parser.add_argument("--mutant", default="*", metavar="GLOB", help="only mutants like this one")
    parser.add_argument("--jobs", type=int, default=default_jobs(), metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    results = {}
    for venue in options.venues or reference.venue_names():
        began = time.monotonic()
        results[venue] = try_layers(venue, options.mutant, options.jobs)
        show(venue, results[venue], time.monotonic() - began)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return int(any(not any(layers.values()) for caught in results.values() for layers in caught.values()))


if __name__ == "__main__":
    sys.exit(main())
