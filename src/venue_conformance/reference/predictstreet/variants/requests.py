"""Freedoms in what is understood of a request, and in the order in which it is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Account, Caller, Order, is_uuid
from ..outcomes import UNKNOWN, Outcomes
from ..rate_limit import CANCEL_BATCH
from ..venue import PredictStreetVenue


class RefusesIdsThatAreNoUuids(PredictStreetVenue):
    """Refuses a batch in which an id is no UUID."""

    concerns = ("predictstreet.request.non-uuid-ids",)

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        if not is_uuid(text):
            raise self.invalid("each value in orderIds must be a UUID")
        return text


class TakesNumbersForTexts(PredictStreetVenue):
    """Takes a number or a boolean among the ids for its text."""

    concerns = ("predictstreet.request.coerced-elements", "predictstreet.limits.wrong-type-refused")

    def read_order_id(self, order_id: Any) -> str:
        return json.dumps(order_id) if isinstance(order_id, (int, float)) else super().read_order_id(order_id)


class IgnoresTheCaseOfIds(PredictStreetVenue):
    """Reads ids as UUIDs: letter case makes no difference, and they come back in lower case."""

    concerns = ("predictstreet.request.id-case", "predictstreet.duplicates.collapsed")

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        return text.lower() if is_uuid(text) else text


class IssuesIdsInUpperCase(PredictStreetVenue):
    """Issues order ids in upper case, and means exactly those."""

    concerns: tuple[str, ...] = ("predictstreet.request.id-case",)

    def new_order_id(self) -> str:
        return super().new_order_id().upper()


class SpeaksOfIdsInUpperCase(IssuesIdsInUpperCase):
    """Reads ids as UUIDs, and issues and reports all of them in upper case, however they were sent."""

    concerns = (
        "predictstreet.request.id-case",
        "predictstreet.isolation.unknown-not-found",
        "predictstreet.isolation.indistinguishable",
        "predictstreet.outcomes.every-id",
        "predictstreet.independence.bad-id-affects-no-other",
        "predictstreet.duplicates.same-reason",
    )

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        return text.upper() if is_uuid(text) else text


class IgnoresFurtherFields(PredictStreetVenue):
    """Ignores fields of the body that it does not know."""

    concerns = ("predictstreet.request.extra-fields",)

    def check_fields(self, document: dict[str, Any]) -> None:
        return


class WantsTheContentType(PredictStreetVenue):
    """Refuses a body that is not declared to be JSON."""

    concerns = ("predictstreet.request.content-type",)

    def read_object(self, request: Request) -> dict[str, Any]:
        media_type = (request.header("content-type") or "").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refusal(415, "unsupported_media_type", "The body must be application/json")
        return super().read_object(request)


class CallsAnEmptyWalletMalformed(PredictStreetVenue):
    """Takes an empty X-User-Wallet for a malformed one."""

    concerns = ("predictstreet.wallet.empty",)

    def declared_wallet(self, account: Account, request: Request) -> str:
        if request.header("x-user-wallet") == "":
            raise self.wallet_malformed(account)
        return super().declared_wallet(account, request)


class ServesKnownWalletsOnly(PredictStreetVenue):
    """Refuses with 403 to act for a wallet that no account was opened with."""

    concerns = (
        "predictstreet.access.unseen-wallet",
        "predictstreet.access.no-gate",
        "predictstreet.rate-limit.other-wallets-same-key",
    )

    def check_access(self, wallet: str) -> None:
        super().check_access(wallet)
        if wallet not in self.wallets:
            raise Refusal(403, "forbidden", "This wallet is not known here")


class ReadsTheBodyFirst(PredictStreetVenue):
    """Looks at the body before it looks at key, wallet and budget."""

    concerns = ("predictstreet.request.check-order", "predictstreet.rate-limit.refused-count")

    async def cancel_batch(self, request: Request) -> Response:
        self.read_order_ids(request)
        return await super().cancel_batch(request)


class TakesTheBatchAlongIntoTheUnknown(PredictStreetVenue):
    """Gives a whole batch up, and calls its open orders unknown, when one of them fails for a passing cause."""

    concerns = ("predictstreet.outcomes.unknown-rest",)

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if UNKNOWN not in outcomes.values():
            return outcomes
        return {order_id: reason or UNKNOWN for order_id, reason in outcomes.items()}


class LimitsBeforeItAuthenticates(PredictStreetVenue):
    """Charges a batch to the wallet that it claims to come from, before it looks at the secret."""

    concerns = ("predictstreet.request.check-order", "predictstreet.rate-limit.refused-count")

    async def cancel_batch(self, request: Request) -> Response:
        allowance = None
        try:
            key_id, _ = self.read_key(self.key_of(request))
            wallet = self.acting_wallet(self.find_account(key_id), request)
        except Refusal:
            pass  # whoever cannot be told from anybody else is refused further on
        else:
            allowance = self.charge(wallet, CANCEL_BATCH)
        caller = await self.authenticate(request)
        self.check_scope(caller, "orders:write")
        return self.with_allowance(await self.carry_out(caller, request), allowance)


class DropsWhatItsClientLeft(PredictStreetVenue):
    """Drops a batch whose client has hung up: nothing is cancelled."""

    concerns = (
        "predictstreet.lifecycle.open-cancelled",
        "predictstreet.lifecycle.read-back",
        "predictstreet.lifecycle.re-cancel",
    )

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        await self.hold(caller)
        if await request.hung_up():
            return self.refuse(self.failure(503, "The client has gone"))
        return await super().carry_out(caller, request)


class ReadsFromACopy(PredictStreetVenue):
    """Shows orders as they were 300 milliseconds ago; what requests do is decided by how they are."""

    concerns = ("predictstreet.lifecycle.read-back", "predictstreet.atomicity.no-partial-view")

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._before: dict[str, tuple[float, Order]] = {}

    def visible(self, order: Order) -> Order:
        since, before = self._before.get(order.id, (0.0, order))
        return before if self.clock.monotonic() - since < 0.3 else order

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        versions = super().cancelled_versions(found, outcomes)
        now = self.clock.monotonic()  # one moment for the whole batch: the copy, too, gets it all at once
        self._before.update((order.id, (now, found[order.id])) for order in versions)
        return versions


class ReadsFromTwoCopies(ReadsFromACopy):
    """Reads may be answered by two copies in turn, of which one lags: a later one may tell of an earlier moment."""

    concerns = ("predictstreet.lifecycle.read-back", "predictstreet.lifecycle.terminal-unchanged")
    reads = 0

    async def handle(self, request: Request) -> Response:
        self.reads += b"order statuses" in request.body
        return await super().handle(request)

    def visible(self, order: Order) -> Order:
        return super().visible(order) if self.reads % 2 == 0 else order
