"""One request as an observer outside of the venue saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """Something that took effect at one moment between ``start`` and ``end`` (seconds of any one clock).

    ``steps`` tells per order the event that the answer reported. An operation that certainly had no effect, a request
    refused with 429 for instance, has no steps. ``maybe`` says that it is not known whether the steps took place at
    all, because no answer says; then ``end`` may be ``inf``: it may take effect after everything else.
    """

    name: str
    start: float
    end: float
    steps: Mapping[str, str] = field(default_factory=dict)
    maybe: bool = False

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"{self.name} ends before it starts")

    def only(self, order: str) -> Operation:
        """The same operation as far as it concerns one order."""
        return Operation(self.name, self.start, self.end, {order: self.steps[order]}, self.maybe)

    def __str__(self) -> str:
        reported = ", ".join(f"{order}: {event}" for order, event in self.steps.items()) or "no effect"
        return f"{self.name} ({reported}{', perhaps' if self.maybe else ''})"
