"""Freedoms in what a batch costs, and in how its snapshot shows that."""

from __future__ import annotations

from ..venue import ArcusVenue

_CONCERNS = ("arcus.rate-limit.cost", "arcus.rate-limit.after-charging", "arcus.rate-limit.per-subaccount")


class ChargesOnePerRequest(ArcusVenue):
    """What a batch costs is documented in several ways; one of them is one unit for the request."""

    concerns = _CONCERNS

    def price_of(self, elements: int) -> int:
        return 1


class ChargesTwoForEachCancel(ArcusVenue):
    """What a cancel costs is not documented; here two units."""

    concerns = _CONCERNS

    def price_of(self, elements: int) -> int:
        return 2 * elements


class ChargesForTheRequestAndForEachCancel(ArcusVenue):
    """What a batch costs is not documented; here one unit for the request and one for each cancel."""

    concerns = _CONCERNS

    def price_of(self, elements: int) -> int:
        return 1 + elements


class ChargesFiveAtLeast(ArcusVenue):
    """What a batch costs is not documented; here five units, however small it is, and one for each cancel beyond."""

    concerns = _CONCERNS

    def price_of(self, elements: int) -> int:
        return max(5, elements)
