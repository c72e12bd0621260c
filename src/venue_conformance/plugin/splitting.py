"""Splits the checks of a run over jobs: each of them the same checks every time, and all of them about as long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import TypeVar

from venue_conformance.contract.manifest import manifest_file, manifest_of
from venue_conformance.errors import ClientFault
from venue_conformance.report.records import PlannedCheck

T = TypeVar("T")

#: What a check takes about which nothing is known, where nothing is known of any other.
_UNKNOWN_SECONDS = 0.1


def read_shard(text: str | None) -> tuple[int, int] | None:
    """``K/N`` as numbers; None for none. Raises ClientFault."""
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ClientFault(f"--shard {text}: K/N is expected, with K from 1 to N, as in 2/3")
    return int(number), int(of)


def shards(checks: Sequence[PlannedCheck], of: int, seconds: Callable[[str], float]) -> list[set[str]]:
    """The ids of the checks of each shard.

    The required checks of a clause are never apart, because they judge it together. Each shard is given the shortest of
    these first, so that it has a clause to judge; then the longest of all, each to the shard that has least to do.
    """
    found: list[set[str]] = [set() for _ in range(of)]
    loads = [0.0] * of

    def weighed(groups: Iterable[list[str]]) -> list[tuple[float, list[str]]]:
        return sorted((sum(map(seconds, group)), sorted(group)) for group in groups)

    required, others = map(weighed, _groups(checks))
    rest = sorted([*required[of:], *others], key=lambda each: (-each[0], each[1]))
    for load, group in [*required[:of], *rest]:
        least = min(range(of), key=lambda number: (loads[number], len(found[number])))
        found[least].update(group)
        loads[least] += load
    return found


def _groups(checks: Iterable[PlannedCheck]) -> tuple[list[list[str]], list[list[str]]]:
    """Checks that stay together: the required ones that judge a clause, and each of the others by itself."""
    leader: dict[str, str] = {}

    def find(clause: str) -> str:
        while leader.setdefault(clause, clause) != clause:
            clause = leader[clause]
        return clause

    alone: list[list[str]] = []
    required: list[PlannedCheck] = []
    for check in checks:
        if check.role == "required" and check.clauses:
            required.append(check)
            for clause in check.clauses[1:]:
                leader[find(clause)] = find(check.clauses[0])
        else:
            alone.append([check.id])
    together: dict[str, list[str]] = {}
    for check in required:
        together.setdefault(find(check.clauses[0]), []).append(check.id)
    return list(together.values()), alone


def seconds_at_the_reference(venue: str) -> Callable[[str], float]:
    """How long each check of a venue took at the reference; the median for one that was never measured."""
    checks = manifest_of(venue).values() if manifest_file(venue).is_file() else ()
    known = {check.id: check.measured.seconds for check in checks if check.measured}
    usual = median(known.values()) if known else _UNKNOWN_SECONDS
    return lambda check: known.get(check, usual)
