"""Provider states: how a target is brought into a state (target protocol, sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from venue_conformance.errors import NotTested
from venue_conformance.target.command_states import CommandStates
from venue_conformance.target.hosts import is_loopback
from venue_conformance.target.http_states import HttpStates
from venue_conformance.target.inventory import Inventory
from venue_conformance.target.model import Target
from venue_conformance.target.state_reasons import described
from venue_conformance.target.tls import proxy_of
from venue_conformance.wire.lost_time import LostTime

__all__ = ["CommandStates", "HttpStates", "Inventory", "NoStates", "States", "open_states"]

# What the target protocol gives a command, which has to start before it can place a thousand orders.
_COMMAND_SECONDS = 30.0


class States(Protocol):
    """Where a check gets its orders and faults from."""

    kind: str
    """How they are reached: "url", "command", "inventory" or "none"."""

    def setup(
        self, state: str, params: Mapping[str, object], again: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """Bring the target into a state and return its values; ``again`` is called before it is asked once more.

        Raises NotTested (with ``needs`` the state) where it is not offered for these params, WayFault or Unreachable
        where asking failed, TargetSilent after several such failures in a row, and Inconclusive where the answer is
        wrong.
        """
        ...

    def teardown(
        self, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> bool | None:
        """Undo what can be undone of a setup that answered ``values``, None where its answer never came.

        True when the target says that it is undone, False when it does not undo it, None when it said nothing. Never
        raises: a check is over by then.
        """
        ...

    def trouble(self, order_id: str, seconds: float) -> str | None:
        """Ask for one order's status, for so many seconds at most: a sentence about what is wrong with the endpoint.

        None when it answers as one that offers states may, or offers none.
        """
        ...

    def close(self) -> None:
        """Release what is held; no call may follow."""
        ...


class NoStates:
    """What a target file without [states] offers: nothing."""

    kind = "none"

    def setup(
        self,
        state: str,
        params: Mapping[str, object],
        again: Callable[[], None] | None = None,  # noqa: ARG002 - nobody is asked
    ) -> dict[str, Any]:
        """Raise NotTested."""
        raise NotTested(f"the target file has no [states], which could offer {described(state, params)}", needs=state)

    def teardown(
        self,
        state: str,  # noqa: ARG002 - nobody is asked
        params: Mapping[str, object],  # noqa: ARG002
        values: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> bool | None:
        """False: nothing was set up."""
        return False

    def trouble(self, order_id: str, seconds: float) -> str | None:  # noqa: ARG002 - nobody is asked
        """None."""
        return None

    def close(self) -> None:
        """Nothing is open."""


def open_states(target: Target, lost: LostTime | None = None) -> States:
    """The provider states that the target file names; the time that they take too much counts in ``lost``.

    Raises ClientFault for an inventory, a command or [tls] files that cannot be used. Nothing is asked yet.
    """
    config = target.states
    if config is None:
        return NoStates()
    if config.url is not None:
        return HttpStates(
            config.url,
            config.token,
            target.limits.timeout_seconds,
            target.tls,
            lost,
            # The loopback of a proxy is another machine.
            None if is_loopback(config.url) else proxy_of(target),
        )
    if config.command is not None:
        folder = target.path.parent if target.path else Path.cwd()
        return CommandStates(config.command, folder, max(_COMMAND_SECONDS, target.limits.timeout_seconds), lost)
    assert config.inventory is not None, "a StatesConfig has exactly one source"
    return Inventory(config.inventory, target.credentials.name)
