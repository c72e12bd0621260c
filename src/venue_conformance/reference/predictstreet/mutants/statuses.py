"""Faults in the status in one of the occasions that it is documented for."""

from __future__ import annotations

import re

from ...http import Request
from ..base import Refusal
from ..orders import Account, Caller
from ..venue import PredictStreetVenue

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class AnswersAnEmptySecretWith400(PredictStreetVenue):
    """Refuses a key that ends before its secret with 400."""

    caught_by = "predictstreet.authentication.status-401"

    def read_key(self, api_key: str) -> tuple[str, str]:
        if api_key.endswith("_"):
            raise Refusal(400, "api_key_bad_format", "The API key has no secret")
        return super().read_key(api_key)


class ForbidsKeysOfOtherEnvironments(PredictStreetVenue):
    """Refuses a key of another environment with 403."""

    caught_by = "predictstreet.authentication.status-401"

    def read_key(self, api_key: str) -> tuple[str, str]:
        if api_key.startswith("ps_test_"):
            raise Refusal(403, "api_key_unknown_key", "The API key is not for this environment")
        return super().read_key(api_key)


class TakesTheWalletOfTheOrders(PredictStreetVenue):
    """Acts for the owner of a batch's first order when a multi_wallet key declares no wallet."""

    caught_by = "predictstreet.wallet.missing"

    async def authenticate(self, request: Request) -> Caller:
        try:
            return await super().authenticate(request)
        except Refusal as refusal:
            found = await self.store.find(_UUID.findall(request.body.decode()))
            if refusal.code != "api_key_user_wallet_required" or not found:
                raise
            [first, *_] = found.values()
            return Caller(self.account_of_key(request), first.wallet)


class AnswersACapitalXWith400(PredictStreetVenue):
    """Refuses a wallet that begins with 0X with 400."""

    caught_by = "predictstreet.wallet.malformed"

    def declared_wallet(self, account: Account, request: Request) -> str:
        if (request.header("x-user-wallet") or "").startswith("0X"):
            raise Refusal(400, "api_key_user_wallet_invalid", "X-User-Wallet must begin with 0x")
        return super().declared_wallet(account, request)
