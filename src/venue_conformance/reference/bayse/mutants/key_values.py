"""Faults of venues that read an Idempotency-Key as something else than text."""

from __future__ import annotations

import uuid

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut
from ..orders import Account
from ..venue import BayseVenue

_EXACT = "bayse.idempotency.keys-are-exact"


class KeepsKeysAsUuids(BayseVenue):
    """Keeps a key that is a UUID as one, so that its letter case and its hyphens do not count."""

    caught_by = _EXACT

    def normal_key(self, key: str) -> str:
        try:
            return str(uuid.UUID(key))
        except ValueError:
            return key


class KeepsKeysAsNumbers(BayseVenue):
    """Keeps a key of digits as a number, without the zeros that it begins with."""

    caught_by = _EXACT

    def normal_key(self, key: str) -> str:
        return str(int(key)) if key.isdecimal() else key


class ComparesKeysAsNumbers(BayseVenue):
    """Compares keys in a language in which two texts are equal when they are the same number."""

    caught_by = _EXACT

    def normal_key(self, key: str) -> str:
        try:
            return repr(float(key))
        except ValueError:
            return key


class FindsKeysThatEveryObjectHas(BayseVenue):
    """Keeps keys as the properties of an object, and finds some of them there before anybody has used them."""

    caught_by = "bayse.idempotency.key-alphabet-accepted"

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        if self.idempotency_key(request) in ("constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"):
            raise Refusal(422, "idempotency_key_reused", "This Idempotency-Key was used with a different request")
        return await super().once_per_key(account, request, carry_out)


class TakesZeroForNoKey(BayseVenue):
    """Takes a request whose key is 0 or null for one without a key."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def idempotency_key(self, request: Request) -> str | None:
        key = super().idempotency_key(request)
        return None if key in ("0", "null") else key
