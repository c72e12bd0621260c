"""Faults in which requests are understood."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..orders import Account, Caller, Order
from ..outcomes import LOCK_INVARIANT
from ..venue import PredictStreetVenue


class WantsASignature(PredictStreetVenue):
    """Refuses a batch that carries no X-Signature."""

    caught_by = "predictstreet.request.example"

    def read_order_ids(self, request: Request) -> list[str]:
        if request.header("x-signature") is None:
            raise Refusal(400, "bad_signature", "A signature is required")
        return super().read_order_ids(request)


class CutsIdsOutOfTheBody(PredictStreetVenue):
    """Cuts the ids out of the text of a body as they stand there, and does not know one that is written in escapes."""

    caught_by = "predictstreet.request.example"

    def read_order_ids(self, request: Request) -> list[str]:
        super().read_order_ids(request)
        listed = request.body.partition(b"[")[2]
        return [found.decode() for found in re.findall(rb'"([^"]*)"', listed)]


class WantsTheWalletOfEveryKey(PredictStreetVenue):
    """Refuses a single_wallet key, too, when it declares no wallet."""

    caught_by = "predictstreet.request.example"

    def associated_wallet(self, account: Account, request: Request) -> str:
        if request.header("x-user-wallet") is None:
            raise self.wallet_missing(account)
        return super().associated_wallet(account, request)


class TakesNoListForNoIds(PredictStreetVenue):
    """Answers a body without orderIds with a success in which nothing was cancelled."""

    caught_by = "predictstreet.limits.list-required"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        return super().order_ids_in({"orderIds": [], **document})

    def check_count(self, order_ids: Sequence[Any]) -> None:
        if order_ids:
            super().check_count(order_ids)


class TakesABareArray(PredictStreetVenue):
    """Takes a bare array of ids for a body."""

    caught_by = "predictstreet.limits.list-required"

    def read_object(self, request: Request) -> dict[str, Any]:
        with suppress(ValueError, RecursionError):
            document = json.loads(request.body)
            if isinstance(document, list):
                return {"orderIds": document}
        return super().read_object(request)


class TakesAnyTextForABody(PredictStreetVenue):
    """Takes a body that is no JSON for a batch of the one id that it spells."""

    caught_by = "predictstreet.limits.list-required"

    def read_object(self, request: Request) -> dict[str, Any]:
        try:
            json.loads(request.body)
        except ValueError:
            return {"orderIds": [request.body.decode("utf-8", "replace")]}
        except RecursionError:
            pass
        return super().read_object(request)


class TakesOneIdForAList(PredictStreetVenue):
    """Takes a single id in place of the array."""

    caught_by = "predictstreet.limits.wrong-type-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        order_ids = document.get("orderIds")
        return [order_ids] if isinstance(order_ids, str) else super().order_ids_in(document)


class SkipsElementsThatAreNoTexts(PredictStreetVenue):
    """Leaves out the elements that are no strings and carries out the rest."""

    caught_by = "predictstreet.limits.wrong-type-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        order_ids = super().order_ids_in(document)
        return [order_id for order_id in order_ids if isinstance(order_id, str)] or order_ids


class TakesAnythingForAText(PredictStreetVenue):
    """Takes whatever stands among the ids for the text that it prints as."""

    caught_by = "predictstreet.limits.wrong-type-refused"

    def read_order_id(self, order_id: Any) -> str:
        return super().read_order_id(order_id if isinstance(order_id, str) else json.dumps(order_id))


class CrashesOnNulInAnId(PredictStreetVenue):
    """Hands ids to its database as they are and fails on a character that the database cannot store."""

    caught_by = "predictstreet.robustness.no-server-error"

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        if "\0" in text:
            raise Refusal(500, "internal_error", "invalid byte sequence for encoding UTF8")
        return text


class CrashesOnABodyThatIsNoObject(PredictStreetVenue):
    """Reaches for the fields of whatever JSON came and fails when it has none."""

    caught_by = "predictstreet.robustness.no-server-error"

    def read_object(self, request: Request) -> dict[str, Any]:
        try:
            document = json.loads(request.body)
        except (ValueError, RecursionError):
            document = {}
        if not isinstance(document, dict):
            raise Refusal(500, "internal_error", "Cannot read properties of the body")
        return super().read_object(request)


class AsksNewWalletsForADeposit(PredictStreetVenue):
    """Lets nobody cancel whose wallet has made no deposit, which is every wallet but the venue's first."""

    caught_by = "predictstreet.access.no-gate"

    def check_scope(self, caller: Caller, scope: str) -> None:
        super().check_scope(caller, scope)
        if caller.wallet != self.first_account.wallet:
            raise Refusal(403, "deposit_required", "Make a deposit first")


class ReviewsTheFirstBatchOfAWallet(PredictStreetVenue):
    """Refuses a wallet's first batch with 403 until its identity check has run."""

    caught_by = "predictstreet.access.no-gate"
    _reviewed: frozenset[str] = frozenset()

    def check_scope(self, caller: Caller, scope: str) -> None:
        super().check_scope(caller, scope)
        if caller.wallet not in self._reviewed:
            self._reviewed = self._reviewed | {caller.wallet}
            raise Refusal(403, "kyc_pending", "The identity check is pending")


class AsksForAnIdentityCheck(PredictStreetVenue):
    """Lets nobody cancel who has passed no identity check."""

    caught_by = "predictstreet.access.no-gate"

    def check_scope(self, caller: Caller, scope: str) -> None:
        super().check_scope(caller, scope)
        if not caller.account.identity_checked:
            raise Refusal(403, "kyc_required", "An identity check is required")


class ReportsOrdersWithoutIdentityAsLocked(PredictStreetVenue):
    """Cancels no order of a wallet without an identity check, and reports its balance lock as the reason."""

    caught_by = "predictstreet.access.no-gate"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        found = super().objection(caller, order)
        return LOCK_INVARIANT if found is None and not caller.account.identity_checked else found


class RefusesWalletsWithoutOrders(PredictStreetVenue):
    """Refuses a wallet that never had an order with 403, because nobody has looked into its identity yet."""

    caught_by = "predictstreet.access.no-gate"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        if not await self.store.of(caller.wallet):
            raise Refusal(403, "kyc_required", "An identity check is required")
        return await super().carry_out(caller, request)
