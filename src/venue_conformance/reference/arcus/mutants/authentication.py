"""Faults in keys."""

from __future__ import annotations

import json
import re
from typing import Any

from ...http import Request, Response
from ..base import Refusal, normal_address
from ..cancels import Caller
from ..orders import ApiKey
from ..venue import ArcusVenue
from ..verify import query_values


class TakesTheKeyFromTheAddress(ArcusVenue):
    """Without X-API-Key, takes the key that belongs to the address in the query."""

    caught_by = "arcus.authentication.key-required"

    def key_of(self, request: Request) -> ApiKey:
        if request.header("x-api-key") is None:
            return key_of_address(self, request)
        return super().key_of(request)


class AcknowledgesWithoutAKey(ArcusVenue):
    """Answers a batch without X-API-Key with 202, although it carries out nothing."""

    caught_by = "arcus.authentication.key-required"

    async def cancel_batch(self, request: Request) -> Response:
        if request.header("x-api-key") is None:
            return acknowledge_blindly(self, request)
        return await super().cancel_batch(request)


class ReadsTheFirst64Characters(ArcusVenue):
    """Cuts a longer X-API-Key to its first 64 characters."""

    caught_by = "arcus.authentication.malformed-key-refused"

    def written_key(self, request: Request) -> str:
        written = request.header("x-api-key")
        if written is not None and len(written) > 64 and written[:64].lower() in self.keys:
            return written[:64].lower()
        return super().written_key(request)


class RelaxesOnAMalformedKey(ArcusVenue):
    """Falls back to the key of the address when X-API-Key is malformed, as a development gateway may."""

    caught_by = "arcus.authentication.malformed-key-refused"

    def key_of(self, request: Request) -> ApiKey:
        written = request.header("x-api-key")
        if written is not None and not re.fullmatch("[0-9a-fA-F]{64}", written):
            return key_of_address(self, request)
        return super().key_of(request)


class AcknowledgesUnderAMalformedKey(ArcusVenue):
    """Answers a batch whose X-API-Key is malformed with 202, although it carries out nothing."""

    caught_by = "arcus.authentication.malformed-key-refused"

    async def cancel_batch(self, request: Request) -> Response:
        written = request.header("x-api-key")
        if written is not None and not re.fullmatch("[0-9a-fA-F]{64}", written):
            return acknowledge_blindly(self, request)
        return await super().cancel_batch(request)


class TrustsEveryWellFormedKey(ArcusVenue):
    """Lets a key that nobody registered act for the address in the query, if it signed the elements."""

    caught_by = "arcus.authentication.unknown-key-refused"

    def authenticate(self, request: Request) -> Caller:
        public_key = self.written_key(request)
        if public_key in self.keys:
            return super().authenticate(request)
        stranger = ApiKey(public_key, key_of_address(self, request).address)
        return Caller(self.accounts[stranger.address], stranger, self.timestamp_of(request))


class AcknowledgesAnUnregisteredKey(ArcusVenue):
    """Answers a batch under a key that nobody registered with 202 and rows of errors."""

    caught_by = "arcus.authentication.unknown-key-refused"

    async def cancel_batch(self, request: Request) -> Response:
        if self.written_key(request) not in self.keys:
            return acknowledge_blindly(self, request)
        return await super().cancel_batch(request)


def key_of_address(venue: ArcusVenue, request: Request) -> ApiKey:
    """Some key of the address in the query."""
    address = normal_address("".join(query_values(request, "address")))
    for key in venue.keys.values():
        if key.address == address:
            return key
    raise Refusal(401, "missing API key")


def acknowledge_blindly(venue: ArcusVenue, request: Request) -> Response:
    """A 202 with a row for each element, and nothing done."""
    try:
        cancels = json.loads(request.body)["cancels"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "cancels must be an array") from None
    rows: list[dict[str, Any]] = []
    for item in cancels:
        echoed = {name: item[name] for name in ("orderId", "clientId") if name in item}
        rows.append({"status": "CANCEL_ACKNOWLEDGED", "updateTime": venue.microseconds(), **echoed})
    return venue.reply(202, {"responses": rows})
