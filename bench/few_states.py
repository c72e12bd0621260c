"""What a target with few provider states lets be judged: whole runs of each reference with some states switched off.

``python -m bench.few_states [--venue V] [--state NAME]… [--disposable]``; by default `orders` and `order statuses`.
"""

from __future__ import annotations

import argparse

from bench.verdicts import run, summary
from venue_conformance import reference
from venue_conformance.contract.resources import venue_names
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", action="append", choices=venue_names(), help="default: all of them")
    parser.add_argument("--state", action="append", help="a state to be offered (default: orders, order statuses)")
    parser.add_argument("--disposable", action="store_true", help="say that the file's account owns nothing of worth")
    options = parser.parse_args()
    for venue in options.venue or venue_names():
        judge(venue, frozenset(options.state or ("orders", "order statuses")), disposable=options.disposable)


def judge(venue: str, states: frozenset[str], *, disposable: bool) -> None:
    """One whole run, and what it left out."""
    conforming = reference.load(venue).find()

    class Few(conforming):  # type: ignore[valid-type,misc]
        """Offers few states."""

        async def handle(self, request: Request) -> Response:
            asked = request.path.startswith("/_states") and not any(
                f'"state": "{state}"'.encode() in request.body or f'"state":"{state}"'.encode() in request.body
                for state in states
            )
            return json_response(501, {"message": "not offered"}) if asked else await super().handle(request)

    with serve_in_thread(Few()) as server:
        file = server.target_file
        report = run(file.replace("[credentials]", "[credentials]\ndisposable = true") if disposable else file)
    must = [clause for clause in report["clauses"] if clause["level"] == "must" and not clause["excluded"]]
    judged = [clause for clause in must if clause["verdict"] in ("conforms", "violates")]
    print(f"{venue}: {len(judged)} of {len(must)} must clauses judged; {summary(report)}")
    for clause in must:
        if clause not in judged:
            print(f"    {clause['id']}: {clause['cause']}: {clause['reason']}"[:220])
    print(flush=True)


if __name__ == "__main__":
    main()
