"""Freedoms in how answers travel, and in what else the venue serves."""

from __future__ import annotations

from dataclasses import replace

from ...http import Request, Response
from ..base import CHANNEL_PATH, Refusal
from ..orders import MARKETS, Account, ApiKey, Market, Order, Status
from ..venue import BATCH_PATH, ArcusVenue


class AnswersSlowly(ArcusVenue):
    """An answer may take its time."""

    concerns = ("arcus.async.success-status",)

    async def answer(self, request: Request) -> Response:
        await self.clock.sleep(0.08)
        return await super().answer(request)


class AnswersInChunks(ArcusVenue):
    """A body may travel in chunks, without Content-Length."""

    concerns = ("arcus.rows.responses-array",)

    async def answer(self, request: Request) -> Response:
        return replace(await super().answer(request), chunked=True)


class ClosesConnections(ArcusVenue):
    """The server may close the connection after every answer."""

    concerns = ("arcus.async.success-status",)

    async def answer(self, request: Request) -> Response:
        return (await super().answer(request)).with_header("connection", "close")


class RefusesForwardedAddresses(ArcusVenue):
    """A gateway may let no client say in headers or a query where it comes from."""

    concerns = ("arcus.rate-limit.per-subaccount",)

    async def answer(self, request: Request) -> Response:
        forwarded = any(request.header(name) for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
        if request.path == BATCH_PATH and (forwarded or "&" in request.query):
            return Response(403, b"")
        return await super().answer(request)


class DropsWhatItsClientLeft(ArcusVenue):
    """A batch whose client has hung up may be dropped: nothing is cancelled."""

    concerns = ("arcus.lifecycle.open-cancelled",)

    async def cancel_batch(self, request: Request) -> Response:
        caller = self.authenticate(request)
        batch = self.read_batch(request, caller)
        await self.hold(caller.address)
        if await request.hung_up():
            raise Refusal(503, "the client has gone")
        return await self.carry_out(batch)


class ServesTheBatchOnly(ArcusVenue):
    """A target need not speak any operation but the batch cancel and the orders channel."""

    concerns = ("arcus.lifecycle.open-cancelled", "arcus.authentication.registration")

    async def answer(self, request: Request) -> Response:
        if request.path not in (BATCH_PATH, CHANNEL_PATH):
            return self.refuse(Refusal(404, "not found"))
        return await super().answer(request)


class AnswersOtherMethodsWith404(ArcusVenue):
    """How the path answers another method is not documented."""

    concerns = ("arcus.robustness.other-method",)

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        return self.refuse(Refusal(404, "not found")) if response.status == 405 else response


class WantsJsonByName(ArcusVenue):
    """Whether another Content-Type is accepted is not documented; this venue wants application/json."""

    concerns = ("arcus.robustness.content-type",)

    async def cancel_batch(self, request: Request) -> Response:
        if not (request.header("content-type") or "").lower().startswith("application/json"):
            raise Refusal(415, "Content-Type must be application/json")
        return await super().cancel_batch(request)


class ReadsLagBehind(ArcusVenue):
    """A read-back may lag behind the channel and the answers."""

    concerns = ("arcus.channel.consistent", "arcus.lifecycle.open-cancelled")

    def visible_status(self, order: Order) -> Status:
        return order.status_at(self.clock.monotonic() - 0.3)


class ReadsFromTwoCopies(ArcusVenue):
    """Reads may be answered by two copies in turn, of which one lags: a later one may tell of an earlier moment."""

    concerns = (
        "arcus.channel.consistent",
        "arcus.lifecycle.open-cancelled",
        "arcus.lifecycle.terminal-unchanged",
        "arcus.target.client-id-alone",
    )
    reads = 0

    async def handle(self, request: Request) -> Response:
        self.reads += b"order statuses" in request.body
        return await super().handle(request)

    def visible_status(self, order: Order) -> Status:
        return order.status_at(self.clock.monotonic() - 0.4) if self.reads % 2 == 0 else order.status


class StagesOrdersInAnotherSubaccount(ArcusVenue):
    """An order may lie in any account index, not only in the first."""

    concerns = ("arcus.channel.event-per-cancelled-order", "arcus.address.account-index-scope")
    provisioned_account_index = 3


class KeysOfOneSubaccount(ArcusVenue):
    """A key may act for one account index only, as later pages have it."""

    concerns = ("arcus.address.account-index-scope", "arcus.target.several-account-indexes")
    provisioned_account_index = 9

    def first_key_of(self, account: Account) -> ApiKey:
        return ApiKey(account.public_key, account.address, self.provisioned_account_index)


class MarketsBeyondTheExample(ArcusVenue):
    """A marketId may lie anywhere from 0 to 65535; the example's 32767 is no upper limit."""

    concerns = ("arcus.target.integers-out-of-range", "arcus.rows.market-and-account-echo")
    markets = tuple(
        Market(number, market.name, market.tick, market.step, market.price)
        for number, market in zip((65_535, 0, 32_768), MARKETS, strict=True)
    )
