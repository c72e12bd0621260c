"""Faults in keys."""

from __future__ import annotations

from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..orders import Account, Caller, PartnerKind
from ..venue import PredictStreetVenue

_NOBODY = "0x" + "0" * 40


class ServesTheDeclaredWalletWithoutKey(PredictStreetVenue):
    """Serves a request that has no key for the wallet that it declares."""

    caught_by = "predictstreet.authentication.key-required"

    async def authenticate(self, request: Request) -> Caller:
        if request.header("x-api-key") is None:
            stranger = Account("", "", PartnerKind.MULTI_WALLET, _NOBODY)
            declared = request.header("x-user-wallet") or _NOBODY
            return Caller(stranger, declared.lower())
        return await super().authenticate(request)


class TakesAnEmptyKeyForTheFirst(PredictStreetVenue):
    """Serves a request without key, or with an empty one, as the account that its gateway falls back on."""

    caught_by = "predictstreet.authentication.key-required"

    def key_of(self, request: Request) -> str:
        return request.header("x-api-key") or self.first_account.api_key


class IgnoresThePrefix(PredictStreetVenue):
    """Reads id and secret from the end of the key and takes any prefix before them."""

    caught_by = "predictstreet.authentication.malformed-key-refused"

    def read_key(self, api_key: str) -> tuple[str, str]:
        parts = api_key.split("_", 2)
        return super().read_key("ps_live_" + parts[2] if len(parts) == 3 else api_key)


class TakesTestKeysForLive(PredictStreetVenue):
    """Takes the id and the secret of a key also under the prefix ps_test_."""

    caught_by = "predictstreet.authentication.malformed-key-refused"

    def read_key(self, api_key: str) -> tuple[str, str]:
        return super().read_key(api_key.replace("ps_test_", "ps_live_", 1))


class ServesKeysWithoutSecret(PredictStreetVenue):
    """Serves a key that ends after its id."""

    caught_by = "predictstreet.authentication.malformed-key-refused"

    def read_key(self, api_key: str) -> tuple[str, str]:
        key_id = api_key.removeprefix("ps_live_").rstrip("_")
        if key_id in self.accounts:
            return key_id, self.accounts[key_id].secret
        return super().read_key(api_key)


class OpensAnAccountForAnyKey(PredictStreetVenue):
    """Opens an account on the spot for a key that was never issued."""

    caught_by = "predictstreet.authentication.unknown-key-refused"

    def find_account(self, key_id: str) -> Account:
        if key_id not in self.accounts:
            self.accounts[key_id] = Account(key_id, "", PartnerKind.MULTI_WALLET, _NOBODY)
        return super().find_account(key_id)

    def secret_fits(self, account: Account, secret: str) -> bool:
        account.secret = account.secret or secret
        return super().secret_fits(account, secret)

    def declared_wallet(self, account: Account, request: Request) -> str:
        if account.wallet == _NOBODY and request.header("x-user-wallet") is None:
            return _NOBODY
        return super().declared_wallet(account, request)


class NeverLooksAtTheSecret(PredictStreetVenue):
    """Takes a key for right when its id is."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def secret_fits(self, account: Account, secret: str) -> bool:
        return True


class TakesTheSecretOfAnyKey(PredictStreetVenue):
    """Looks whether the secret was issued at all, and not for which id."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def secret_fits(self, account: Account, secret: str) -> bool:
        return any(super(TakesTheSecretOfAnyKey, self).secret_fits(one, secret) for one in self.accounts.values())


class ComparesTheStartOfTheSecret(PredictStreetVenue):
    """Compares the first 32 characters of the secret and no more."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def secret_fits(self, account: Account, secret: str) -> bool:
        return account.secret[:32] == secret[:32]


class IgnoresTheCaseOfTheSecret(PredictStreetVenue):
    """Compares secrets as if letter case did not matter."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def secret_fits(self, account: Account, secret: str) -> bool:
        return account.secret.lower() == secret.lower()


class CancelsBeforeItLooksAtTheSecret(PredictStreetVenue):
    """Cancels the batch of a known key id and then refuses its wrong secret."""

    caught_by = "predictstreet.authentication.refused-cancels-nothing"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            return await super().cancel_batch(request)
        except Refusal as refusal:
            if refusal.code == "api_key_bad_secret":
                key_id, _ = self.read_key(self.key_of(request))
                account = self.accounts[key_id]
                wallet = self.acting_wallet(account, request)
                await self.carry_out(Caller(account, wallet), request)
            raise


