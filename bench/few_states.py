"""What a target with few provider states lets be judged: whole runs of each reference with some states switched off.

``python -m bench.few_states [--venue V] [--state NAME]… [--disposable]``; by default `orders` and `order statuses`.
With ``--each-missing`` one state, or one kind of it, is missing in each run, by turns; exit status 1 when the reference
is then accused, when a run cannot judge, or when a clause is not tested for another reason than what is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from bench.verdicts import run, summary
from venue_conformance import reference
from venue_conformance.contract.manifest import Need, manifest_of
from venue_conformance.contract.resources import venue_names
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", action="append", choices=venue_names(), help="default: all of them")
    parser.add_argument("--state", action="append", help="a state to be offered (default: orders, order statuses)")
    parser.add_argument("--disposable", action="store_true", help="say that the file's account owns nothing of worth")
    parser.add_argument("--each-missing", action="store_true", help="all states but one, by turns")
    options = parser.parse_args()
    accused, states = False, options.state or ("orders", "order statuses")
    for venue in options.venue or venue_names():
        if options.each_missing:
            for missing in needs_of(venue):
                accused |= without(venue, missing)
        else:
            tell(venue, judged(venue, lambda need: need.state in states, disposable=options.disposable))
    sys.exit(accused)


def needs_of(venue: str) -> list[Need]:
    """What checks ask of states, as a target could leave it out: whole states, and kinds of them."""
    asked = {need for check in manifest_of(venue).values() for need in check.needs if not need.state.startswith("a")}
    kinds = {need for need in asked if need.param not in ("owner", "stranger", "read")}
    return sorted(kinds | {Need(need.state) for need in asked})


def judged(venue: str, offers: Callable[[Need], bool], *, disposable: bool = False) -> dict[str, Any]:
    """The report of one whole run of a reference that has only some states."""
    conforming = reference.load(venue).find()

    class Few(conforming):  # type: ignore[valid-type,misc]
        """Offers few states."""

        async def handle(self, request: Request) -> Response:
            if request.path.startswith("/_states"):
                asked = json.loads(request.body)
                if not offers(Need.of(asked["state"], asked.get("params") or {})):
                    return json_response(501, {"message": "not offered"})
            answered: Response = await super().handle(request)
            return answered

    with serve_in_thread(Few()) as server:
        file = server.target_file
        return run(file.replace("[credentials]", "[credentials]\ndisposable = true") if disposable else file)


def without(venue: str, missing: Need) -> bool:
    """Whether a run in which one state is missing, wholly or of one kind, came to what it should not have."""
    report = judged(venue, lambda need: need != missing and (need.state != missing.state or bool(missing.param)))
    clauses = [clause for clause in report["clauses"] if not clause["excluded"]]
    violated = [clause["id"] for clause in clauses if clause["verdict"] in ("violates", "inconclusive")]
    untested = [clause for clause in clauses if clause["verdict"] == "not-tested"]
    others = [f"{each['id']}: {each['cause']}: {each['reason']}" for each in untested if each["cause"] != "state"]
    print(f"{venue} without {missing}: {len(untested)} of {len(clauses)} not tested, accused {violated}", flush=True)
    for other in others:
        print(f"    {other}"[:300], flush=True)
    return bool(violated or others)


def tell(venue: str, report: dict[str, Any]) -> None:
    """Print what one whole run left out."""
    must = [clause for clause in report["clauses"] if clause["level"] == "must" and not clause["excluded"]]
    judged = [clause for clause in must if clause["verdict"] in ("conforms", "violates")]
    print(f"{venue}: {len(judged)} of {len(must)} must clauses judged; {summary(report)}")
    for clause in must:
        if clause not in judged:
            print(f"    {clause['id']}: {clause['cause']}: {clause['reason']}"[:220])
    print(flush=True)


if __name__ == "__main__":
    main()
