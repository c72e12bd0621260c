"""The signing hook with which plain Schemathesis calls a venue: what a careful user would write for it.

Credentials come from the environment as JSON, VENUE_CREDENTIALS, and the venue's name as VENUE_NAME.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase

from venue_conformance.venues.arcus.signing import cancel_members, canonical, public_key, sign
from venue_conformance.venues.bayse.signing import signed_headers
from venue_conformance.venues.predictstreet.keys import identity_headers

VENUE = os.environ["VENUE_NAME"]
CREDENTIALS: dict[str, str] = json.loads(os.environ["VENUE_CREDENTIALS"])


class Signer(AuthBase):
    """Signs the bytes that go over the wire."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers that say who sends the request."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        path = urlsplit(str(request.url)).path
        if VENUE == "bayse":
            pairs = signed_headers(CREDENTIALS, time.time(), str(request.method), path, body)
        elif VENUE == "predictstreet":
            pairs = identity_headers(CREDENTIALS)
        else:
            pairs = ()
        request.headers.update(dict(pairs))
        return request


schemathesis.auth.set_from_requests(Signer())


if VENUE == "arcus":

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - the signature is Schemathesis'
        """Name the caller, and sign each element of a valid body."""
        stamp = time.time_ns()
        case.headers.update(
            {"X-API-Key": public_key(CREDENTIALS["private_key"]), "X-Timestamp": str(stamp), "X-Signature": "ab" * 64}
        )
        case.query["address"] = CREDENTIALS["address"]
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return
        for element in case.body["cancels"]:
            element |= {"address": CREDENTIALS["address"], "accountIndex": 0, "marketId": int(element["marketId"])}
            if "timestamp" in element:
                element["timestamp"] = stamp
            members = cancel_members(
                address=element["address"],
                account_index=0,
                market_id=element["marketId"],
                timestamp=stamp,
                order_id=element.get("orderId"),
                client_id=element.get("clientId"),
            )
            element["signature"] = sign(CREDENTIALS["private_key"], canonical(members))