class CancelsBeforeItLooksAtTheWallet(PredictStreetVenue):
    """Cancels the batch for the partner's own wallet and then refuses the wallet that is missing or malformed."""

    caught_by = "predictstreet.authentication.refused-cancels-nothing"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            return await super().cancel_batch(request)
        except Refusal as refusal:
            if refusal.code.startswith("api_key_user_wallet_"):
                account = self.account_of_key(request)
                await self.carry_out(Caller(account, account.wallet or _NOBODY), request)
            raise


# -- faults in multi_wallet keys alone ---------------------------------------------------------------------------------


class NeedsNoKeyOnceAWalletIsDeclared(PredictStreetVenue):
    """Wants a key only of those who declare no wallet."""

    caught_by = "predictstreet.authentication.key-required"

    async def authenticate(self, request: Request) -> Caller:
        declared = request.header("x-user-wallet")
        if request.header("x-api-key") is None and declared is not None:
            return Caller(Account("", "", PartnerKind.MULTI_WALLET, _NOBODY), declared.lower())
        return await super().authenticate(request)


class ServesMultiWalletKeysWithoutSecret(ServesKeysWithoutSecret):
    """Serves a multi_wallet key that ends after its id."""

    caught_by = "predictstreet.authentication.malformed-key-refused"

    def read_key(self, api_key: str) -> tuple[str, str]:
        account = self.accounts.get(api_key.removeprefix("ps_live_").rstrip("_"))
        if account is not None and account.partner_kind is not PartnerKind.MULTI_WALLET:
            raise self.unauthorized("api_key_bad_format", "The API key must look like ps_live_<keyId>_<secret>")
        return super().read_key(api_key)


class OpensAnAccountForAnyKeyThatDeclaresAWallet(OpensAnAccountForAnyKey):
    """Opens an account on the spot for a key that was never issued, if the request declares a wallet."""

    caught_by = "predictstreet.authentication.unknown-key-refused"

    def account_of_key(self, request: Request) -> Account:
        key_id, _ = self.read_key(self.key_of(request))
        if key_id not in self.accounts and request.header("x-user-wallet") is None:
            raise self.unauthorized("api_key_unknown_key", "The API key is not known here")
        return super().account_of_key(request)


class NeverLooksAtTheSecretOfAMultiWalletKey(PredictStreetVenue):
    """Takes a multi_wallet key for right when its id is."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def secret_fits(self, account: Account, secret: str) -> bool:
        return account.partner_kind is PartnerKind.MULTI_WALLET or super().secret_fits(account, secret)


class CancelsForAMultiWalletKeyBeforeItLooksAtTheSecret(CancelsBeforeItLooksAtTheSecret):
    """Cancels the batch of a known multi_wallet key id and then refuses its wrong secret."""

    caught_by = "predictstreet.authentication.refused-cancels-nothing"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        if caller.account.partner_kind is PartnerKind.SINGLE_WALLET:
            self.account_of_key(request)
        return await super().carry_out(caller, request)


# -- documented on other pages -----------------------------------------------------------------------------------------


class AnswersWrongKeysWith403(PredictStreetVenue):
    """Refuses a key that cannot be served with 403."""

    caught_by = "predictstreet.authentication.status-401"

    def account_of_key(self, request: Request) -> Account:
        try:
            return super().account_of_key(request)
        except Refusal as refusal:
            refusal.status = 403
            raise


class _RenamesACode(PredictStreetVenue):
    """Refuses with another code than the documented one."""

    documented: str

    def unauthorized(self, code: str, message: str) -> Refusal:
        return super().unauthorized("unauthorized" if code == self.documented else code, message)


class NamesNoCodeForAMissingKey(_RenamesACode):
    """Calls a missing key unauthorized."""

    caught_by = "predictstreet.authentication.code-missing"
    documented = "auth_required"


class NamesNoCodeForABadFormat(_RenamesACode):
    """Calls a key that it cannot read unauthorized."""

    caught_by = "predictstreet.authentication.code-bad-format"
    documented = "api_key_bad_format"


class NamesNoCodeForAnUnknownKey(_RenamesACode):
    """Calls a key that was never issued unauthorized."""

    caught_by = "predictstreet.authentication.code-unknown-key"
    documented = "api_key_unknown_key"


class NamesNoCodeForABadSecret(_RenamesACode):
    """Calls a wrong secret unauthorized."""

    caught_by = "predictstreet.authentication.code-bad-secret"
    documented = "api_key_bad_secret"


class AnswersInTheFrameworksEnvelope(PredictStreetVenue):
    """Words errors as its framework does by default, with the code in the message."""

    caught_by = "predictstreet.robustness.error-code-field"

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        message = f"{refusal.code}: {refusal.message}"
        return {"statusCode": refusal.status, "message": message, "error": "Refused"}
