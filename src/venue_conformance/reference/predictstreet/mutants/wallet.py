"""Faults in the acting wallet."""

from __future__ import annotations

import re
from typing import Unpack

from ...http import Request
from ..base import PredictStreetOptions, Refusal
from ..orders import Account, Caller, Order, PartnerKind
from ..outcomes import ALREADY_TERMINAL
from ..venue import PredictStreetVenue


class TakesThePartnersWalletForAMissingOne(PredictStreetVenue):
    """Acts for the partner's own wallet when a multi_wallet key declares none."""

    caught_by = "predictstreet.wallet.missing"

    def declared_wallet(self, account: Account, request: Request) -> str:
        if request.header("x-user-wallet") is None and account.wallet is not None:
            return account.wallet
        return super().declared_wallet(account, request)


class AnswersAMissingWalletWith400(PredictStreetVenue):
    """Refuses a missing wallet with 400."""

    caught_by = "predictstreet.wallet.missing"

    def wallet_missing(self, account: Account) -> Refusal:
        return Refusal(400, "api_key_user_wallet_required", "This API key requires X-User-Wallet")


class NamesNoCodeForAMissingWallet(PredictStreetVenue):
    """Refuses a missing wallet without naming what is missing."""

    caught_by = "predictstreet.wallet.missing"

    def wallet_missing(self, account: Account) -> Refusal:
        return self.unauthorized("auth_required", "Authentication is required")


class RemembersTheWallet(PredictStreetVenue):
    """Lets a key act for the wallet it declared last when it declares none."""

    caught_by = "predictstreet.wallet.not-remembered"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._last: dict[str, str] = {}

    def declared_wallet(self, account: Account, request: Request) -> str:
        if request.header("x-user-wallet") is None and account.key_id in self._last:
            return self._last[account.key_id]
        wallet = super().declared_wallet(account, request)
        self._last[account.key_id] = wallet
        return wallet


class _ReadsWalletsMoreLoosely(PredictStreetVenue):
    """Takes more texts for wallets than the pattern allows."""

    loose: re.Pattern[str]

    def is_wallet(self, text: str) -> bool:
        return self.loose.fullmatch(text) is not None


class TakesAnUpperCasePrefix(_ReadsWalletsMoreLoosely):
    """Takes 0X for 0x before a wallet."""

    loose = re.compile(r"0[xX][a-fA-F0-9]{40}")
    caught_by = "predictstreet.wallet.pattern"


class TakesWalletsWithoutPrefix(_ReadsWalletsMoreLoosely):
    """Takes the 40 digits of a wallet without 0x before them."""

    loose = re.compile(r"(0x)?[a-fA-F0-9]{40}")
    caught_by = "predictstreet.wallet.pattern"

    def normal_wallet(self, wallet: str) -> str:
        return "0x" + super().normal_wallet(wallet).removeprefix("0x")


class TakesShortWallets(_ReadsWalletsMoreLoosely):
    """Takes a wallet that a digit is missing of."""

    loose = re.compile(r"0x[a-fA-F0-9]{39,40}")
    caught_by = "predictstreet.wallet.pattern"


class LooksAtTheStartOfAWallet(_ReadsWalletsMoreLoosely):
    """Checks that a wallet begins like one, and cuts off what follows."""

    loose = re.compile(r"0x[a-fA-F0-9]{40}.*")
    caught_by = "predictstreet.wallet.pattern"

    def normal_wallet(self, wallet: str) -> str:
        return super().normal_wallet(wallet[:42])


class TakesAnyLettersInAWallet(_ReadsWalletsMoreLoosely):
    """Takes letters beyond f for digits of a wallet."""

    loose = re.compile(r"0x\w{40}")
    caught_by = "predictstreet.wallet.pattern"


class AnswersAMalformedWalletWith400(PredictStreetVenue):
    """Refuses a malformed wallet with 400."""

    caught_by = "predictstreet.wallet.malformed"

    def wallet_malformed(self, account: Account) -> Refusal:
        return Refusal(400, "api_key_user_wallet_invalid", "X-User-Wallet is malformed")


class CallsAMalformedWalletMissing(PredictStreetVenue):
    """Refuses a malformed wallet with the code of a missing one."""

    caught_by = "predictstreet.wallet.malformed"

    def wallet_malformed(self, account: Account) -> Refusal:
        return self.wallet_missing(account)


