"""Bayse: DELETE /v1/pm/orders/batch, signed with HMAC-SHA256 (batch-cancel page)."""

from __future__ import annotations

from venue_conformance.client.outgoing import IdPositions
from venue_conformance.client.venue import Venue
from venue_conformance.target.file import CredentialShape
from venue_conformance.venues.bayse import oracle
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import BATCH_METHOD, BATCH_PATH, KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER
from venue_conformance.wire.pacing import TokenBucket

VENUE = Venue(
    name="bayse",
    title="Bayse",
    credentials=CredentialShape(
        account_name="public_key",
        required=frozenset({"public_key", "secret_key"}),
        secret=frozenset({"secret_key"}),
        headers=frozenset({KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER, "Idempotency-Key"}),
    ),
    production_hosts=frozenset({"relay.bayse.markets", "socket.bayse.markets"}),
    # 20 tokens a second and key, one batch of 100 at once (target protocol, section 1).
    pace=lambda: TokenBucket(rate=20, burst=100),
    caller=BayseCaller,
    accepts="bayse.authentication.signed-request-accepted",
    answer_members={"results": list},
    positions=IdPositions(
        routes=((BATCH_METHOD, BATCH_PATH), ("DELETE", "/v1/pm/orders/{id}"), ("GET", "/v1/pm/orders/{id}")),
        array="orderIds",
        plain=frozenset({"_"}),
    ),
    how_to_sign=(
        "X_PUBLIC_KEY is the public key. X_TIMESTAMP=$(date +%s); "
        "HASH=$(printf %s \"$BODY\" | openssl dgst -sha256 -r | cut -d' ' -f1); X_SIGNATURE=$(printf %s "
        '"$X_TIMESTAMP.METHOD.PATH.$HASH" | openssl dgst -sha256 -hmac "$SECRET_KEY" -binary | base64); '
        "BODY is the body as it is sent, PATH the path without host and query"
    ),
    cancels={kind: oracle.RULES[kind].clause for kind in ("open", "partially_filled")},
)
