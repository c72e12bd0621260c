"""Freedoms in what is accepted: keys, times, addresses, bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..orders import Account, Order
from ..venue import BATCH_PATH, ArcusVenue

_DOCUMENTED = frozenset(
    {"address", "marketId", "accountIndex", "kind", "orderId", "clientId", "validUntil", "signature", "timestamp"}
)
_MARKET_OUT_OF_RANGE, _INDEX_OUT_OF_RANGE = 65_536, 10


class WantsKeysInLowerCase(ArcusVenue):
    """Whether X-API-Key may be in upper case is not documented."""

    concerns = ("arcus.authentication.key-case", "arcus.authentication.malformed-key-refused")

    def written_key(self, request: Request) -> str:
        if (request.header("x-api-key") or "").lower() != request.header("x-api-key"):
            raise Refusal(401, "invalid API key")
        return super().written_key(request)


class CallsAnUnreadableTimeAFaultOfForm(ArcusVenue):
    """Which status refuses a missing or non-numeric X-Timestamp is not documented; here it is 400."""

    concerns = ("arcus.timestamp.refusal-status", "arcus.timestamp.missing", "arcus.timestamp.not-a-number")

    def written_timestamp(self, request: Request) -> str:
        text = request.header("x-timestamp") or ""
        if not text.isascii() or not text.isdecimal():
            raise Refusal(400, "X-Timestamp must be Unix nanoseconds")
        return super().written_timestamp(request)


class AcceptsReplays(ArcusVenue):
    """Whether the same request is accepted twice within the window is not documented."""

    concerns = ("arcus.timestamp.replayed", "arcus.timestamp.going-back")

    def use_timestamp(self, caller: Caller) -> None:
        """Nothing is remembered."""


class ChecksTimesByAFastClock(ArcusVenue):
    """The machine that checks X-Timestamp may be a second ahead of the one that writes Date."""

    concerns = ("arcus.timestamp.too-old", "arcus.timestamp.too-far-ahead", "arcus.timestamp.within-window")

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds - 10**9)


class TimesMustGrow(ArcusVenue):
    """Whether a key may send a lower X-Timestamp after a higher one is not documented; here refused requests count."""

    concerns = ("arcus.timestamp.going-back", "arcus.timestamp.replayed", "arcus.timestamp.within-window")

    def authenticate(self, request: Request) -> Caller:
        caller = super().authenticate(request)
        used = self.used_timestamps[caller.key.public_key]
        if used and caller.timestamp <= max(used):
            raise Refusal(401, "X-Timestamp must be higher than the last")
        used.clear()
        used.add(caller.timestamp)
        return caller

    def use_timestamp(self, caller: Caller) -> None:
        """It was used when the caller was established."""


class RefusesATimeThatDisagrees(ArcusVenue):
    """What becomes of an element whose own timestamp differs from X-Timestamp is not documented; here 401."""

    concerns = ("arcus.timestamp.element-disagrees", "arcus.timestamp.element-not-nanoseconds")

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        if nanoseconds != caller.timestamp:
            raise Refusal(401, "timestamp differs from X-Timestamp")


class ElementTimesMustBeCurrent(ArcusVenue):
    """An element's own timestamp may be held against the clock, too: outside the window the request gets 401."""

    concerns = ("arcus.timestamp.element-disagrees", "arcus.timestamp.element-not-nanoseconds")

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        self.check_window(nanoseconds)


class IgnoresATimeThatDisagrees(ArcusVenue):
    """An element whose own timestamp differs from X-Timestamp may be carried out; its signature is what counts."""

    concerns = ("arcus.timestamp.element-disagrees", "arcus.signature.other-timestamp")

    def same_time(self, batch: Batch, timestamp: int) -> bool:
        return True


class ReadsTimesInTexts(ArcusVenue):
    """Whether an element's own timestamp may be a JSON string is not documented."""

    concerns = ("arcus.timestamp.element-as-text",)

    def read_element_timestamp(self, item: dict[str, Any]) -> int | None:
        value = item.get("timestamp")
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19:
            item = {**item, "timestamp": int(value)}
        return super().read_element_timestamp(item)


class WantsSmallPrefixesInElements(ArcusVenue):
    """Whether an element's own address may begin with 0X or with no prefix is not documented."""

    concerns = ("arcus.address.element-prefix",)

    def read_element_address(self, item: dict[str, Any]) -> str:
        address = super().read_element_address(item)
        if not str(item["address"]).startswith("0x"):
            raise self.malformed("invalid address in a cancel")
        return address


class FailsTheRowOfAnotherAddress(ArcusVenue):
    """What becomes of an element with another address than the query's is not documented; here its row fails."""

    concerns = ("arcus.address.element-differs", "arcus.isolation.foreign-order-id", "arcus.address.other-account")

    def check_element(self, caller: Caller, element: Element) -> None:
        if element.address == caller.address:
            super().check_element(caller, element)

    def objection(self, batch: Batch, element: Element) -> str | None:
        if element.address != batch.caller.address:
            return "address differs from the query"
        return super().objection(batch, element)


class WantsKind(ArcusVenue):
    """Whether an element may do without kind is not documented consistently."""

    concerns = ("arcus.target.kind-missing",)

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if item.get("kind") != kind:
            raise self.malformed("kind does not name the id that is given")


