"""The operation itself: from a batch cancel to its answer (batch-cancel page)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Unpack

from ..faults import Failure
from ..http import Headers, Request, Response
from ..venue import VenueOptions
from .base import Refusal
from .cancels import Batch, Caller, Element
from .rows import CancelRows, Row

_KEPT_TIMESTAMPS = 1000


class BatchCancel(CancelRows):
    """Who is calling, what is asked, who signed it, can they afford it, and only then: hand it on."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.used_timestamps: defaultdict[str, set[int]] = defaultdict(set)

    async def cancel_batch(self, request: Request) -> Response:
        """Answer `POST /v1/batchCancelOrders`. Raises `Refusal` for a request that is refused as a whole."""
        caller = self.authenticate(request)
        return await self.carry_out(self.read_batch(request, caller))

    async def carry_out(self, batch: Batch) -> Response:
        """Judge the signatures, charge, and run the batch."""
        objections = self.judge(batch)
        self.use_timestamp(batch.caller)
        self.charge(batch)
        return await self.run_batch(batch, objections)

    def use_timestamp(self, caller: Caller) -> None:
        """Take up the one replay slot of the request. Raises `Refusal` (401) when the key used this time before."""
        used = self.used_timestamps[caller.key.public_key]
        if caller.timestamp in used:
            raise Refusal(401, "X-Timestamp was used before")
        if len(used) >= _KEPT_TIMESTAMPS:  # those that have left the window are refused anyway
            used.intersection_update([time for time in used if self.is_current(time)])
        used.add(caller.timestamp)

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        """Hand the batch on and answer, with the hold and the failure that may be armed for the caller."""
        address = batch.caller.address
        failure = self.faults.take_failure(address)
        await self.hold(address)
        if failure is not None and not failure.after_commit:
            return self.injected(failure)
        response = self.answer_batch(batch, objections)
        return response if failure is None else self.injected(failure)

    def answer_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        """200 with the end of every order where that is known in time, else 202."""
        if self.is_definitive(batch):
            return self.answer_definitively(batch, objections)
        return self.acknowledge(batch, objections)

    def is_definitive(self, batch: Batch) -> bool:
        """Whether the engine's word is waited for: only when a provider state asked for it."""
        return batch.caller.address in self.definitive

    def acknowledge(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        """Hand on the elements that nothing speaks against, and answer before anything has happened to them."""
        self.forward(batch, self.unopposed(batch, objections))
        rows: list[Row] = []
        for element in batch.elements:
            objection = objections.get(element.position)
            if objection is None:
                rows.append(self.acknowledged_row(batch, element))
            else:
                rows.append(self.error_row(batch, element, objection))
        return self.reply(202, self.batch_answer(batch, rows))

    def answer_definitively(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        """Carry out the elements that nothing speaks against, and tell how each ended."""
        outcomes = self.match(batch, self.unopposed(batch, objections))
        rows = {outcome.element.position: self.definitive_row(batch, outcome) for outcome in outcomes}
        for element in batch.elements:
            if element.position in objections:
                rows[element.position] = self.error_row(batch, element, objections[element.position])
        return self.reply(200, self.batch_answer(batch, [rows[position] for position in sorted(rows)]))

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        """The elements that are carried out."""
        return tuple(element for element in batch.elements if element.position not in objections)

    # -- what a provider state armed -------------------------------------------------------------------------------

    async def hold(self, address: str) -> None:
        """Wait if a hold is armed for the caller."""
        seconds = self.faults.take_hold(address)
        if seconds > 0:
            await self.clock.sleep(seconds)

    def injected(self, failure: Failure) -> Response:
        """The answer that a provider state asked for."""
        headers: Headers = (("retry-after", "1"),) if failure.status in (429, 503) else ()
        return self.refuse(Refusal(failure.status, "injected", headers))
