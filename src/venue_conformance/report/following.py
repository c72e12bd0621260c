"""Which violations follow from another one: shown folded under it, their verdict unchanged.

B follows A when each exchange that shows B is evidence of A as well, or comes after evidence of A under the same key or
order. A venue that loses an order in its answer breaks a dozen promises at once, and the reader wants the one cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from venue_conformance.report.records import CheckRecord, ExchangeRecord
from venue_conformance.report.verdicts import Judgement

_KEY_HEADER = "idempotency-key"
#: Any order id or key, as far as it can be told from other words: a UUID or 16 and more digits in a row of hex.
_NAMES = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}")


@dataclass(frozen=True)
class _Evidence:
    """The exchanges that show a breach: their numbers, and which number each key or order came first with."""

    numbers: frozenset[int]
    first_with: Mapping[str, int]

    def explains(self, exchange: int, names: Iterable[str]) -> bool:
        """Whether an exchange is part of this, or comes after it under the same key or order."""
        if exchange in self.numbers:
            return True
        return any(self.first_with.get(name, exchange) < exchange for name in names)


def by_importance(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Violated clauses, the gravest first: must before should, then by importance, then in the catalogue's order."""
    violated = [each for each in judgements if each.verdict == "violates"]
    return sorted(violated, key=lambda each: (each.clause.level != "must", each.clause.weight))


def followed(
    judgements: Iterable[Judgement], checks: Iterable[CheckRecord], exchanges: Mapping[int, ExchangeRecord]
) -> dict[str, str]:
    """For each violated clause that follows from a graver one (or one as grave that stands before it): that one."""
    names = _Names(exchanges)
    failed = [check for check in checks if check.outcome == "failed"]
    roots: dict[str, _Evidence] = {}
    found: dict[str, str] = {}
    for judgement in by_importance(judgements):
        clause = judgement.clause.id
        shown = [number for check in failed for number in _evidence(check, clause)]
        root = next((each for each, evidence in roots.items() if _all_explained(shown, evidence, names)), None)
        if shown and root is not None:
            found[clause] = root
        else:
            roots[clause] = _evidence_of(shown, names)
    return found


class _Names:
    """The keys and orders that an exchange's request names, read once."""

    def __init__(self, exchanges: Mapping[int, ExchangeRecord]) -> None:
        self._exchanges = exchanges
        self._known: dict[int, frozenset[str]] = {}

    def of(self, number: int) -> frozenset[str]:
        if number not in self._known:
            self._known[number] = self._read(self._exchanges.get(number))
        return self._known[number]

    def _read(self, exchange: ExchangeRecord | None) -> frozenset[str]:
        if exchange is None:
            return frozenset()
        keys = {value for name, value in exchange.request_headers.items() if name.lower() == _KEY_HEADER}
        return frozenset(keys | set(_NAMES.findall(exchange.request_body or "")))


def _evidence(check: CheckRecord, clause: str) -> Sequence[int]:
    """The exchanges by which a check shows that a clause broke."""
    for breach in check.breaches:
        if breach["clause"] == clause:
            steps: list[dict[str, Any]] = breach["steps"] or check.steps
            return [step["exchange"] for step in steps if "exchange" in step] or check.exchanges
    return ()


def _evidence_of(shown: Iterable[int], names: _Names) -> _Evidence:
    first_with: dict[str, int] = {}
    for number in sorted(shown):
        for name in names.of(number):
            first_with.setdefault(name, number)
    return _Evidence(frozenset(shown), first_with)


def _all_explained(shown: Iterable[int], evidence: _Evidence, names: _Names) -> bool:
    return all(evidence.explains(number, names.of(number)) for number in shown)
