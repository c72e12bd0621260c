"""Faults in whose the rate is: it depends on what any client may choose."""

from __future__ import annotations

from ...http import Request
from ..orders import Caller
from ..venue import PredictStreetVenue


class _ChargesWhatAClientChooses(PredictStreetVenue):
    """Grants a wallet a budget for each thing that it says, beside the one that it has when it says nothing."""

    def budget_owner(self, caller: Caller, request: Request) -> str:
        return f"{super().budget_owner(caller, request)} {self.chosen(request) or ''}"

    def chosen(self, request: Request) -> str | None:
        """What the client has chosen."""
        raise NotImplementedError


class ChargesTheForwardedAddress(_ChargesWhatAClientChooses):
    """Grants a wallet a budget for each address in X-Forwarded-For."""

    caught_by = "predictstreet.rate-limit.sustained"

    def chosen(self, request: Request) -> str | None:
        return request.header("x-forwarded-for")


class ChargesTheAddressOfAProxy(_ChargesWhatAClientChooses):
    """Grants a wallet a budget for each address that Forwarded or X-Real-IP names."""

    caught_by = "predictstreet.rate-limit.sustained"

    def chosen(self, request: Request) -> str | None:
        return request.header("forwarded") or request.header("x-real-ip")


class ChargesTheUserAgent(_ChargesWhatAClientChooses):
    """Grants each program of a wallet's a budget of its own."""

    caught_by = "predictstreet.rate-limit.sustained"

    def chosen(self, request: Request) -> str | None:
        return request.header("user-agent")


class ChargesTheAddressWithItsQuery(_ChargesWhatAClientChooses):
    """Counts the requests to an address, its query included."""

    caught_by = "predictstreet.rate-limit.sustained"

    def chosen(self, request: Request) -> str | None:
        return request.query


class ChargesTheConnection(_ChargesWhatAClientChooses):
    """Grants each connection of a wallet's a budget of its own."""

    caught_by = "predictstreet.rate-limit.sustained"

    def chosen(self, request: Request) -> str | None:
        return request.client
