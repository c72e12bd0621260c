"""Sends the key with what Schemathesis sends to PredictStreet. Set PREDICTSTREET_API_KEY."""

from __future__ import annotations

import os

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
