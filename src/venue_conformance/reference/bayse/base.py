"""The ground that every part of the Bayse venue stands on: accounts, the book, and how answers are worded."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from ..http import Headers, Request, Response
from ..texts import strict_json
from ..venue import Venue, VenueOptions
from .orders import Account, Book, Order, Status, Terms


class Refusal(Exception):
    """A whole request is refused: status, code and message of the answer, and headers that go with it."""

    def __init__(self, status: int, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


class BayseBase(Venue):
    """Accounts, orders and the form of answers. The parts of the venue extend it, one topic each."""

    name: ClassVar[str] = "bayse"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.accounts: dict[str, Account] = {}
        self.book = Book()
        self.first_account = self.open_account()
        event = self.identities.uuid()
        # Two markets of one event and one of another, so that a batch can span markets and events.
        self.markets = [(event, self.identities.uuid()) for _ in range(2)]
        self.markets.append((self.identities.uuid(), self.identities.uuid()))

    # -- accounts and orders ---------------------------------------------------------------------------------------

    def open_account(self) -> Account:
        """A new account with an active API key, no orders and a rate-limit budget of its own."""
        account = Account(
            public_key=self.identities.key("pk_test_", 16),
            secret_key=self.identities.key("sk_test_", 32),
            user_id=self.identities.uuid(),
        )
        self.accounts[account.public_key] = account
        return account

    def make_order(self, owner: Account, terms: Terms, *, status: Status = Status.OPEN, engine: str = "CLOB") -> Order:
        """A new order in the book, in the given status from the start."""
        now = self.clock.nanoseconds()
        order = Order(
            id=self.identities.uuid(),
            owner=owner.public_key,
            user_id=owner.user_id,
            engine=engine,
            terms=terms,
            created_ns=now,
            updated_ns=now,
            past=[(self.clock.monotonic(), status)],
        )
        self.book.add(order)
        return order

    def move(self, order: Order, status: Status) -> None:
        """Change an order's status now."""
        order.move_to(status, self.clock.monotonic(), self.clock.nanoseconds())

    def visible_status(self, order: Order) -> Status:
        """The status that reads show, as opposed to the one that decides what a request does."""
        return order.status

    # -- answers ---------------------------------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> Response:
        """The answer to a refused request, in the venue's error envelope."""
        return self.reply(refusal.status, self.envelope(refusal), refusal.headers)

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        """The body of an error answer (https://docs.bayse.markets/api-reference/introduction)."""
        if refusal.status == 429:  # has a form of its own: https://docs.bayse.markets/rate-limits
            return {"message": refusal.message, "retryAfter": int(dict(refusal.headers).get("retry-after", "1"))}
        return {"error": refusal.code, "message": refusal.message, "statusCode": refusal.status}

    def refuse_oversize(self) -> Response:
        """The answer to a body that is too large to be read."""
        return self.refuse(Refusal(413, "payload_too_large", "The request body is too large"))

    def traced(self, request: Request, response: Response) -> Response:
        """The answer with the client's trace id in it, when it sent one."""
        trace_id = request.header("x-trace-id")
        return response if trace_id is None else response.with_header("x-trace-id", trace_id)

    def read_json(self, request: Request) -> Any:
        """The request's JSON body, read strictly.

        Raises `Refusal` (400) for anything that is not one JSON document in UTF-8: NaN and infinities, a name given
        twice in one object (two readers could act on different values), numbers and nesting that cannot be read.
        """
        try:
            return strict_json(request.body)
        except (ValueError, RecursionError):
            raise Refusal(400, "bad_request", "The request body is not valid JSON") from None

    # -- the target file -------------------------------------------------------------------------------------------

    def first_credentials(self, base_url: str) -> dict[str, str]:
        """Those of the first account."""
        return self.credentials(self.first_account)

    def credentials(self, account: Account) -> dict[str, str]:
        """What a client needs to act for an account."""
        return {"public_key": account.public_key, "secret_key": account.secret_key}
