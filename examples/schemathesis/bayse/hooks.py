"""Signs what Schemathesis sends to Bayse. Set BAYSE_PUBLIC_KEY and BAYSE_SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from urllib.parse import urlsplit

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase


class Signer(AuthBase):
    """Signs the very bytes that go over the wire."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the three headers."""
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        now, path = str(int(time.time())), urlsplit(str(request.url)).path
        signed = f"{now}.{request.method}.{path}.{hashlib.sha256(body).hexdigest()}"
        mac = hmac.new(os.environ["BAYSE_SECRET_KEY"].encode(), signed.encode(), hashlib.sha256)
        request.headers["X-Public-Key"] = os.environ["BAYSE_PUBLIC_KEY"]
        request.headers["X-Timestamp"] = now
        request.headers["X-Signature"] = base64.b64encode(mac.digest()).decode()
        return request


schemathesis.auth.set_from_requests(Signer())
