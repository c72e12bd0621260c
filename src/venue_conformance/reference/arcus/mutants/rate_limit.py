"""Faults in the rate-limit snapshot."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch
from ..channel import Topic
from ..rate_limit import CAPACITY, Snapshot
from ..rows import Row
from ..venue import ArcusVenue


class GivesTheSnapshotInRowsOnly(ArcusVenue):
    """Gives the snapshot in every row and not at the top."""

    caught_by = "arcus.rate-limit.one-snapshot"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"responses": [{**row, "rateLimit": self.pool_snapshot(batch)} for row in rows]}


class GivesASnapshotPerRow(ArcusVenue):
    """Gives a list of snapshots at the top, one for each row."""

    caught_by = "arcus.rate-limit.one-snapshot"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"responses": rows, "rateLimit": [self.pool_snapshot(batch) for _ in rows]}


class GivesTheBareNumber(ArcusVenue):
    """Gives the number that remains in the place of the snapshot."""

    caught_by = "arcus.rate-limit.one-snapshot"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"responses": rows, "rateLimit": (self.pool_snapshot(batch) or {}).get("remaining", -1)}


class WritesRemainingAsText(ArcusVenue):
    """Gives the number that remains as a text."""

    caught_by = "arcus.rate-limit.one-snapshot"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": str(snapshot["remaining"])}


class GivesNullForNoLimit(ArcusVenue):
    """Is configured without a limit, and gives null for the snapshot."""

    caught_by = "arcus.rate-limit.omitted"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"responses": rows, "rateLimit": None}


class GivesAnEmptySnapshot(ArcusVenue):
    """Is configured without a limit, and gives an empty object for the snapshot."""

    caught_by = "arcus.rate-limit.omitted"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"responses": rows, "rateLimit": {}}


class TakesTheSnapshotBeforeCharging(ArcusVenue):
    """Gives what was left before the batch was charged."""

    caught_by = "arcus.rate-limit.after-charging"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": snapshot["remaining"] + len(batch.elements)}


class ShowsTheFirstChargeOnly(ArcusVenue):
    """Gives what was left when the first element had been charged, before the rest of the batch was."""

    caught_by = "arcus.rate-limit.after-charging"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": snapshot["remaining"] + len(batch.elements) - 1}


class AlwaysShowsAFullPool(ArcusVenue):
    """Gives the capacity of the pool, whatever has been taken from it."""

    caught_by = "arcus.rate-limit.after-charging"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": CAPACITY}


class SharesOnePoolAmongAll(ArcusVenue):
    """Charges every account to one pool."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        return Topic("everybody", 0)


class ShowsTheEmptiestPool(ArcusVenue):
    """Gives what is left in the emptiest pool of the venue, whoever's it is."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        remaining = min((pool.remaining for pool in self.pools.values()), default=CAPACITY)
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": remaining}


class NamesTheOrderPool(ArcusVenue):
    """Says that the snapshot counts the order pool."""

    caught_by = "arcus.rate-limit.pool"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "pool": "order"}