class TellsWalletsApartByCase(PredictStreetVenue):
    """Takes another spelling of a wallet for another wallet."""

    caught_by = "predictstreet.wallet.lower-cased"

    def normal_wallet(self, wallet: str) -> str:
        return wallet

    def budget_owner(self, caller: Caller, request: Request) -> str:
        return super().budget_owner(caller, request).lower()


class RefusesUpperCaseDigits(PredictStreetVenue):
    """Refuses a wallet that has an upper-case digit."""

    caught_by = "predictstreet.wallet.lower-cased"

    def is_wallet(self, text: str) -> bool:
        return super().is_wallet(text) and text == text.lower()


class RefusesMixedCaseDigits(PredictStreetVenue):
    """Refuses a wallet whose digits are neither all upper nor all lower case: its checksum is not right."""

    caught_by = "predictstreet.wallet.lower-cased"

    def is_wallet(self, text: str) -> bool:
        return super().is_wallet(text) and text[2:] in (text[2:].lower(), text[2:].upper())


class ActsForThePartnersWallet(PredictStreetVenue):
    """Checks the declared wallet of a multi_wallet key and acts for the partner's own."""

    caught_by = "predictstreet.wallet.decides"

    def declared_wallet(self, account: Account, request: Request) -> str:
        declared = super().declared_wallet(account, request)
        return account.wallet or declared


class ReachesEveryWalletOfThePartner(PredictStreetVenue):
    """Lets a multi_wallet key cancel orders of every wallet it has acted for, whichever it declares."""

    caught_by = "predictstreet.wallet.decides"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._acted_for: set[tuple[str, str]] = set()

    def declared_wallet(self, account: Account, request: Request) -> str:
        wallet = super().declared_wallet(account, request)
        self._acted_for.add((account.key_id, wallet))
        return wallet

    def owns(self, caller: Caller, order: Order) -> bool:
        return super().owns(caller, order) or (caller.account.key_id, order.wallet) in self._acted_for


class TellsAMultiWalletKeyWhatHasEnded(PredictStreetVenue):
    """Looks for a multi_wallet key whether an order has come to an end before it looks whose it is."""

    caught_by = "predictstreet.wallet.decides"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        of_many = caller.account.partner_kind is PartnerKind.MULTI_WALLET
        if of_many and order is not None and not self.is_cancellable(order):
            return self.already_terminal(order)
        return super().objection(caller, order)


class FindsWhatTheSameKeyCancelled(PredictStreetVenue):
    """Does not find a cancelled order any more under another key of its wallet than the one that cancelled it."""

    caught_by = "predictstreet.wallet.decides"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._cancelled_by: dict[str, str] = {}

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason, key_id = super().objection(caller, order), caller.account.key_id
        if order is None:
            return reason
        if reason is None:
            self._cancelled_by[order.id] = key_id
        elsewhere = reason == ALREADY_TERMINAL and self._cancelled_by.get(order.id, key_id) != key_id
        return self.not_found(order) if elsewhere else reason


class ObeysTheWalletOfASingleWalletKey(PredictStreetVenue):
    """Lets a single_wallet key act for any wallet that it declares."""

    caught_by = "predictstreet.wallet.ignored"

    def associated_wallet(self, account: Account, request: Request) -> str:
        declared = request.header("x-user-wallet")
        if declared is not None and self.is_wallet(declared):
            return self.normal_wallet(declared)
        return super().associated_wallet(account, request)


class RefusesAnotherWalletOfASingleWalletKey(PredictStreetVenue):
    """Refuses a single_wallet key that declares another wallet than its own."""

    caught_by = "predictstreet.wallet.ignored"

    def associated_wallet(self, account: Account, request: Request) -> str:
        declared = request.header("x-user-wallet")
        if declared is not None and self.is_wallet(declared) and declared.lower() != account.wallet:
            raise Refusal(403, "forbidden", "This key acts for another wallet")
        return super().associated_wallet(account, request)


class ChecksTheWalletOfASingleWalletKey(PredictStreetVenue):
    """Refuses a single_wallet key whose X-User-Wallet is malformed."""

    caught_by = "predictstreet.wallet.ignored-malformed"

    def acting_wallet(self, account: Account, request: Request) -> str:
        declared = request.header("x-user-wallet")
        if account.partner_kind is PartnerKind.SINGLE_WALLET and declared is not None and not self.is_wallet(declared):
            raise self.wallet_malformed(account)
        return super().acting_wallet(account, request)
