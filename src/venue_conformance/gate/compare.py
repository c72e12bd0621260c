"""Two reports of one venue, and what is different between them.

A clause that is no longer judged is not mended, and one that is violated in another way is not the same as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES
from venue_conformance.errors import ClientFault
from venue_conformance.report.exit_status import CONFORMS, NOT_FULLY_JUDGED, VIOLATES
from venue_conformance.report.view import actual, expected, observed, violations

Values = Mapping[str, Any]

#: Verdicts after a judgement; of any other nothing is known.
_JUDGED = frozenset({"conforms", "violates", "observed"})
#: What makes a comparison fail, the least first: each includes those before it.
FAIL_ON = ("worse", "unjudged")
#: What is said of a clause that the older report does not speak of.
_ABSENT = "not selected"


@dataclass(frozen=True)
class ClauseChange:
    """One clause whose verdict, or whose breach, is another one.

    ``was`` and ``now`` are verdicts; ``expected`` and ``actual`` tell of the new breach. ``kinds`` are those of its
    breaches that the older report does not have, ``cause`` and ``reason`` why it is not judged any more, ``why`` is the
    reason for which a baseline forgives it.
    """

    clause: str
    promise: str
    level: str
    importance: str
    was: str
    now: str
    expected: str | None = None
    actual: str | None = None
    kinds: tuple[str, ...] = ()
    cause: str | None = None
    reason: str | None = None
    why: str | None = None

    @property
    def gravity(self) -> tuple[bool, int, str]:
        """Sorts the gravest first."""
        return self.level != "must", IMPORTANCES.index(self.importance), self.clause


@dataclass(frozen=True)
class Difference:
    """One thing that two reports say differently: what, and both values."""

    what: str
    was: str
    now: str


@dataclass
class Comparison:
    """What is different in the newer of two reports.

    ``versions`` are differences of the tool and the contract, which come first because they may explain all others.
    ``accepted`` are new breaches that a baseline of the newer run accepts. ``only_old`` and ``only_new`` are clauses
    that another version of the tool has not. ``fail_on`` is one of FAIL_ON.
    """

    old: Values
    new: Values
    fail_on: str = "worse"
    versions: list[Difference] = field(default_factory=list)
    worse: list[ClauseChange] = field(default_factory=list)
    different: list[ClauseChange] = field(default_factory=list)
    accepted: list[ClauseChange] = field(default_factory=list)
    better: list[ClauseChange] = field(default_factory=list)
    newly_tested: list[ClauseChange] = field(default_factory=list)
    no_longer_judged: list[ClauseChange] = field(default_factory=list)
    observations: list[Difference] = field(default_factory=list)
    only_old: list[str] = field(default_factory=list)
    only_new: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether both reports say the same."""
        return not any(
            (
                *(self.versions, self.worse, self.different, self.accepted, self.better, self.newly_tested),
                *(self.no_longer_judged, self.observations, self.only_old, self.only_new),
            )
        )

    @property
    def status(self) -> int:
        """The exit status: 1 when something got worse, or breaks in another way than before.

        Else 3 where a clause without a judgement is to fail and there is one, 0 where not.
        """
        if self.worse or self.different:
            return VIOLATES
        return NOT_FULLY_JUDGED if self.fail_on == "unjudged" and self.unjudged else CONFORMS

    @property
    def unjudged(self) -> list[ClauseChange]:
        """The promises that are no longer judged, but for those of which the newer run's baseline says why."""
        return [each for each in self.no_longer_judged if each.level != "open" and each.why is None]

    @property
    def by_cause(self) -> dict[str, list[ClauseChange]]:
        """The clauses that are no longer judged, by why."""
        found: dict[str, list[ClauseChange]] = {}
        for change in self.no_longer_judged:
            found.setdefault(change.cause or "no cause given", []).append(change)
        return found


