"""Provider states that leave no trace: whatever is set up is noted first, and undone with what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venue_conformance.errors import Inconclusive, NotTested, TargetSilent, WayFault
from venue_conformance.target.setups import READING, Setups
from venue_conformance.target.states import States


class NotedStates:
    """Provider states whose setups are noted in ``setups`` before they are asked for."""

    def __init__(self, states: States, setups: Setups) -> None:
        self._states, self._setups = states, setups
        self.kind = states.kind

    def setup(self, state: str, params: Mapping[str, object]) -> dict[str, Any]:
        """As ``States.setup``."""
        if state in READING or self.kind not in ("url", "command"):
            return self._states.setup(state, params)
        asked = [self._setups.asks(state, params)]
        try:
            # What was asked for in vain may have been brought about all the same.
            values = self._states.setup(state, params, lambda: asked.append(self._setups.asks(state, params)))
        except (NotTested, TargetSilent):
            self._setups.learn(asked[-1], "not made")
            raise
        except WayFault:
            raise  # whether it was brought about, nobody knows
        except Inconclusive:
            self._setups.learn(asked[-1], "failed")
            raise
        self._setups.learn(asked[-1], "answered", values)
        return values

    def teardown(self, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None) -> None:
        """Undo the setup that answered these very ``values``, or else the newest with these params. Never raises.

        What was asked for in vain is left to the end of the run: without its values the target might take another's.
        """
        setup = self._setups.find(state, params, values)
        if setup is not None:
            self._setups.undo(self._states, setup)

    def trouble(self, order_id: str, seconds: float) -> str | None:
        """As ``States.trouble``."""
        return self._states.trouble(order_id, seconds)

    def close(self) -> None:
        """As ``States.close``."""
        self._states.close()
