"""How many clauses a run against a target would judge, and what would have to be added for more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from venue_conformance.contract.clauses import Clause
from venue_conformance.contract.manifest import OWN_ACCOUNT, ManifestCheck, Need
from venue_conformance.errors import DISPOSABLE
from venue_conformance.preflight.state_survey import StateFinding
from venue_conformance.preflight.using_up import MORE, run_out
from venue_conformance.target.inventory import Kind
from venue_conformance.target.model import Target


@dataclass(frozen=True)
class Addition:
    """Something that a target could offer as well, and what came of it.

    ``must`` and ``all`` are the clauses that it opens once everything before it in the list is there, too; ``judged``
    are the must clauses that a run then judges.
    """

    needs: tuple[Need, ...]
    must: int
    all: int
    judged: int

    @property
    def what(self) -> str:
        """What is to be added, in the words of a target file."""
        return "; ".join(map(words_for, self.needs))


class Readiness:
    """What a run against a target would judge: by the required checks of each clause, as in a run."""

    def __init__(
        self,
        catalogue: Mapping[str, Clause],
        checks: Iterable[ManifestCheck],
        found: Mapping[Need, StateFinding],
        target: Target,
        listed: Mapping[Kind, int] | None = None,
    ) -> None:
        """``listed`` are the orders of an inventory by kind, None where a target makes them anew."""
        self.checks = list(checks)
        #: What each check lacks.
        self.missing: dict[str, tuple[Need, ...]] = {
            check.id: tuple(
                need
                for need in sorted(check.needs)
                if found[need].verdict in ("not offered", "broken") and not in_file(need, target)
            )
            for check in self.checks
        }
        if listed is not None:
            runnable = [check for check in self.checks if not self.missing[check.id]]
            for check_id, lacking in run_out(runnable, listed).items():
                self.missing[check_id] = (lacking,)
        of_clause: dict[str, list[ManifestCheck]] = {}
        for check in self.checks:
            for clause in check.clauses:
                of_clause.setdefault(clause, []).append(check)
        #: The clauses that have a check, in the order of the catalogue.
        self.clauses = [clause for clause in catalogue.values() if clause.id in of_clause]
        #: What each of them lacks; nothing where it would be judged.
        self.lacking: dict[str, frozenset[Need]] = {
            clause.id: self._lacking(of_clause[clause.id]) for clause in self.clauses
        }

    def _lacking(self, checks: list[ManifestCheck]) -> frozenset[Need]:
        required = [check for check in checks if check.required]
        if required:
            return frozenset(need for check in required for need in self.missing[check.id])
        # A clause that only explorations judge needs one of them.
        return min((frozenset(self.missing[check.id]) for check in checks), key=len)

    def of_level(self, level: str) -> list[Clause]:
        """The clauses of one level that have a check."""
        return [clause for clause in self.clauses if clause.level == level]

    def judged(self, level: str) -> list[Clause]:
        """Those of them that a run would judge."""
        return [clause for clause in self.of_level(level) if not self.lacking[clause.id]]

    @property
    def runnable(self) -> int:
        """How many checks lack nothing."""
        return sum(not lacking for lacking in self.missing.values())

    def additions(self) -> list[Addition]:
        """What would open clauses, what opens most of them for each thing to be added first."""
        must = {clause.id for clause in self.of_level("must")}
        left = {clause: _to_add(lacking) for clause, lacking in self.lacking.items() if lacking}
        judged = len(self.judged("must"))
        there: frozenset[Need] = frozenset()
        found: list[Addition] = []
        while left:
            opened = {
                bundle: [clause for clause, lacking in left.items() if lacking <= there | bundle]
                for bundle in {lacking - there for lacking in left.values()}
            }
            best = min(opened, key=lambda bundle: _worth(bundle, opened[bundle], must))
            clauses = opened[best]
            number = sum(each in must for each in clauses)
            judged += number
            found.append(Addition(tuple(sorted(best)), number, len(clauses), judged))
            there |= best
            left = {clause: lacking for clause, lacking in left.items() if clause not in clauses}
        return found


def _to_add(lacking: frozenset[Need]) -> frozenset[Need]:
    """What would serve these needs: a fresh account serves those for an account of any kind at once."""
    accounts = (DISPOSABLE, OWN_ACCOUNT)
    return frozenset(Need("caller") if need.state in accounts else need for need in lacking)


def _worth(bundle: frozenset[Need], clauses: list[str], must: set[str]) -> tuple[float, float, list[Need]]:
    """What sorts first opens most must clauses for each thing that is to be added, then most of all."""
    number = sum(each in must for each in clauses)
    return -number / len(bundle), -len(clauses) / len(bundle), sorted(bundle)


def in_file(need: Need, target: Target) -> bool:
    """Whether the target file's accounts serve a need in place of the state."""
    if need.state != "caller":
        return False
    if need.param:
        return any(account.get(need.param) == need.value for account in (target.credentials, *target.accounts))
    return bool(target.accounts)


def words_for(need: Need) -> str:
    """What to add for a need, in the words of a target file."""
    if need.state == MORE:
        return f"more orders with {need.param} {need.value} in the inventory"
    if need.state == "caller":
        if need.param:
            return f"the state `caller` with {need.param} {need.value}, or such an account in the file"
        return "the state `caller`, or [[accounts]] and disposable = true"
    if need.param == "stranger":
        return f"the state `{need.state}` for another account with status {need.value}"
    if need == Need("order statuses", "read", "at once"):
        return "the state `order statuses`"
    if need == Need("order statuses", "owner", "stranger"):
        return "the state `order statuses` for orders of other accounts"
    return f"the state `{need.state}`" + (f" with {need.param} {need.value}" if need.param else "")
