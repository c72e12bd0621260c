"""Order life cycles, and whether some serial order explains a set of concurrent answers. Knows no venue."""

from __future__ import annotations

from venue_conformance.histories.life_cycle import LifeCycle
from venue_conformance.histories.operation import Operation
from venue_conformance.histories.serial import Explanation, Inexplicable, Undecided, explain

__all__ = ["Explanation", "Inexplicable", "LifeCycle", "Operation", "Undecided", "explain"]