class IgnoresKind(ArcusVenue):
    """What becomes of an element whose kind names the other sort of id is not documented; here kind says nothing."""

    concerns = ("arcus.target.kind-disagrees", "arcus.target.kind-missing")

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        """Nothing is checked."""


class RefusesUnknownFields(ArcusVenue):
    """Whether an element may have fields beyond the documented ones is not documented."""

    concerns = ("arcus.target.unknown-fields",)

    def read_element(self, position: int, item: Any) -> Element:
        if isinstance(item, dict) and not _DOCUMENTED.issuperset(item):
            raise self.malformed("unknown field in a cancel")
        return super().read_element(position, item)


class RefusesSpentCancels(ArcusVenue):
    """Neither unit nor effect of validUntil is documented; here it is milliseconds, after which the row fails."""

    concerns = ("arcus.target.valid-until",)

    def objection(self, batch: Batch, element: Element) -> str | None:
        valid_until = element.source.get("validUntil")
        if isinstance(valid_until, int) and valid_until < self.now_ms():
            return "the cancel is no longer valid"
        return super().objection(batch, element)


class FailsTheRowOfAnImpossibleNumber(ArcusVenue):
    """What becomes of an element with a marketId or accountIndex out of range is not documented; here its row fails."""

    concerns = ("arcus.target.integers-out-of-range",)

    def integer_in(self, item: dict[str, Any], name: str, low: int, high: int) -> int:
        given = item.get(name)
        if name in ("marketId", "accountIndex") and isinstance(given, int) and not low <= given <= high:
            return high + 1
        return super().integer_in(item, name, low, high)

    def objection(self, batch: Batch, element: Element) -> str | None:
        if element.market_id == _MARKET_OUT_OF_RANGE or element.account_index == _INDEX_OUT_OF_RANGE:
            return "no such market or account index"
        return super().objection(batch, element)


class RefusesUnknownMarkets(ArcusVenue):
    """What becomes of an element for another market than its order's is not documented; an unknown one gets 400."""

    concerns = ("arcus.target.other-market", "arcus.target.integers-out-of-range")

    def check_element(self, caller: Caller, element: Element) -> None:
        if element.market_id not in {market.id for market in self.markets}:
            raise Refusal(400, "unknown market", errorSource="Cancel", errorType="InvalidRequest")
        super().check_element(caller, element)


class FindsOrdersInAnyMarket(ArcusVenue):
    """A right element with another market than its order's may cancel the order all the same."""

    concerns = ("arcus.target.other-market", "arcus.signature.other-market")

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        return self.owns(account, order) and order.account_index == element.account_index


class FindsNothingForOddClientIds(ArcusVenue):
    """A clientId that nobody could have given may fail its row only: there is no order of it."""

    concerns = ("arcus.target.client-id-characters", "arcus.lifecycle.unknown-is-no-http-error")

    def check_id_form(self, order_id: str | None, client_id: str | None) -> None:
        if client_id is None or not client_id.isprintable():
            super().check_id_form(order_id, client_id)


class OneSubaccountPerBatch(ArcusVenue):
    """Whether one batch may hold elements of several account indexes is not documented."""

    concerns = ("arcus.target.several-account-indexes",)

    async def carry_out(self, batch: Batch) -> Response:
        if len({element.account_index for element in batch.elements}) > 1:
            raise Refusal(400, "one batch holds cancels of one account index")
        return await super().carry_out(batch)


class RefusesDuplicates(ArcusVenue):
    """How a batch with the same target twice is answered is not documented; here with 400."""

    concerns = ("arcus.target.duplicates",)

    async def carry_out(self, batch: Batch) -> Response:
        if len({(element.order_id, element.client_id) for element in batch.elements}) < len(batch.elements):
            raise Refusal(400, "a target is named twice")
        return await super().carry_out(batch)


class DuplicatesMakeOneRow(ArcusVenue):
    """How many rows the same target makes when it is named twice is not documented; here one."""

    concerns = ("arcus.target.duplicates", "arcus.rows.one-per-order")

    def batch_answer(self, batch: Batch, rows: list[dict[str, Any]]) -> Any:
        rows_by_target = {(row.get("orderId"), row.get("clientId")): row for row in rows}
        return super().batch_answer(batch, list(rows_by_target.values()))


class SecondCancelsFindNothing(ArcusVenue):
    """The second element for an order may find it cancelled by the first, and be rejected."""

    concerns = ("arcus.target.duplicates", "arcus.target.same-order-by-both-forms")

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Any]:
        return [outcome for element in elements for outcome in ArcusVenue.match(self, batch, (element,))]


class ReadsTheBodyFirst(ArcusVenue):
    """Which refusal wins is not documented; here the form of the body is judged before the caller is known."""

    concerns = ("arcus.authentication.fault-precedence", "arcus.target.both-ids")

    async def answer(self, request: Request) -> Response:
        if request.path == BATCH_PATH and request.method == "POST":
            try:
                items: Sequence[Any] = self.read_cancels(request)
                for position, item in enumerate(items):
                    self.read_element(position, item)
            except Refusal as refusal:
                return self.refuse(refusal)
        return await super().answer(request)
