"""Faults in whose the rate limit is: it depends on what any client may choose."""

from __future__ import annotations

from contextvars import ContextVar

from ...http import Request, Response
from ..orders import Account
from ..venue import BayseVenue

_CHOSEN: ContextVar[str] = ContextVar("what the client of the request being answered has chosen", default="")


class _ChargesWhatAClientChooses(BayseVenue):
    """Grants a key a budget for each thing that it says, beside the one that it has when it says nothing."""

    async def answer(self, request: Request) -> Response:
        _CHOSEN.set(self.chosen(request) or "")
        return await super().answer(request)

    def budget_owner(self, account: Account) -> str:
        return f"{super().budget_owner(account)} {_CHOSEN.get()}"

    def chosen(self, request: Request) -> str | None:
        """What the client has chosen."""
        raise NotImplementedError


class ChargesTheForwardedAddress(_ChargesWhatAClientChooses):
    """Grants a key a budget for each address in X-Forwarded-For."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.header("x-forwarded-for")


class ChargesTheAddressOfAProxy(_ChargesWhatAClientChooses):
    """Grants a key a budget for each address that Forwarded or X-Real-IP names."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.header("forwarded") or request.header("x-real-ip")


class ChargesTheUserAgent(_ChargesWhatAClientChooses):
    """Grants each program that uses a key a budget of its own."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.header("user-agent")


class ChargesTheAddressWithItsQuery(_ChargesWhatAClientChooses):
    """Counts the requests to an address, its query included."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.query


class ChargesTheConnection(_ChargesWhatAClientChooses):
    """Grants each connection over which a key is used a budget of its own."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.client


class ChargesTheIdempotencyKey(_ChargesWhatAClientChooses):
    """Grants each idempotency key a budget of its own."""

    caught_by = "bayse.rate-limit.status-429"

    def chosen(self, request: Request) -> str | None:
        return request.header("idempotency-key")
