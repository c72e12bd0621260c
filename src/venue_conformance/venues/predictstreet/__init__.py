"""PredictStreet: POST /api/orders/cancel-batch under a partner key (batch-cancel page)."""

from __future__ import annotations

from venue_conformance.client.outgoing import IdPositions
from venue_conformance.client.venue import Venue
from venue_conformance.target.file import CredentialShape
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import (
    BATCH_METHOD,
    BATCH_PATH,
    KEY_HEADER,
    MULTI_WALLET,
    SINGLE_WALLET,
    WALLET_HEADER,
    objection,
    secret_of,
)
from venue_conformance.wire.pacing import Window

VENUE = Venue(
    name="predictstreet",
    title="PredictStreet",
    credentials=CredentialShape(
        account_name="wallet",
        required=frozenset({"api_key", "partner_kind", "wallet"}),
        choices={"partner_kind": frozenset({SINGLE_WALLET, MULTI_WALLET})},
        secret=frozenset({"api_key"}),
        headers=frozenset({KEY_HEADER, WALLET_HEADER}),
        validate=objection,
        # Tampered keys hold the secret beside other parts.
        pieces=secret_of,
    ),
    production_hosts=frozenset({"core-api.adipredictstreet.com", "ws-gateway.adipredictstreet.com"}),
    # 5 requests a second and wallet. A tenth of a second more than that keeps within every kind of window.
    pace=lambda: Window(5, 1.1),
    caller=PredictStreetCaller,
    accepts="predictstreet.request.example",
    answer_members={"cancelled": list, "notCancelled": dict},
    positions=IdPositions(
        routes=((BATCH_METHOD, BATCH_PATH), ("GET", "/api/orders/{id}")),
        array="orderIds",
        plain=frozenset({"marketId", "_"}),
    ),
    cancels={
        "open": "predictstreet.lifecycle.read-back",
        "partially_filled": "predictstreet.lifecycle.partially-filled-cancelled",
    },
    how_to_sign="X_API_KEY is the whole key; nothing else is signed",
)
