"""Plays faulty clients: each must violate the clause that it was made to break, before the scenarios written for it."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from venue_conformance.clients import samples
from venue_conformance.clients.certification import CertifyOptions, certify
from venue_conformance.clients.scenario import EVERY, load_suite
from venue_conformance.contract.client_clauses import ClientClause, load_client_catalogue
from venue_conformance.errors import ClientFault

#: Clauses that no scenario is about in particular: these show them best.
_WHERE = {"signing": ("one-open",), "idempotency.key-form": ("one-open",), "key": ("one-open",)}
_SEED = 0


@dataclass(frozen=True)
class FaultyResult:
    """What came of one faulty client: ``others`` are further clauses that it violates."""

    name: str
    fault: str
    clause: str
    verdict: str
    reason: str | None
    others: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether its own clause is violated."""
        return self.verdict == "violates"


def names_of(venue: str) -> list[str]:
    """The faulty clients of a venue."""
    return list(_classes(venue))


def try_faulty(venue: str, only: Iterable[str], *, all_scenarios: bool, jobs: int) -> Iterator[FaultyResult]:
    """Play each faulty client, or those of these names, and hand back how each ended, in order.

    Raises ClientFault for a name that there is not.
    """
    known = _classes(venue)
    wanted = list(only) or list(known)
    for name in wanted:
        if name not in known:
            raise ClientFault(f"{name}: there is no such faulty client of {venue}; there are {', '.join(known)}")
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda name: _try(venue, name, known[name], all_scenarios=all_scenarios), wanted)


def _try(venue: str, name: str, client: type, *, all_scenarios: bool) -> FaultyResult:
    began = time.monotonic()
    clause: str = client.caught_by  # type: ignore[attr-defined]
    shown_by: tuple[str, ...] = getattr(client, "shown_by", ())
    scenarios = () if all_scenarios else shown_by or tuple(_scenarios_for(venue, clause))
    done = certify(CertifyOptions(adaptor_of(venue, name), venue, scenarios=scenarios, seed=_SEED, lanes=4))
    clauses = {each["id"]: each for each in done.document["clauses"]}
    others = [each["id"] for each in clauses.values() if each["verdict"] == "violates" and each["id"] != clause]
    errors = [f"{check['id']}: {check['reason']}" for check in done.document["checks"] if check["outcome"] == "error"]
    own = clauses[clause]
    fault = (client.__doc__ or "").strip()
    seconds = time.monotonic() - began
    return FaultyResult(name, fault, clause, own["verdict"], own["reason"], tuple(others), tuple(errors), seconds)


def adaptor_of(venue: str, name: str | None = None) -> str:
    """The command of the right client of a venue, or of a faulty one."""
    folder = Path(samples.__file__).parent
    file = folder / (f"{venue}.py" if name is None else f"{venue}_faulty.py")
    return f"{sys.executable} -B {file}" + ("" if name is None else f" {name}")


def _classes(venue: str) -> dict[str, type]:
    return cast("dict[str, type]", importlib.import_module(f"{samples.__name__}.{venue}_faulty").FAULTY)


def _scenarios_for(venue: str, clause_id: str) -> list[str]:
    rule = cast(ClientClause, load_client_catalogue(venue)[clause_id]).rule
    about = [each.name for each in load_suite(venue).scenarios if rule in each.about]
    if rule == EVERY:
        about = ["mixed", "html", "cut"]
    return about or [name for key, names in _WHERE.items() if rule.startswith(key) for name in names]
