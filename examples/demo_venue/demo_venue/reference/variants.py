"""Demo venues that differ from the reference where the page leaves freedom."""

from __future__ import annotations

from typing import ClassVar

from demo_venue.reference.venue import DemoVenue


class ListsInAnotherOrder(DemoVenue):
    """The page says that cancelled ids are listed, not in which order."""

    concerns: ClassVar[tuple[str, ...]] = ("demo.batch.cancels-named",)

    def ids_in(self, body: bytes) -> list[str] | None:
        ids = super().ids_in(body)
        return None if ids is None else ids[::-1]
