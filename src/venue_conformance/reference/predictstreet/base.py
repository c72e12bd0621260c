"""The ground that every part of the PredictStreet venue stands on: accounts, the store, how answers are worded."""

from __future__ import annotations

import base64
import hashlib
from decimal import Decimal
from typing import Any, ClassVar, Unpack, cast

from ..http import Headers, Request, Response
from ..texts import strict_json
from ..venue import Venue, VenueOptions
from .matcher import Matcher
from .orders import Account, Order, PartnerKind, Status, Terms
from .stores import open_store

_ERROR_NAMES = {408: "request_timeout", 429: "rate_limited", 503: "exchange_unavailable"}


class PredictStreetOptions(VenueOptions, total=False):
    """What this venue may be told beyond what all may."""

    store: str
    """Where orders are kept: "memory", which is also meant when left out, or the address of a PostgreSQL database."""


class Refusal(Exception):
    """A whole request is refused: status, code and message of the answer, its details and headers."""

    def __init__(
        self, status: int, code: str, message: str, headers: Headers = (), details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.details = details or {}


class PredictStreetBase(Venue):
    """Accounts, orders and the form of answers. The parts of the venue extend it, one topic each."""

    name: ClassVar[str] = "predictstreet"
    has_store: ClassVar[bool] = True

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        address = options.pop("store", None)
        super().__init__(**cast(VenueOptions, options))
        self.store = open_store(address)
        self.matcher = Matcher(self.clock)
        self.accounts: dict[str, Account] = {}
        """Every account, by the id of its key."""
        self.wallets: set[str] = set()
        """The wallets that accounts were opened with, in lower case."""
        self.banned_wallets: set[str] = set()
        self.order_count = 0
        self.first_account = self.open_account()

    async def open(self) -> None:
        """Make sure of the store."""
        await self.store.open()

    async def close(self) -> None:
        """Give back what the store holds; called on the loop that served, when it stops."""
        await self.store.close()

    # -- accounts and orders ---------------------------------------------------------------------------------------

    def open_account(self, partner_kind: PartnerKind = PartnerKind.SINGLE_WALLET) -> Account:
        """A new account with a key and a wallet of its own, no orders and an untouched budget.

        Nobody asks who is behind it or what was deposited.
        """
        wallet = "0x" + self.identities.digits(40)
        # 32 bytes in base64url without padding make 43 characters, underscores and hyphens among them.
        secret_bytes = hashlib.sha256(self.identities.digits(64).encode("ascii")).digest()
        account = Account(
            key_id=self.identities.digits(16),
            secret=base64.urlsafe_b64encode(secret_bytes).rstrip(b"=").decode("ascii"),
            partner_kind=partner_kind,
            wallet=wallet,
        )
        self.accounts[account.key_id] = account
        self.wallets.add(wallet)
        return account

    def new_order(self, wallet: str, terms: Terms, status: Status = Status.OPEN) -> Order:
        """A new order in the given status, which has yet to be added to the store."""
        now = self.clock.nanoseconds()
        self.order_count += 1
        quantity = Decimal(terms.quantity)
        filled = {Status.FILLED: quantity, Status.PARTIAL: quantity / 2}.get(status, Decimal(0))
        return Order(self.new_order_id(), self.order_count, wallet, terms, status, filled, now, now)

    def new_order_id(self) -> str:
        """The id of a new order: a UUID."""
        return self.identities.uuid()

    def visible(self, order: Order) -> Order:
        """The version of a committed order that reads show."""
        return order

    # -- answers ---------------------------------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> Response:
        """The answer to a refused request, in the venue's error envelope."""
        return self.reply(refusal.status, self.envelope(refusal), refusal.headers)

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        """The body of an error answer (docs: errors/overview, the flat form)."""
        return {"code": refusal.code, "message": refusal.message, "details": refusal.details}

    def failure(self, status: int, message: str) -> Refusal:
        """A refusal that is the venue's fault or its limit, with the usual code of the status."""
        headers: Headers = (("retry-after", "1"),) if status in (429, 503) else ()
        return Refusal(status, _ERROR_NAMES.get(status, "internal_error"), message, headers)

    def refuse_oversize(self) -> Response:
        """The answer to a body that is too large to be read."""
        return self.refuse(Refusal(413, "payload_too_large", "The request body is too large"))

    def stamped(self, response: Response) -> Response:
        """The answer with the venue's time on it, in milliseconds (docs: concepts/websocket/messages)."""
        return response.with_header("x-server-time", str(self.clock.nanoseconds() // 1_000_000))

    def read_object(self, request: Request) -> dict[str, Any]:
        """The request's JSON body, which has to be an object.

        Raises `Refusal` (400) for anything that is not one JSON object in UTF-8: NaN and infinities, a name given
        twice (two readers could act on different values), numbers and nesting that cannot be read.
        """
        try:
            document = strict_json(request.body)
        except (ValueError, RecursionError):
            raise self.invalid("The body is not valid JSON") from None
        if not isinstance(document, dict):
            raise self.invalid("The body must be a JSON object")
        return document

    def invalid(self, message: str) -> Refusal:
        """The refusal of a body that is not what the endpoint takes; its status is documented for placing only."""
        return Refusal(400, "validation_failed", message)

    # -- the target file -------------------------------------------------------------------------------------------

    def first_credentials(self, base_url: str) -> dict[str, str]:
        """Those of the first account."""
        return self.credentials(self.first_account)

    def credentials(self, account: Account) -> dict[str, str]:
        """What a client needs to act for an account."""
        return {
            "api_key": account.api_key,
            "partner_kind": str(account.partner_kind),
            "wallet": account.wallet or "",
        }
