"""The conforming demo venue. It shares no code with the caller that judges it."""

from __future__ import annotations

import json
from typing import ClassVar, Unpack

from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.states import (
    BadStateRequest,
    OrderIds,
    Params,
    ProviderStates,
    Values,
    gives_back,
    offers,
    undoes,
)
from venue_conformance.reference.venue import Venue, VenueOptions


class DemoVenue(Venue):
    """Accounts, their orders, and the one operation. Mutants and variants replace one step."""

    name: ClassVar[str] = "demo"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = DemoStates(self)
        self.account_of: dict[str, str] = {}
        self.owner_of: dict[str, str] = {}
        self.status_of: dict[str, str] = {}
        self.is_closed = False
        self.first_token = self.open_account()

    def open_account(self) -> str:
        """A new account's token."""
        token = self.identities.key("token_", 24)
        self.account_of[token] = self.identities.key("account_", 8)
        return token

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if (request.method, request.path) != ("POST", "/cancel"):
            return json_response(404, {"error": "not found"})
        account = self.account_of.get((request.header("authorization") or "").removeprefix("Bearer "))
        if account is None:
            return json_response(401, {"error": "no such token"})
        ids = self.ids_in(request.body)
        if ids is None:
            return json_response(400, {"error": "one to ten ids are expected"})
        if self.is_closed:
            return self.refuse_closed(account, ids)
        return json_response(200, {"cancelled": [each for each in dict.fromkeys(ids) if self.cancel(account, each)]})

    def ids_in(self, body: bytes) -> list[str] | None:
        """The ids that a body names, None for no batch."""
        try:
            ids = json.loads(body)["ids"]
        except (ValueError, RecursionError, TypeError, KeyError):
            return None
        fits = isinstance(ids, list) and self.takes(len(ids)) and all(isinstance(each, str) for each in ids)
        return ids if fits else None

    def takes(self, count: int) -> bool:
        """Whether a batch may name so many."""
        return 1 <= count <= 10

    def refuse_closed(self, account: str, ids: list[str]) -> Response:
        """The answer while the market is closed."""
        return json_response(409, {"error": "the market is closed"})

    def cancel(self, account: str, order_id: str) -> bool:
        """Cancel an open order of the account; whether it was one."""
        if self.owner_of.get(order_id) != account or self.status_of[order_id] != "open":
            return False
        self.status_of[order_id] = "cancelled"
        return True

    def first_credentials(self, base_url: str) -> dict[str, str]:
        """The first account, for the target file."""
        return {"account": self.account_of[self.first_token], "token": self.first_token}


class DemoStates(ProviderStates):
    """The provider states that every venue may offer, and one of this venue's own."""

    def __init__(self, venue: DemoVenue) -> None:
        super().__init__(venue.states_token)
        self._venue = venue

    @offers("caller")
    async def caller(self, params: Params) -> Values:
        """A new account."""
        token = self._venue.open_account()
        return {"credentials": {"account": self._venue.account_of[token], "token": token}}

    @offers("orders", {"caller": str, "count": int, "status": str})
    async def orders(self, params: Params) -> Values:
        """New orders of an account."""
        if params["caller"] not in self._venue.account_of.values():
            raise BadStateRequest("there is no such caller")
        made = [self._venue.identities.uuid() for _ in range(params["count"])]
        for order_id in made:
            self._venue.owner_of[order_id] = params["caller"]
            self._venue.status_of[order_id] = params["status"]
        return {"orders": [{"orderId": order_id} for order_id in made]}

    @gives_back({"caller": str, "count": int, "status": str})
    async def give_back(self, params: Params, order_ids: OrderIds) -> Values:
        """Cancel what is still open of them."""
        for order_id in order_ids:
            self._venue.cancel(params["caller"], order_id)
        return {}

    @offers("order statuses", {"orderIds": list})
    async def order_statuses(self, params: Params) -> Values:
        """What orders read as."""
        return {"statuses": {each: self._venue.status_of.get(each, "absent") for each in params["orderIds"]}}

    @offers("market closed")
    async def market_closed(self, params: Params) -> Values:
        """Close the market."""
        self._venue.is_closed = True
        return {}

    @undoes("market closed")
    async def market_open(self, params: Params) -> Values:
        """Open the market again."""
        self._venue.is_closed = False
        return {}
