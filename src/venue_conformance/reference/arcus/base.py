"""The ground that every part of the Arcus venue stands on: accounts, the book, and how answers are worded."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar, Unpack

from nacl.signing import SigningKey

from ..http import Headers, Response
from ..texts import strict_json
from ..venue import Venue, VenueOptions
from .orders import MARKETS, Account, ApiKey, Book, Market, Order, Status

CHANNEL_PATH = "/v1/ws"
_ADDRESS = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})", re.ASCII)


class Refusal(Exception):
    """A whole request is refused: status and text of the answer, further members of its body, and headers."""

    def __init__(self, status: int, error: str, headers: Headers = (), **members: Any) -> None:
        super().__init__(f"{status}: {error}")
        self.status = status
        self.error = error
        self.headers = headers
        self.members = members


class ArcusBase(Venue):
    """Accounts, orders and the form of answers. The parts of the venue extend it, one topic each."""

    name: ClassVar[str] = "arcus"
    markets: ClassVar[tuple[Market, ...]] = MARKETS
    provisioned_account_index: ClassVar[int] = 0
    """The subaccount that orders are provisioned in."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, ApiKey] = {}
        self.definitive: set[str] = set()
        """The addresses whose batches are answered with 200 and final rows."""
        self.book = Book()
        self.first_account = self.open_account()

    # -- accounts and orders ---------------------------------------------------------------------------------------

    def open_account(self) -> Account:
        """A new account without orders, with a registered key and a cancel pool of its own."""
        private_key = self.identities.digits(64)
        public_key = SigningKey(bytes.fromhex(private_key)).verify_key.encode().hex()
        account = Account("0x" + self.identities.digits(40), private_key, public_key)
        self.accounts[account.address] = account
        self.keys[public_key] = self.first_key_of(account)
        return account

    def first_key_of(self, account: Account) -> ApiKey:
        """The key of an account that the venue makes: it may act for every account index."""
        return ApiKey(account.public_key, account.address)

    def make_order(
        self,
        owner: Account,
        market: Market,
        *,
        account_index: int = 0,
        status: Status = Status.OPEN,
        client_id: str | None = None,
        size: Decimal = Decimal(1),
        **terms: Any,
    ) -> Order:
        """A new order in the book, in the given status from the start; terms left out are the usual ones."""
        now = self.microseconds()
        order = Order(
            id=self.new_order_id(),
            address=owner.address,
            account_index=account_index,
            market=market,
            client_id=client_id,
            side=terms.pop("side", "BUY"),
            price=terms.pop("price", market.price),
            size=size,
            filled={Status.FILLED: size, Status.PARTIALLY_FILLED: size / 2}.get(status, Decimal(0)),
            created=now,
            updated=now,
            past=[(self.clock.monotonic(), status)],
            **terms,
        )
        self.book.add(order)
        return order

    def new_order_id(self) -> str:
        """An id that no order has had."""
        return self.identities.digits(16)

    def move(self, order: Order, status: Status) -> None:
        """Change an order's status now."""
        order.move_to(status, self.clock.monotonic(), self.microseconds())

    def visible_status(self, order: Order) -> Status:
        """The status that reads show, as opposed to the one that decides what a request does."""
        return order.status

    def market_name(self, market_id: int) -> str:
        """The display name of a market; one that does not exist gets a name all the same, for rows must have one."""
        return next((market.name for market in self.markets if market.id == market_id), f"MARKET-{market_id}")

    def microseconds(self) -> int:
        """Microseconds since 1970."""
        return self.clock.nanoseconds() // 1000

    # -- answers ---------------------------------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> Response:
        """The answer to a refused request (https://docs.arcus.xyz/api-reference/exchange/cancel-order, error)."""
        return self.reply(refusal.status, {"error": refusal.error, **refusal.members}, refusal.headers)

    def refuse_oversize(self) -> Response:
        """The answer to a body that is too large to be read."""
        return self.refuse(Refusal(413, "request body too large"))

    def read_json(self, body: bytes) -> Any:
        """A JSON document, read strictly, with integers of any size exact.

        Raises `Refusal` (400) for anything that is not one document in UTF-8: NaN and infinities, a name given twice
        in one object (two readers could act on different values), numbers and nesting that cannot be read.
        """
        try:
            return strict_json(body)
        except (ValueError, RecursionError):
            raise Refusal(400, "request body is not valid JSON") from None

    # -- the target file -------------------------------------------------------------------------------------------

    def first_credentials(self, base_url: str) -> dict[str, str]:
        """Those of the first account, and where its orders channel is."""
        account, ws_url = self.first_account, base_url.replace("http", "ws", 1) + CHANNEL_PATH
        return {"private_key": account.private_key, "address": account.address, "ws_url": ws_url}


def normal_address(text: str) -> str | None:
    """The address as answers spell it, 0x and lower case; None for a text that is no address (the page, pattern)."""
    found = _ADDRESS.fullmatch(text)
    return None if found is None else "0x" + found[1].lower()