def compare(old: Values, new: Values, fail_on: str = "worse") -> Comparison:
    """Compare two reports. Raises ClientFault when they are about different venues."""
    venues = [str(each["target"]["venue"]) for each in (old, new)]
    if venues[0] != venues[1]:
        raise ClientFault(f"the reports are about different venues, {venues[0]} and {venues[1]}: nothing to compare")
    judged = ["a client" if document.get("client") else "a venue" for document in (old, new)]
    if judged[0] != judged[1]:
        raise ClientFault(f"one report judges {judged[0]}, the other {judged[1]}: nothing to compare")
    comparison = Comparison(old, new, fail_on, versions=_versions(old, new))
    before, after = ({clause["id"]: clause for clause in each["clauses"]} for each in (old, new))
    shown = {clause["id"]: checks for clause, checks in violations(new)}
    other_tool = bool(comparison.versions)
    for name, clause in after.items():
        if name in before or not other_tool:
            _add(comparison, before.get(name), clause, shown.get(name, []))
        else:
            comparison.only_new.append(name)
    for name, clause in before.items():
        if name in after:
            continue
        if other_tool:
            comparison.only_old.append(name)
        elif clause["verdict"] in _JUDGED:
            comparison.no_longer_judged.append(
                _change(clause, clause["verdict"], _ABSENT, cause="not-selected", reason=_ABSENT)
            )
    for changes in (comparison.worse, comparison.different, comparison.accepted, comparison.better):
        changes.sort(key=lambda change: change.gravity)
    comparison.observations = _observations(old, new)
    return comparison


def _versions(old: Values, new: Values) -> list[Difference]:
    facts = {
        "tool version": [str(each["tool"]["version"]) for each in (old, new)],
        "contract version": [str(each["target"]["spec_version"]) for each in (old, new)],
    }
    return [Difference(what, was, now) for what, (was, now) in facts.items() if was != now]


def _add(comparison: Comparison, before: Values | None, after: Values, checks: list[Values]) -> None:
    was, now = (_ABSENT if before is None else str(before["verdict"])), str(after["verdict"])
    accepted = _accepted(after)
    if now == "violates":
        told = {"expected": expected(checks[0]), "actual": actual(checks[0])} if checks else {}
        if was != now:
            change = _change(after, was, now, kinds=tuple(_kinds(after)), why=accepted, **told)
            (comparison.accepted if accepted else comparison.worse).append(change)
        elif before is not None and (fresh := _fresh_kinds(before, after)) and not accepted:
            comparison.different.append(_change(after, was, now, kinds=fresh, **_told_of(checks, fresh)))
    elif was in _JUDGED and now not in _JUDGED:
        why = (after.get("forgiven") or {}).get("why")
        change = _change(after, was, now, cause=after["cause"] or now, reason=after["reason"], why=why)
        comparison.no_longer_judged.append(change)
    elif was == "violates" and now == "conforms":
        comparison.better.append(_change(after, was, now))
    elif was not in _JUDGED and now in _JUDGED:
        comparison.newly_tested.append(_change(after, was, now))


def _accepted(clause: Values | None) -> str | None:
    """Why a baseline accepts the breach of a clause; None where it does not."""
    forgiven = (clause or {}).get("forgiven")
    return str(forgiven["why"]) if forgiven and forgiven["how"] in ("accepted", "follows") else None


def _kinds(clause: Values) -> dict[str, str]:
    """The kinds of a clause's breaches, with their fingerprints."""
    return {each["kind"]: each["fingerprint"] for each in clause.get("fingerprints", ())}


def _fresh_kinds(before: Values, after: Values) -> tuple[str, ...]:
    """The kinds of breach that the older report does not have; none where it tells no kinds at all."""
    known = set(_kinds(before).values())
    return tuple(kind for kind, mark in _kinds(after).items() if known and mark not in known)


def _told_of(checks: list[Values], kinds: tuple[str, ...]) -> dict[str, str]:
    """What a check says that met one of these kinds; what the first one says where none tells its kind."""
    telling = [check for check in checks if set(check.get("kinds", ())) & set(kinds)] or checks[:1]
    return {"expected": expected(telling[0]), "actual": actual(telling[0])} if telling else {}


def _change(clause: Values, was: str, now: str, **more: Any) -> ClauseChange:
    name, promise, level, importance = (str(clause[key]) for key in ("id", "promise", "level", "importance"))
    return ClauseChange(name, promise, level, importance, was, now, **more)


def _observations(old: Values, new: Values) -> list[Difference]:
    """What both have observed of one open question, and not the same."""
    before, after = (_observed(each) for each in (old, new))
    return [
        Difference(clause, "; ".join(sorted(before[clause])), "; ".join(sorted(now)))
        for clause, now in after.items()
        if clause in before and before[clause] != now
    ]


def _observed(document: Values) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for clause, text in observed(document):
        found.setdefault(clause, set()).add(text)
    return found
