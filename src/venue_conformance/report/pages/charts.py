"""The counts of clauses as small charts: for each level and each topic one bar, divided by verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from venue_conformance.contract.clauses import LEVELS

#: How a verdict is told where its name does not tell enough.
WORDS = {"left-out": "not part of this run"}
#: From what a reader looks for first to what matters least.
ORDER = ("violates", "inconclusive", "not-tested", "not-exercised", "conforms", "observed", "left-out", "excluded")


@dataclass(frozen=True)
class VerdictShare:
    """A part of a bar: its verdict, how many clauses, and where it begins and how long it is, in percent."""

    verdict: str
    count: int
    left: float
    width: float

    @property
    def words(self) -> str:
        """The verdict as a reader is told it."""
        return WORDS.get(self.verdict, self.verdict)


@dataclass(frozen=True)
class VerdictBar:
    """One bar: its name, how many clauses can be judged at all, and its parts, those included that are excluded."""

    name: str
    total: int
    parts: list[VerdictShare]

    @property
    def told(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.count} {part.words}" for part in self.parts) or "none"


def shown(clause: Mapping[str, Any]) -> str:
    """The verdict of a clause as it is shown: what the user left out is not called untested."""
    return "left-out" if clause.get("cause") == "not-selected" else str(clause["verdict"])


def tally(clauses: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """The verdicts that occur, in words, and for each level how many of its clauses have each."""
    levels: dict[str, Counter[str]] = {level: Counter() for level in LEVELS}
    for clause in clauses:
        levels[str(clause["level"])][shown(clause)] += 1
    verdicts = [verdict for verdict in ORDER if any(counts[verdict] for counts in levels.values())]
    heads = [WORDS.get(verdict, verdict) for verdict in verdicts]
    return heads, [(level, [counts[verdict] for verdict in verdicts]) for level, counts in levels.items()]


def bars(clauses: Iterable[Mapping[str, Any]], by: str) -> list[VerdictBar]:
    """One bar for each value of a clause's field, in the order in which these are met."""
    found: dict[str, Counter[str]] = {}
    for clause in clauses:
        found.setdefault(str(clause[by]), Counter())[shown(clause)] += 1
    return [_bar(name, counts) for name, counts in found.items()]


def _bar(name: str, counts: Counter[str]) -> VerdictBar:
    total = sum(counts.values())
    parts, left = [], 0.0
    for verdict in ORDER:
        if counts[verdict]:
            width = 100 * counts[verdict] / total
            parts.append(VerdictShare(verdict, counts[verdict], round(left, 3), round(width, 3)))
            left += width
    return VerdictBar(name, total - counts["excluded"], parts)
