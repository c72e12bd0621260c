"""Who is calling and for which wallet (the page, authorizations and headers; docs: errors/codes for the codes)."""

from __future__ import annotations

import hmac
import re

from ..http import Request
from .base import PredictStreetBase, Refusal
from .orders import Account, Caller, PartnerKind

# The id is 16 hexadecimal digits; the secret is base64url and may hold underscores, so a key is not split at them.
# Secrets have 43 characters, but the docs' own sample has 33: the length is left to the comparison.
_KEY = re.compile(r"ps_(live|test)_([0-9a-f]{16})_([A-Za-z0-9_-]+)", re.ASCII)
_WALLET = re.compile(r"0x[a-fA-F0-9]{40}", re.ASCII)

_REFUSED_BECAUSE = {
    "api_key_revoked": "This API key was revoked",
    "api_key_expired": "This API key has expired",
    "api_key_suspended": "The partner of this API key is suspended",
    "api_key_ip_denied": "This API key may not be used from here",
}


class KeyedRequests(PredictStreetBase):
    """Authenticates callers; each step is a method of its own."""

    async def authenticate(self, request: Request) -> Caller:
        """The caller of a request. Raises `Refusal` (401; 403 for a banned wallet) when it cannot be served."""
        account = self.account_of_key(request)
        self.check_standing(account)
        wallet = self.acting_wallet(account, request)
        self.check_access(wallet)
        return Caller(account, wallet)

    # -- the key ---------------------------------------------------------------------------------------------------

    def account_of_key(self, request: Request) -> Account:
        """The account whose key was sent. Raises `Refusal` (401)."""
        key_id, secret = self.read_key(self.key_of(request))
        account = self.find_account(key_id)
        if not self.secret_fits(account, secret):
            raise self.unauthorized("api_key_bad_secret", "The secret of the API key is wrong")
        return account

    def key_of(self, request: Request) -> str:
        """The one value of X-Api-Key. Raises `Refusal` (401) when it is missing, empty or sent more than once."""
        values = request.header_values("x-api-key")
        if not values or values == [""]:
            raise self.unauthorized("auth_required", "X-Api-Key is required")
        if len(values) > 1:
            raise self.unauthorized("api_key_bad_format", "X-Api-Key was sent more than once")
        return values[0]

    def read_key(self, api_key: str) -> tuple[str, str]:
        """The id and the secret of a key. Raises `Refusal` (401) when it cannot be read as prefix, id and secret.

        A `ps_test_` key has the right form but belongs to another environment: its id was never issued here.
        """
        parts = _KEY.fullmatch(api_key)
        if parts is None:
            raise self.unauthorized("api_key_bad_format", "The API key must look like ps_live_<keyId>_<secret>")
        if parts[1] != "live":
            raise self.unauthorized("api_key_unknown_key", "The API key is not known here")
        return parts[2], parts[3]

    def find_account(self, key_id: str) -> Account:
        """The account of a key id. Raises `Refusal` (401) when it was never issued."""
        account = self.accounts.get(key_id)
        if account is None:
            raise self.unauthorized("api_key_unknown_key", "The API key is not known here")
        return account

    def secret_fits(self, account: Account, secret: str) -> bool:
        """Whether the secret is the account's own, in a time that does not tell where it differs."""
        return hmac.compare_digest(account.secret.encode("ascii"), secret.encode("latin-1"))

    def check_standing(self, account: Account) -> None:
        """Raises `Refusal` (401) for a key that was right once and is served no longer."""
        if account.refused_as is not None:
            raise self.unauthorized(account.refused_as, _REFUSED_BECAUSE.get(account.refused_as, "Not served"))

    # -- the wallet ------------------------------------------------------------------------------------------------

    def acting_wallet(self, account: Account, request: Request) -> str:
        """The wallet that a request acts for. Raises `Refusal` (401) when it cannot be told."""
        if account.partner_kind is PartnerKind.MULTI_WALLET:
            return self.declared_wallet(account, request)
        return self.associated_wallet(account, request)

    def associated_wallet(self, account: Account, request: Request) -> str:
        """The wallet of a single_wallet key, whatever the request declares."""
        if account.wallet is None:
            raise self.unauthorized("api_key_no_associated_wallet", "No wallet is associated with this API key")
        return account.wallet

    def declared_wallet(self, account: Account, request: Request) -> str:
        """The wallet that X-User-Wallet declares; a multi_wallet key may act for any.

        Whether an empty value is missing or malformed is documented nowhere; here nothing was declared.
        """
        values = request.header_values("x-user-wallet")
        if not values or values == [""]:
            raise self.wallet_missing(account)
        if len(values) > 1 or not self.is_wallet(values[0]):
            raise self.wallet_malformed(account)
        return self.normal_wallet(values[0])

    def wallet_missing(self, account: Account) -> Refusal:
        """The refusal of a multi_wallet request that declares no wallet."""
        return self.unauthorized("api_key_user_wallet_required", "This API key requires X-User-Wallet")

    def wallet_malformed(self, account: Account) -> Refusal:
        """The refusal of a multi_wallet request whose wallet has not the form of one."""
        return self.unauthorized("api_key_user_wallet_invalid", "X-User-Wallet must be 0x and 40 hexadecimal digits")

    def is_wallet(self, text: str) -> bool:
        """Whether a text has the form of a wallet."""
        return _WALLET.fullmatch(text) is not None

    def normal_wallet(self, wallet: str) -> str:
        """The one spelling of a wallet that counts."""
        return wallet.lower()

    # -- what the caller may do ------------------------------------------------------------------------------------

    def check_access(self, wallet: str) -> None:
        """Raises `Refusal` (403) for a banned wallet. Nothing else shuts a wallet out: no identity, no deposit."""
        if wallet in self.banned_wallets:
            raise Refusal(403, "wallet_banned", "This wallet is banned")

    def check_scope(self, caller: Caller, scope: str) -> None:
        """Raises `Refusal` (403) when the caller's key was not granted the scope."""
        have = caller.account.scopes
        if scope not in have:
            details = {"requiredScope": scope, "have": sorted(have)}
            raise Refusal(403, "api_key_scope_missing", f"The API key lacks the scope {scope}", (), details)

    def unauthorized(self, code: str, message: str) -> Refusal:
        """The refusal of a request whose caller cannot be told or is not served."""
        return Refusal(401, code, message)
