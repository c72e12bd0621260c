"""What all renderings of a report ask of it: its violations, what was not tested, and how an exchange reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES
from venue_conformance.report.finalizing import SERVER_ERRORS
from venue_conformance.report.run_verdict import forgiven, problems_of, status_of
from venue_conformance.report.text import LARGEST_TEXT, counted, cut, one_line, printable

Values = Mapping[str, Any]

#: Where a generated request can end, by its field in a depth record, from the outermost layer to the innermost.
DEPTHS = {
    "authentication": "stopped at authentication",
    "rate_limit": "stopped at the rate limit",
    "shape": "stopped at their shape",
    "core": "reached the core",
    "failure": "met a server error",
}

#: How many of many are named in one line.
_SHOWN = 3

_MEANINGS = {
    0: "every clause that was judged is kept",
    1: "at least one clause is violated",
    3: "nothing is violated, but not everything was tested",
    4: "the suite itself failed, so its verdicts cannot be relied on",
    130: "interrupted; this is what was found out until then",
}


@dataclass(frozen=True)
class Untested:
    """Clauses that were not tested for one cause: a need that was not met, or else a reason."""

    cause: str
    is_need: bool
    clauses: list[str]


def meaning(document: Values) -> str:
    """What the exit status of a report says about the target, in words."""
    status, verdict = status_of(document), document["run"]["verdict"]
    if status == 1 and verdict != "violates":
        return "no clause is violated that is not accepted, but the baseline does not fit"
    client = document.get("client") or {"require": None, "profiles": []}
    if status == 3 and verdict == "partial" and client["require"] not in (None, *client["profiles"]):
        return f"nothing is violated, but the profile {client['require']} is not earned"
    if status == 3 and document["run"].get("missing"):
        return "nothing is violated, but a part of the run is missing"
    if status == 3 and verdict == "inconclusive":
        return f"the {'client' if document.get('client') else 'target'} could not be judged"
    if status == 0 and any(c.get("forgiven") and c["verdict"] == "violates" for c in document["clauses"]):
        return "every clause that was judged is kept, or its breach is accepted"
    if status == 0 and verdict == "partial":
        return "nothing that was tested is violated, and untested clauses were allowed"
    if status == 3 and document["run"]["allow_untested"] and forgiven(document) is None:
        return "--allow-untested forgives no clause for which time, the way or the selection is to blame"
    return _MEANINGS.get(status, "unknown exit status")


def violations(document: Values, *, counting: bool = False) -> Iterator[tuple[Values, list[Values]]]:
    """Each violated clause, the gravest first, with the checks that found it broken.

    Of each check ``expected``, ``actual`` and ``steps`` are those of this breach. A clause that follows from another
    comes right behind that one. With ``counting`` those that a baseline forgives are left out.
    """
    failed = [check for check in document["checks"] if check["outcome"] == "failed"]
    violated = sorted(with_verdict(document, "violates"), key=_gravity)
    if counting:
        violated = [clause for clause in violated if not clause.get("forgiven")]
    there = {clause["id"] for clause in violated}
    violated = [clause if clause["follows"] in there else {**clause, "follows": None} for clause in violated]
    roots = [clause for clause in violated if clause["follows"] is None]
    for root in roots:
        for clause in (root, *(each for each in violated if each["follows"] == root["id"])):
            yield clause, [found for check in failed if (found := _as_breach_of(check, clause["id"]))]


def _gravity(clause: Values) -> tuple[bool, int]:
    return clause["level"] != "must", IMPORTANCES.index(clause["importance"])


def _as_breach_of(check: Values, clause_id: str) -> Values | None:
    """A failed check with what it says of one clause; None where it says nothing of it."""
    for breach in check["breaches"]:
        if breach["clause"] == clause_id:
            reported = {"expected": breach["expected"], "actual": breach["actual"], "kinds": breach.get("kinds", [])}
            return {**check, **reported, "steps": breach["steps"] or check["steps"]}
    return None


def is_advisory(check: Values, document: Values) -> bool:
    """Whether a failed check found only should clauses broken, in a run in which these do not count."""
    if document["run"]["strict"]:
        return False
    levels = {clause["id"]: clause["level"] for clause in document["clauses"]}
    pardoned = {clause["id"] for clause in document["clauses"] if clause.get("forgiven")}
    return all(levels.get(each["clause"]) != "must" or each["clause"] in pardoned for each in check["breaches"])


def pardon(check: Values, document: Values) -> str | None:
    """Why a baseline forgives all that a failed check found broken; None where it does not."""
    why = {clause["id"]: clause["forgiven"]["told"] for clause in document["clauses"] if clause.get("forgiven")}
    broken = [breach["clause"] for breach in check["breaches"]]
    if check["outcome"] != "failed" or not broken or not all(clause in why for clause in broken):
        return None
    return "; ".join(f"{clause}: {why[clause]}" for clause in broken)


def forgiven_clauses(document: Values) -> list[tuple[str, str]]:
    """The clauses whose verdict a baseline forgives, and why, in a sentence with who answers for it."""
    return [
        (clause["id"], f"{each['told']} ({', '.join(filter(None, (each['owner'], each['ticket'])))})")
        for clause in document["clauses"]
        if (each := clause.get("forgiven"))
    ]


def repeats(document: Values) -> str | None:
    """How many checks were repeated after faults of the way, and after which; None when none was."""
    repeated = [check for check in document["checks"] if check["repeats"]]
    if not repeated:
        return None
    faults = Counter(fault for check in repeated for fault in check["faults"])
    reported = ", ".join(f"{fault} ×{number}" for fault, number in faults.most_common())
    return f"{counted(len(repeated), 'check')} repeated: {reported}"


def passing_server_errors(document: Values) -> str | None:
    """What is said of server errors that were too few to break anything; None when there were none."""
    whole = next((check for check in document["checks"] if check["id"] == SERVER_ERRORS), None)
    return None if whole is None or whole["outcome"] == "failed" else str(whole["reason"])


def probe_warning(document: Values) -> str | None:
    """What the probe found wrong, to be said at the top and at the bottom; None when nothing was.

    An answer that let the run be tried is told only where the run could then not judge: it may well say why.
    """
    run, probe = document["run"], document["run"]["probe"]
    if probe is None or probe["kind"] == "ok" or (probe["kind"] == "other" and run["verdict"] != "inconclusive"):
        return None
    return str(probe["told"])


def beside_the_verdict(document: Values) -> list[str]:
    """What is said right under the verdict.

    The bound at which the run ended, repetitions, passing server errors, what was left open, what is accepted and was
    not met, where the baseline does not fit, contested observations.
    """
    reported = [document["run"].get("limit"), repeats(document), passing_server_errors(document), left_open(document)]
    reported += [f"accepted, {clause}: {told}" for clause, told in unmet(document)]
    reported += [f"the baseline does not fit: {each['clause']}: {each['told']}" for each in problems_of(document)]
    return [text for text in reported if text] + [f"{clause}: {text}" for clause, text in contested(document)]


def unmet(document: Values) -> list[tuple[str, str]]:
    """The accepted breaches that a run was about and did not meet, without having mended them: clause, and why."""
    there = {clause["id"] for clause in document["clauses"] if clause["cause"] != "not-selected"}
    entries = [each for each in document.get("baseline", {}).get("accepted", ()) if each["state"] == "not-met"]
    return [(each["clause"], each["told"]) for each in entries if each["clause"] in there]


def left_open(document: Values) -> str | None:
    """What the run could not give back, in a sentence; None when there is nothing."""
    left = document["run"].get("left_open", ())
    if not left:
        return None
    orders = list(dict.fromkeys(order for each in left for order in each["orders"]))
    reported = [f"{counted(len(orders), 'order')} ({_first(orders)})"] if orders else []
    if unknown := sum(not each["orders"] for each in left):
        reported.append(f"{unknown} state{'' if unknown == 1 else 's'} of which no orders are known")
    reasons = list(dict.fromkeys(each["reason"] for each in left))
    return f"not given back: {' and '.join(reported)}: {_first(reasons)}; run.left_open lists all"


def _first(texts: Sequence[str]) -> str:
    shown = ", ".join(one_line(text) for text in texts[:_SHOWN])
    return shown if len(texts) <= _SHOWN else f"{shown} and {len(texts) - _SHOWN} more"


def contested(document: Values) -> list[tuple[str, str]]:
    """What was observed of clauses on which the contract page and later documentation disagree: clause and text."""
    ids = {clause["id"] for clause in document["clauses"] if clause["contested"]}
    return [(clause, text) for clause, text in observed(document) if clause in ids]


def expected(check: Values) -> str:
    """What a failed check expected, in words."""
    return str(check["expected"] or "something else")


def actual(check: Values) -> str:
    """What came instead, in words."""
    return str(check["actual"] or check["reason"] or "not told")


def with_verdict(document: Values, verdict: str) -> list[Values]:
    """The clauses with one verdict."""
    return [clause for clause in document["clauses"] if clause["verdict"] == verdict]


def not_exercised(document: Values) -> list[tuple[str, str | None]]:
    """The clauses about something that a client never did, each with what that is."""
    return [(clause["id"], clause.get("when")) for clause in with_verdict(document, "not-exercised")]


def client_lines(document: Values) -> list[str]:
    """Which client was judged, and the profiles that it earned; nothing where a venue was judged."""
    client = document.get("client")
    if client is None:
        return []
    none = "none, as only some scenarios were played" if document["run"]["selection"] else "none"
    earned = ", ".join(client["profiles"]) or none
    name = " ".join(part for part in (client["name"], client["version"]) if part)
    return [f"client {name}: profiles earned: {earned}; asked for: {client['require'] or 'none'}"]


def untested(document: Values) -> list[Untested]:
    """The clauses that were not tested, summed up by what would make them testable, else by the reason.

    Those that the run was not about are left out.
    """
    causes: dict[tuple[bool, str], list[str]] = {}
    for clause in with_verdict(document, "not-tested"):
        if clause["cause"] == "not-selected" or clause.get("forgiven"):
            continue
        keys = [(True, need) for need in clause["needs"]] or [(False, clause["reason"] or "no reason given")]
        for key in keys:
            causes.setdefault(key, []).append(clause["id"])
    ordered = sorted(causes.items(), key=lambda item: (not item[0][0], -len(item[1]), item[0][1]))
    return [Untested(cause, is_need, clauses) for (is_need, cause), clauses in ordered]


def observed(document: Values) -> dict[tuple[str, str], list[str]]:
    """The checks that saw it, by clause and by what was observed."""
    seen: dict[tuple[str, str], list[str]] = {}
    for each in document["observations"]:
        seen.setdefault((each["clause"], each["observed"]), []).append(each["check"])
    return seen


@dataclass(frozen=True)
class Reach:
    """How deep the generated requests of one family got, over all checks: how many ended where."""

    operation: str
    family: str
    depths: Mapping[str, int]

    @property
    def sent(self) -> int:
        """How many were sent."""
        return sum(self.depths.values())


def outcomes(document: Values) -> Counter[str]:
    """How many checks ended in which way; those that the run left out are counted apart.

    Not those that the end of the run makes up: nobody has seen them selected.
    """
    checks = [check for check in document["checks"] if "::" in check["id"] and not check["id"].startswith("run::")]
    return Counter("left-out" if check.get("cause") == "not-selected" else str(check["outcome"]) for check in checks)


def reach(document: Values) -> list[Reach]:
    """How deep generated requests got, by operation and family; empty when none were sent."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for each in document.get("depth", ()):
        depths = sums.setdefault((each["operation"], each["family"]), dict.fromkeys(DEPTHS, 0))
        for depth in DEPTHS:
            depths[depth] += each[depth]
    return [Reach(operation, family, depths) for (operation, family), depths in sums.items()]


