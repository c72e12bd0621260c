"""A made-up venue: POST /cancel with at most ten order ids, authenticated by a token."""

from __future__ import annotations

from demo_venue.caller import PATH, DemoCaller
from venue_conformance.client.outgoing import IdPositions
from venue_conformance.client.venue import Venue
from venue_conformance.target.file import CredentialShape

VENUE = Venue(
    name="demo",
    title="Demo",
    credentials=CredentialShape(
        account_name="account",
        required=frozenset({"account", "token"}),
        secret=frozenset({"token"}),
        headers=frozenset({"Authorization"}),
    ),
    production_hosts=frozenset({"api.demo.example"}),
    pace=None,
    caller=DemoCaller,
    accepts="demo.batch.cancels-named",
    answer_members={"cancelled": list},
    positions=IdPositions(routes=(("POST", PATH),), array="ids", plain=frozenset({"_"})),
    cancels={"open": "demo.batch.cancels-named"},
)
