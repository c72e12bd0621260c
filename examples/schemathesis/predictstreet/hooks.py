"""Sends the key with what Schemathesis sends to PredictStreet. Set PREDICTSTREET_API_KEY."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase


class Key(AuthBase):
    """The key in its header; a single_wallet key needs no more."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header; whose wallet it is says the key."""
        request.headers["X-Api-Key"] = os.environ["PREDICTSTREET_API_KEY"]
        request.headers.pop("X-User-Wallet", None)
        return request


schemathesis.auth.set_from_requests(Key())


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:  # noqa: ARG001 - the signature is Schemathesis' own
    """Leave out members that nobody documents: a venue may refuse them, and a schema cannot say "perhaps"."""
    return {"orderIds": body["orderIds"]} if isinstance(body, dict) and "orderIds" in body else body
