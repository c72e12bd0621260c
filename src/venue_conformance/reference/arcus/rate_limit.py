"""What a subaccount may cancel: its cancel pool, and the snapshot of it in answers (the page, Response, rateLimit).

Sizes follow https://docs.arcus.xyz/api-reference/rate-limits: a pool of 40,000 that gets one back every ten seconds.
How much a batch costs is documented in several ways; here it is one for each cancel.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, Unpack

from ..venue import VenueOptions
from .base import Refusal
from .cancels import Batch
from .channel import Topic
from .signatures import ElementSignatures

CAPACITY = 40_000
RETURNED_PER_SECOND = 0.1

Snapshot = dict[str, Any]


@dataclass(slots=True)
class Pool:
    """What a subaccount has used, as of a moment of the retention clock."""

    used: float
    as_of: float

    @property
    def remaining(self) -> int:
        """Whole cancels that are left."""
        return math.floor(CAPACITY - self.used)


class CancelPools(ElementSignatures):
    """Charges batches, all of a batch or none of it."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.pools: dict[Topic, Pool] = {}

    def charge(self, batch: Batch) -> None:
        """Take what the batch costs. Raises `Refusal` (429), taking nothing, when a pool has too little."""
        if not self.rate_limited:
            return
        costs = Counter(self.pool_owner(batch, element.account_index) for element in batch.elements)
        for owner, elements in costs.items():
            self.check_pool(batch, self.pool_of(owner), self.price_of(elements))
        for owner, elements in costs.items():
            self.pool_of(owner).used += self.price_of(elements)

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        """Whose pool an element is charged to: its subaccount's."""
        return Topic(batch.caller.address, account_index)

    def price_of(self, elements: int) -> int:
        """What so many elements cost."""
        return elements

    def pool_of(self, owner: Topic) -> Pool:
        """The pool as it is now."""
        now = self.clock.retention()
        pool = self.pools.setdefault(owner, Pool(0.0, now))
        pool.used = max(0.0, pool.used - (now - pool.as_of) * RETURNED_PER_SECOND)
        pool.as_of = now
        return pool

    def check_pool(self, batch: Batch, pool: Pool, price: int) -> None:
        """Raises `Refusal` (429) when the pool cannot pay the price."""
        if price <= CAPACITY - pool.used:
            return
        seconds = (price - (CAPACITY - pool.used)) / RETURNED_PER_SECOND
        raise Refusal(
            429,
            "rate limited",
            (("retry-after", str(max(1, math.ceil(seconds)))),),
            reason="account_partial" if pool.remaining >= 1 else "account_empty",
            retryAfterMs=math.ceil(seconds * 1000),
            clientIds=[element.client_id or "" for element in batch.elements],
        )

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        """What is left to the subaccount of the first element; None where no limit is configured."""
        if not self.rate_limited:
            return None
        owner = self.pool_owner(batch, batch.elements[0].account_index)
        return {"pool": "cancel", "remaining": self.pool_of(owner).remaining}
