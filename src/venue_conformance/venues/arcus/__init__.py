"""Arcus: POST /v1/batchCancelOrders, each element signed with Ed25519 (batch-cancel page)."""

from __future__ import annotations

from venue_conformance.client.outgoing import IdPositions
from venue_conformance.client.venue import Venue
from venue_conformance.target.file import CredentialShape
from venue_conformance.venues.arcus import oracle
from venue_conformance.venues.arcus.caller import TIME_PATH, ArcusCaller
from venue_conformance.venues.arcus.envelope import BATCH_METHOD, BATCH_PATH, KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER
from venue_conformance.venues.arcus.ids import unknown_order_id
from venue_conformance.venues.arcus.signing import what_is_wrong

VENUE = Venue(
    name="arcus",
    title="Arcus",
    credentials=CredentialShape(
        account_name="address",
        required=frozenset({"private_key", "address"}),
        optional=frozenset({"ws_url"}),
        secret=frozenset({"private_key"}),
        headers=frozenset({KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER}),
        validate=what_is_wrong,
    ),
    production_hosts=frozenset({"api.arcus.xyz"}),
    # No budget is documented that a run could meet (target protocol, section 1).
    pace=None,
    caller=ArcusCaller,
    accepts="arcus.signature.single-cancel-bytes",
    answer_members={"responses": list},
    positions=IdPositions(
        # That the operation is called with POST alone is seen by calling it otherwise.
        routes=(
            (BATCH_METHOD, BATCH_PATH),
            *((method, BATCH_PATH) for method in ("GET", "PUT", "DELETE")),
            ("GET", "/v1/order/{id}"),
            ("GET", TIME_PATH),
        ),
        array="cancels",
        ids=frozenset({"orderId", "clientId"}),
        plain=frozenset({"address", "marketId", "accountIndex", "kind", "timestamp", "validUntil", "signature"}),
    ),
    cancels={kind: oracle.FATES[kind][1] for kind in ("open", "partially_filled")},
    unknown_id=unknown_order_id,
    how_to_sign=(
        "X_API_KEY is the Ed25519 public key in hex, X_TIMESTAMP=$(date +%s%N). Each element is signed for itself, "
        'with X_TIMESTAMP as its timestamp: {"ad":address,"ai":accountIndex,"c":clientId,"ct":timestamp,"id":orderId,'
        '"m":marketId,"op":2,"v":1} without blanks, and without the id that it does not have; the signature in hex '
        "takes the place of *** in the body, the first one is X_SIGNATURE"
    ),
)
