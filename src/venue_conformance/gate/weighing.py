"""Holds a report against its baseline: which verdicts leave that of the run, and where the baseline does not fit.

Everything it needs stands in the report, so that whoever reads that comes to the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from venue_conformance.contract.clauses import Clause, load_catalogue
from venue_conformance.contract.fingerprints import ABSENCE, RACED
from venue_conformance.gate.baseline import AcceptedBreaches, Baseline, BaselineEntry, NotApplicable
from venue_conformance.report.document import require_valid
from venue_conformance.report.run_verdict import FORGIVABLE, verdict_of

Values = Mapping[str, Any]
#: In the id of every check that stands in a file of a suite.
_IN_A_FILE = ".py::"


def weigh(document: dict[str, Any]) -> dict[str, Any]:
    """The report with what its baseline makes of it; the same when it was held against none.

    Each clause that the baseline forgives says so (``forgiven``), the run's verdict leaves it out, and ``baseline``
    tells what came of each entry. An entry is judged on the day on which the run began.
    """
    if document["run"].get("baseline") is None:
        return document
    weighing = _Weighing(document)
    weighed: dict[str, Any] = {
        **document,
        "clauses": [{**clause, "forgiven": weighing.forgiven.get(clause["id"])} for clause in document["clauses"]],
        "baseline": {
            "accepted": weighing.accepted,
            "not_applicable": weighing.not_applicable,
            "problems": weighing.problems,
        },
    }
    weighed["run"] = {**document["run"], "verdict": verdict_of(weighed)}
    require_valid(weighed)
    return weighed


@dataclass
class _Weighing:
    """What comes of each entry, in the order in which it is found out."""

    document: Values
    forgiven: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    not_applicable: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        run, target = self.document["run"], self.document["target"]
        baseline = Baseline.from_dict(run["baseline"])
        self._today = day_of(self.document)
        self._clauses = {clause["id"]: clause for clause in self.document["clauses"]}
        self._catalogue = load_catalogue(target["venue"])
        environment = target["environment"]
        for entry in baseline.accepted:
            if entry.clause in self._catalogue and entry.holds_in(environment):
                self._weigh_accepted(entry)
        for absent in baseline.not_applicable:
            if self._catalogue.matching(absent.clause) and absent.holds_in(environment):
                self._weigh_absent(absent)
        self._forgive_what_builds_on_it()
        self._forgive_what_follows()

    def _weigh_accepted(self, entry: AcceptedBreaches) -> None:
        clause = self._clauses.get(entry.clause)
        found = () if clause is None else clause["fingerprints"]
        known = {each["kind"] for each in found if each["fingerprint"] in entry.fingerprints}
        follows = RACED if known - RACED else frozenset()
        strange = [each["kind"] for each in found if each["kind"] not in known | follows]
        met = bool(known)
        if entry.expires < self._today:
            state, told = "expired", f"its time was over on {entry.expires}"
        elif strange:
            state, told = "different", f"it breaks in another way than was accepted: {', '.join(strange)}"
        elif met:
            state, told = "met", f"accepted until {entry.expires}: {entry.why}"
        elif self._is_stale(entry):
            state, told = "stale", "every check that met it has run and does not meet it any more: take the entry out"
        else:
            state, told = "not-met", self._why_not_met(entry)
        self.accepted.append({"clause": entry.clause, "state": state, "told": told})
        if state in ("stale", "expired", "different"):
            self._problem(entry, state, told)
        if state == "met" and clause is not None and clause["verdict"] == "violates":
            self._forgive(entry.clause, "accepted", entry, told)

    def _why_not_met(self, entry: AcceptedBreaches) -> str:
        """Why an entry that was not met stands nevertheless."""
        named = [check for check in self.document["checks"] if check["id"] in entry.checks]
        if any(entry.clause in check.get("unsought", ()) for check in named):
            return "not met, but there was no time to draw again what had met it, so it may be there still"
        return "not met, and not every check that met it came to judge it once more"

    def _is_stale(self, entry: AcceptedBreaches) -> bool:
        """Whether the checks that an entry names were run to their end, and its breach was met by none.

        An exploration may not have come to judge the clause at all this time, or have met another breach, by which the
        fault may show as well: then others of the entry have to have.
        """
        checks = {check["id"]: check for check in self.document["checks"]}
        judged = [self._came_to_judge(name, checks.get(name), entry.clause) for name in entry.checks]
        return any(judged) and False not in judged

    def _came_to_judge(self, name: str, check: Values | None, clause: str) -> bool | None:
        """Whether a check found a clause kept; None for an exploration that did not come to it, or broke another."""
        if check is None:
            return self._has_nothing_to_note(name, clause)
        if check["explores"] and check["outcome"] == "failed":
            return None
        if _upholds(check, clause):
            return True
        missed = check["explores"] and check["outcome"] == "passed" and clause not in check.get("unsought", ())
        return None if missed else False

    def _has_nothing_to_note(self, check: str, clause: str) -> bool:
        """Whether a check over the whole run, which leaves a record of breaches alone, has found a clause kept.

        One that is missing for any other reason (it is nightly, or has another name by now) has not run.
        """
        if _IN_A_FILE in check:
            return False
        run = self.document["run"]
        whole = not run["interrupted"] and run.get("shard") is None and not run.get("missing")
        return whole and clause in self._clauses and self._clauses[clause]["verdict"] == "conforms"

    def _weigh_absent(self, entry: NotApplicable) -> None:
        chosen = [clause for clause in self._catalogue.matching(entry.clause) if clause.id in self._clauses]
        missing = [clause.id for clause in chosen if _is_absent(self._clauses[clause.id])]
        seen = [clause.id for clause in chosen if _is_seen(clause, self._clauses[clause.id])]
        if entry.expires < self._today:
            state, told = "expired", f"its time was over on {entry.expires}"
        elif seen:
            state, told = "offered", f"the run saw what is said not to be offered: {', '.join(seen)}"
        elif missing:
            state, told = "forgiven", f"not applicable until {entry.expires}: {entry.why}"
        else:
            state, told = "unneeded", "the run was about none of its clauses, or all of them are kept"
        standing = missing if state == "forgiven" else []
        self.not_applicable.append({"clause": entry.clause, "clauses": standing, "state": state, "told": told})
        if state in ("offered", "expired"):
            self._problem(entry, state, told)
        for name in standing:
            if name not in self.forgiven:
                self._forgive(name, "not-applicable", entry, told)

    def _forgive_what_builds_on_it(self) -> None:
        """Forgive what is not tested only because a breach is accepted on which it builds, directly or by others."""
        roots = {name: [name] for name, each in self.forgiven.items() if each["how"] == "accepted"}
        known = -1
        while known < len(roots):
            known = len(roots)
            for name, clause in self._clauses.items():
                if name in self.forgiven or clause["verdict"] != "not-tested" or clause["cause"] != "presupposed":
                    continue
                blamed = [_blamed(check, name) for check in self._unfinished(clause)]
                if blamed and all(each and set(each) <= roots.keys() for each in blamed):
                    roots[name] = list(dict.fromkeys(root for each in blamed for one in each for root in roots[one]))
                    told = f"not judged: presupposes {', '.join(roots[name])} (accepted)"
                    self.forgiven[name] = {**self.forgiven[roots[name][0]], "how": "presupposed", "told": told}

    def _forgive_what_follows(self) -> None:
        """Forgive breaches that explorations alone have met, of clauses that build on one whose breach is accepted.

        In a sequence of requests chance decides by which of them a fault is seen. A clause that has none of its own is
        kept wherever a check tries it by itself.
        """
        accepted = {name for name, each in self.forgiven.items() if each["how"] == "accepted"}
        for name, clause in self._clauses.items():
            roots = [root for root in self._catalogue[name].builds_on if root in accepted]
            if roots and name not in self.forgiven and clause["verdict"] == "violates" and self._is_kept_alone(name):
                told = f"met by explorations alone, and builds on {', '.join(roots)} (accepted)"
                self.forgiven[name] = {**self.forgiven[roots[0]], "how": "follows", "told": told}

    def _is_kept_alone(self, name: str) -> bool:
        """Whether explorations alone have found a clause broken, and another check has found it kept."""
        checks = [check for check in self.document["checks"] if not check["explores"]]
        broken = any(breach["clause"] == name for check in checks for breach in check["breaches"])
        return not broken and any(_upholds(check, name) for check in checks if name in check["clauses"])

    def _unfinished(self, clause: Values) -> list[Values]:
        """The checks for which a clause is not tested: the required ones that were selected and did not uphold it."""
        named = [check for check in self.document["checks"] if clause["id"] in check["clauses"]]
        named = [check for check in named if check["cause"] != "not-selected"]
        required = [check for check in named if check["role"] == "required"] or named
        return [check for check in required if not _upholds(check, clause["id"])]

    def _forgive(self, clause: str, how: str, entry: BaselineEntry, told: str) -> None:
        values = entry.to_dict()
        facts = {key: values[key] for key in ("why", "owner", "ticket", "expires")}
        self.forgiven[clause] = {"how": how, **facts, "told": told}

    def _problem(self, entry: BaselineEntry, problem: str, told: str) -> None:
        self.problems.append({"clause": entry.clause, "problem": problem, "told": told})


def day_of(document: Values) -> date:
    """The day on which a run began, in UTC."""
    return datetime.fromisoformat(document["run"]["started_at"]).date()


def _upholds(check: Values, clause: str) -> bool:
    """Whether a check has held an answer against a clause, and found it kept."""
    if clause in check.get("unsought", ()):
        return False
    if check["outcome"] == "passed":
        return check["exercised"] is None or clause in check["exercised"]
    return check["outcome"] == "failed" and clause in check["kept"]


def _blamed(check: Values, clause: str) -> list[str]:
    """The clauses for whose breach a check did not judge a clause; empty where it was for anything else."""
    if check["outcome"] == "not-tested" and check.get("presupposes"):
        return [check["presupposes"]]
    broken = [breach["clause"] for breach in check["breaches"]]
    return broken if check["outcome"] == "failed" and clause not in broken else []


def _is_absent(clause: Values) -> bool:
    """Whether a verdict is what comes of a deployment that does not have what the clause is about."""
    if clause["verdict"] == "not-tested":
        return clause["cause"] in FORGIVABLE
    return clause["verdict"] == "violates" and _kinds(clause) <= ABSENCE


def _is_seen(clause: Clause, found: Values) -> bool:
    """Whether a verdict shows that the deployment has what the clause is about."""
    if found["verdict"] == "violates":
        return not _kinds(found) <= ABSENCE
    return found["verdict"] == "conforms" and not clause.unconditional


def _kinds(clause: Values) -> set[str]:
    return {each["kind"] for each in clause["fingerprints"]}
