"""Freedoms in which requests are taken, and in what is done with them."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..orders import Account, Order, Status
from ..rows import Row, RowError
from ..venue import BATCH_PATH, BayseVenue

_SECONDS_ARE_BELOW = 100_000_000_000
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class HasOneRowForAnOrder(BayseVenue):
    """An id named twice may have one row instead of one for each mention."""

    concerns = ("bayse.rows.duplicates", "bayse.rows.duplicates-consistent")

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        return await super().cancel_all(account, list(dict.fromkeys(order_ids)))


class TellsRepeatsAlike(BayseVenue):
    """An id named twice may have two rows that tell the one thing that became of its order."""

    concerns = ("bayse.rows.duplicates", "bayse.rows.duplicates-consistent")

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = {row["orderId"]: row for row in await super().cancel_all(account, list(dict.fromkeys(order_ids)))}
        return [rows[order_id] for order_id in order_ids]


class RefusesWhatFailsWholly(BayseVenue):
    """A batch of which no order could be cancelled may have a status of its own, with the rows that say so."""

    concerns = ("bayse.rows.all-failed-status",)

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        response = await super().run_batch(account, order_ids)
        answer = json.loads(response.body) if response.status == 200 else {}
        failed = answer.get("summary", {}).get("succeeded") == 0
        return self.reply(422, answer) if failed else response

    def worth_keeping(self, response: Response) -> bool:
        return super().worth_keeping(response) or (response.status == 422 and b'"summary"' in response.body)


class CountsDifferentIds(BayseVenue):
    """The limit of one hundred may be one of different orders, and the price one of different ids."""

    concerns = ("bayse.limits.repeats-over-the-limit", "bayse.limits.over-hundred-refused")

    def check_count(self, order_ids: Sequence[Any]) -> None:
        texts = [order_id for order_id in order_ids if isinstance(order_id, str)]
        super().check_count(range(len(set(texts)) + len(order_ids) - len(texts)))

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return len(set(order_ids))


class RefusesWhatIsNoUuid(BayseVenue):
    """An entry that is no UUID may fail the whole request."""

    concerns = ("bayse.limits.malformed-id", "bayse.robustness.no-server-error")

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        if not _UUID.fullmatch(text):
            raise Refusal(400, "bad_request", "Every order id must be a UUID")
        return text


class FailsWhatIsNoTextAlone(BayseVenue):
    """An entry that is no text may fail in a row of its own."""

    concerns = ("bayse.limits.malformed-id", "bayse.robustness.no-server-error")

    def read_order_id(self, order_id: Any) -> str:
        if isinstance(order_id, (list, dict)):
            return "[]" if isinstance(order_id, list) else "{}"
        return order_id if isinstance(order_id, str) else json.dumps(order_id)


class KnowsUuidsInAnyCase(BayseVenue):
    """A UUID may be known in any case; its row has it as it was sent."""

    concerns = ("bayse.rows.echo-order-id", "bayse.limits.malformed-id")

    def cancel_one(self, account: Account, order_id: str) -> Row:
        row = super().cancel_one(account, order_id.lower() if _UUID.fullmatch(order_id) else order_id)
        return {**row, "orderId": order_id}


class LetsForeignAmmOrdersBeSeen(BayseVenue):
    """Another caller's AMM order may fail for its engine, before anybody asks whose it is."""

    concerns = ("bayse.engine.foreign-amm", "bayse.isolation.foreign-not-found", "bayse.isolation.indistinguishable")

    def objection(self, account: Account, order: Order | None) -> RowError | None:
        if order is not None and not self.is_supported(order):
            return self.unsupported_engine(order)
        return super().objection(account, order)


class RefusesTheFuture(BayseVenue):
    """A timestamp ahead of the venue's clock may be refused; a second is allowed for."""

    concerns = ("bayse.authentication.future-timestamp", "bayse.authentication.recent-timestamp-accepted")

    def is_fresh(self, seconds: int) -> bool:
        return super().is_fresh(seconds) and seconds <= self.clock.seconds() + 1


class ChecksTimestampsByAFastClock(BayseVenue):
    """The machine that checks timestamps may be a few seconds ahead of the one that writes Date."""

    concerns = ("bayse.authentication.stale-timestamp-refused", "bayse.authentication.recent-timestamp-accepted")

    def is_fresh(self, seconds: int) -> bool:
        return super().is_fresh(seconds - 5)


class TrustsAnyFuture(BayseVenue):
    """Nothing says that a timestamp ahead of the venue's clock is refused."""

    concerns = ("bayse.authentication.future-timestamp", "bayse.authentication.stale-timestamp-refused")

    def is_fresh(self, seconds: int) -> bool:
        return super().is_fresh(seconds) or seconds > self.clock.seconds()


