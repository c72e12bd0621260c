"""Measures how many generated requests a second each venue gets, signed, answered and judged.

    python bench/generation.py [--cases N] [VENUE …]

Beside it stands what the venue's OpenAPI document yields as it is, without the string formats and the cuts of
``venue_conformance.fuzz``: generated alone, nothing sent. The reference runs in a process of its own, without limits.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.fuzzing import VenueFuzz
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import Inconclusive
from venue_conformance.fuzz.document import load_document
from venue_conformance.fuzz.driver import FuzzDriver
from venue_conformance.fuzz.naming import fill_slots
from venue_conformance.fuzz.schema import schema_of
from venue_conformance.plugin.embedded import EmbeddedReference
from venue_conformance.plugin.sessions import shapes
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.wire.depth import DepthTally
from venue_conformance.wire.pacing import Pacer
from venue_conformance.wire.recorder import Recorder

SEED = 1
#: By venue; elsewhere, the least of them.
REQUIRED = {"bayse": 150, "predictstreet": 150, "arcus": 120}


def fuzz_of(venue: str) -> type[VenueFuzz]:
    """What generators know of a venue."""
    module = importlib.import_module(f"venue_conformance.venues.{venue}.strategies")
    [found] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, VenueFuzz) and each is not VenueFuzz
    ]
    return found


def rate(strategy: SearchStrategy[Any], cases: int, use: Callable[[Any], object]) -> tuple[float, float]:
    """Cases a second, by the clock and by this process's own time."""
    made = 0

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(case: Any) -> None:
        nonlocal made
        made += 1
        use(case)

    began, own = time.perf_counter(), time.process_time()
    each()
    return made / (time.perf_counter() - began), made / (time.process_time() - own)


def plain(venue: str, cases: int) -> tuple[float, float]:
    """Cases a second of the document as it is, right and wrong ones by halves, generated alone."""
    loaded = schemathesis.openapi.from_dict(dict(load_document(venue)))
    [result] = loaded.get_all_operations()
    operation: Any = result.ok()  # type: ignore[union-attr]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    rates = [rate(operation.as_strategy(generation_mode=mode), cases // 2, lambda case: case) for mode in modes]
    return _together([each[0] for each in rates]), _together([each[1] for each in rates])


def _together(rates: list[float]) -> float:
    return len(rates) / sum(1 / each for each in rates)


def doubtful(what: Inconclusive) -> None:
    """The references give Schemathesis nothing that it stumbles over."""
    raise what


def ours(venue: str, cases: int) -> tuple[float, float]:
    """Cases a second, right and wrong ones by halves, each signed, sent, answered and judged."""
    reference = EmbeddedReference(venue, SEED, "--no-rate-limit")
    session = Session(venues()[venue], load_target(reference.target_file, shapes()), SEED)
    session.pacer = Pacer(None, None)
    try:
        recorder, fuzz = Recorder(), fuzz_of(venue)
        account = session.main_account(recorder)
        caller = session.venue.caller(account, session, recorder, RetryBudget())
        orders = Orders(session, recorder, caller, stranger=lambda: caller)
        schema = schema_of(fuzz)
        driver = FuzzDriver(fuzz(), schema, DepthTally(), Assessment(), doubtful, session.ledger)
        slots = fill_slots([], orders.unknown)

        def right(case: Any) -> None:
            payload = driver.complete(schema.payload(case), slots, right=True)
            driver.send_right(caller, payload, case)

        def wrong(case: Any) -> None:
            driver.send_wrong_body(caller, driver.complete(schema.payload(case), slots), case)

        for use in (right, wrong):  # what is loaded and compiled at the first use
            rate(schema.cases(right=use is right), 20, use)
        rates = [rate(schema.cases(right=use is right), cases // 2, use) for use in (right, wrong)]
    finally:
        session.close()
        reference.close()
    return _together([each[0] for each in rates]), _together([each[1] for each in rates])


def main() -> int:
    """Measure each venue. Exit status 1 when one of them stays below what is required."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="default: all of them")
    parser.add_argument("--cases", type=int, default=600, metavar="N")
    options = parser.parse_args()
    print(f"{'cases a second':16} {'plain document, generated':>26} {'signed, sent and judged':>26} {'(own time)':>11}")
    slow = []
    for venue in options.venues or venue_names():
        # The plain document comes first: string formats, once registered, hold for the whole process.
        generated, _ = plain(venue, options.cases)
        judged, own = ours(venue, options.cases)
        print(f"{venue:16} {generated:>26.0f} {judged:>26.0f} {own:>11.0f}", flush=True)
        if judged < REQUIRED.get(venue, min(REQUIRED.values())):
            slow.append(venue)
    if slow:
        print(f"below what is required a second ({REQUIRED}): {', '.join(slow)}", file=sys.stderr)
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