def suite_errors(document: Values) -> list[str]:
    """What went wrong with the suite itself, in checks and outside them."""
    broken = [check for check in document["checks"] if check["outcome"] == "error"]
    return [*document["run"]["errors"], *(f"{check['id']}: {check['reason'] or 'no reason given'}" for check in broken)]


def exchanges_by_id(document: Values) -> dict[int, Values]:
    """The exchanges of a report by their number."""
    return {exchange["id"]: exchange for exchange in document["exchanges"]}


def steps(check: Values) -> Sequence[Values]:
    """What happened during a check; its exchanges alone where no steps were recorded.

    A state that was asked for again and again, with the same answer, is one step, with ``times``.
    """
    if not check["steps"]:
        return [{"exchange": number} for number in check["exchanges"]]
    alike = ((step, sum(1 for _ in run)) for step, run in groupby(check["steps"]))
    return [
        step
        for each, times in alike
        for step in ([{**each, "times": times}] if times > 1 and "state" in each else [each] * times)
    ]


def request_text(exchange: Values, limit: int = LARGEST_TEXT) -> str:
    """A request as it reads on the wire, printable, its body cut."""
    first = f"{exchange['method']} {exchange['url']}"
    return _message(first, exchange["request_headers"], exchange["request_body"], limit)


def response_text(exchange: Values, limit: int = LARGEST_TEXT) -> str:
    """An answer as it reads on the wire, printable, its body cut; the fault where there was none."""
    if exchange["status"] is None:
        return printable(cut(exchange["fault"] or "no answer", limit))
    text = _message(str(exchange["status"]), exchange["response_headers"], exchange["response_body"], limit)
    left_out = exchange["response_body_left_out"]
    return f"{text}\n({left_out} bytes of the body were not kept)" if left_out else text


def count(clauses: Sequence[str]) -> str:
    """How many clauses, in words."""
    return counted(len(clauses), "clause")


def compact(value: object) -> str:
    """A JSON value on one line."""
    return json.dumps(value, ensure_ascii=False)


def _message(first: str, headers: Mapping[str, str] | None, body: str | None, limit: int) -> str:
    if headers is None:
        return f"{one_line(first, 4096)}\n(headers and body are in the journal of the run)"
    lines = [one_line(first, 4096), *(one_line(f"{name}: {value}", 4096) for name, value in headers.items())]
    return "\n".join(lines) + ("" if not body else "\n\n" + printable(cut(body, limit)))