class ReadsTimestampsInMilliseconds(BayseVenue):
    """A timestamp that is too large for seconds may be read as milliseconds."""

    concerns = ("bayse.authentication.timestamp-units", "bayse.authentication.stale-timestamp-refused")

    def is_fresh(self, seconds: int) -> bool:
        return super().is_fresh(seconds // 1000 if seconds > _SECONDS_ARE_BELOW else seconds)

    def seconds_of(self, timestamp: str) -> int | None:
        return int(timestamp) if timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 13 else None


class ComparesDecodedSignatures(BayseVenue):
    """Signatures may be compared as bytes; the last character of their base64 has bits that do not count."""

    concerns = ("bayse.authentication.malformed-signature-refused", "bayse.authentication.base64-signature")

    def same_signature(self, expected: str, given: str) -> bool:
        try:
            return hmac.compare_digest(base64.b64decode(expected), base64.b64decode(given, validate=True))
        except (binascii.Error, ValueError):
            return False


class ChecksTheTimestampFirst(BayseVenue):
    """The order of checks is free: here a stale timestamp is refused whatever the signature and the key."""

    concerns = ("bayse.authentication.stale-timestamp-refused", "bayse.authentication.unknown-key-refused")

    async def authenticate(self, request: Request) -> Account:
        self.check_freshness(self.timestamp_of(request))
        return await super().authenticate(request)


class ValidatesBeforeItAuthenticates(BayseVenue):
    """The order of checks is free: here a malformed body is refused before anybody asks who sent it."""

    concerns = ("bayse.limits.wrong-type-refused", "bayse.robustness.no-server-error")

    async def cancel_batch(self, request: Request) -> Response:
        self.read_order_ids(request)
        return await super().cancel_batch(request)


class ShowsEffectsLate(BayseVenue):
    """Reads may lag behind: they show the status that an order had 200 ms ago."""

    concerns = (
        "bayse.lifecycle.open-cancelled",
        "bayse.lifecycle.cancelled-is-final",
        "bayse.isolation.foreign-untouched",
    )

    def visible_status(self, order: Order) -> Status:
        return order.status_at(self.clock.monotonic() - 0.2)


class ShowsEachEffectInItsOwnTime(BayseVenue):
    """One change may show later than another that was made after it: here those of a caller's first order."""

    concerns = (
        "bayse.lifecycle.filled-is-final",
        "bayse.idempotency.changed-body",
        "bayse.authentication.refused-cancels-nothing",
    )

    def visible_status(self, order: Order) -> Status:
        is_first = next(self.book.of(order.owner)) is order
        return order.status_at(self.clock.monotonic() - (0.5 if is_first else 0.0))


class ReadsFromTwoCopies(BayseVenue):
    """Reads may be answered by two copies in turn, of which one lags: a later one may tell of an earlier moment."""

    concerns = (
        "bayse.rows.success-flag",
        "bayse.lifecycle.cancelled-is-final",
        "bayse.lifecycle.open-cancelled",
        "bayse.isolation.foreign-untouched",
    )
    reads = 0

    async def handle(self, request: Request) -> Response:
        self.reads += b"order statuses" in request.body
        return await super().handle(request)

    def visible_status(self, order: Order) -> Status:
        return order.status_at(self.clock.monotonic() - 0.4) if self.reads % 2 == 0 else order.status


class CancelsOneByOne(BayseVenue):
    """Batches of several callers may be carried out interleaved, order by order."""

    concerns = ("bayse.independence.bad-id-affects-no-other", "bayse.idempotency.carried-out-once")

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        for order_id in order_ids:
            rows.append(self.cancel_one(account, order_id))
            await self.clock.sleep(0)
        return rows


class LooksBeforeItActs(BayseVenue):
    """Without a transaction each of two batches that overlap may find an order live, and say that it cancelled it."""

    concerns = ("bayse.lifecycle.overlap-both-succeed", "bayse.lifecycle.cancelled-is-final")

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        orders = {order_id: self.book.get(order_id) for order_id in order_ids}
        objections = {order_id: self.objection(account, order) for order_id, order in orders.items()}
        await self.clock.sleep(0.004)
        first = {order_id: self._cancelled_meanwhile(orders[order_id], objections[order_id]) for order_id in orders}
        return [
            self.success_row(order_id) if first.pop(order_id, False) else self.cancel_one(account, order_id)
            for order_id in order_ids
        ]

    def _cancelled_meanwhile(self, order: Order | None, objection: RowError | None) -> bool:
        return order is not None and objection is None and order.status is Status.CANCELLED


class HasNoNeighbours(BayseVenue):
    """A deployment may have the batch cancel and no other endpoint."""

    concerns = ("bayse.lifecycle.open-cancelled", "bayse.idempotency.other-route")

    async def answer(self, request: Request) -> Response:
        if request.path != BATCH_PATH or request.method != "DELETE":
            return self.refuse(Refusal(404, "not_found", "There is no such endpoint"))
        return await super().answer(request)
