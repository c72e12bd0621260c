"""Faults in ids that differ from an order's in a single character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..orders import Caller
from ..outcomes import ALREADY_TERMINAL, Outcomes
from ..venue import PredictStreetVenue


class _LooksAtAPart(PredictStreetVenue):
    """Finds a wallet's order by a part of its id, where no order has the whole of it."""

    part: ClassVar[slice]

    async def nearest(self, caller: Caller, order_ids: Sequence[str]) -> dict[str, str]:
        """The id of the wallet's first order that has this part of an id, by the ids that name no order."""
        known, own = await self.store.find(order_ids), await self.store.of(caller.wallet)
        found = ((each, [order.id for order in own if order.id[self.part] == each[self.part]]) for each in order_ids)
        return {each: near[0] for each, near in found if near and each not in known}


class ForgetsTheLastDigitOfIds(_LooksAtAPart):
    """Keeps order ids in a column that is one character too short."""

    caught_by = "predictstreet.isolation.unnamed-untouched"
    part = slice(0, 35)

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        near = await self.nearest(caller, order_ids)
        outcomes = await super().run_batch(caller, [near.get(each, each) for each in order_ids])
        return {each: outcomes[near.get(each, each)] for each in order_ids}


class CallsNearIdsTerminal(_LooksAtAPart):
    """Reports an id that begins like an order's as terminal."""

    caught_by = "predictstreet.isolation.unknown-not-found"
    part = slice(0, 13)

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        return outcomes | dict.fromkeys(await self.nearest(caller, order_ids), ALREADY_TERMINAL)
