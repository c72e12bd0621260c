"""Provider states: how a target is brought into a state (target protocol, sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from venue_conformance.errors import NotTested
from venue_conformance.target.command_states import CommandStates
from venue_conformance.target.http_states import HttpStates
from venue_conformance.target.inventory import Inventory
from venue_conformance.target.model import Target
from venue_conformance.target.state_reasons import described

__all__ = ["CommandStates", "HttpStates", "Inventory", "NoStates", "States", "open_states"]

# A state may have to place a thousand orders, which takes longer than one exchange.
_LEAST_SECONDS = 30.0


class States(Protocol):
    """Where a check gets its orders and faults from."""

    kind: str
    """How they are reached: "url", "command", "inventory" or "none"."""

    def setup(self, state: str, params: Mapping[str, object]) -> dict[str, Any]:
        """Bring the target into a state and return its values.

        Raises NotTested (with ``needs`` the state) where it is not offered for these params, Inconclusive where it
        should be but did not work.
        """
        ...

    def teardown(self, state: str, params: Mapping[str, object]) -> None:
        """Undo what can be undone. Never raises: a check is over by then."""
        ...

    def close(self) -> None:
        """Release what is held; no call may follow."""
        ...


class NoStates:
    """What a target file without [states] offers: nothing."""

    kind = "none"

    def setup(self, state: str, params: Mapping[str, object]) -> dict[str, Any]:
        """Raise NotTested."""
        raise NotTested(f"the target file has no [states], which could offer {described(state, params)}", needs=state)

    def teardown(self, state: str, params: Mapping[str, object]) -> None:
        """Nothing was set up."""

    def close(self) -> None:
        """Nothing is open."""


def open_states(target: Target) -> States:
    """The provider states that the target file names.

    Raises ClientFault for an inventory, a command or [tls] files that cannot be used. Nothing is asked yet.
    """
    config = target.states
    if config is None:
        return NoStates()
    if config.url is not None:
        seconds = max(_LEAST_SECONDS, target.limits.timeout_seconds)
        return HttpStates(config.url, config.token, seconds, target.tls)
    if config.command is not None:
        return CommandStates(config.command, target.path.parent if target.path else Path.cwd())
    assert config.inventory is not None, "a StatesConfig has exactly one source"
    return Inventory(config.inventory, target.credentials.name)
