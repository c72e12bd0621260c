"""Order life cycles, and whether some serial order explains a set of concurrent answers. Knows no venue."""

from __future__ import annotations

from venue_conformance.histories.life_cycle import LifeCycle
from venue_conformance.histories.linearizability import (
    LinearizabilityUnknown,
    Linearizable,
    NotLinearizable,
    check_linearizability,
)
from venue_conformance.histories.operation import Operation

__all__ = [
    "LifeCycle",
    "LinearizabilityUnknown",
    "Linearizable",
    "NotLinearizable",
    "Operation",
    "check_linearizability",
]
