"""The provider states that each of the references offers in the same way; a venue adds its accounts and orders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from .faults import Failure
from .states import NUMBER, BadStateRequest, NotOffered, Params, ProviderStates, Values, offers, undoes
from .venue import Venue

_MAX_ORDERS = 1000
_MAX_ARMED = 1000
_MAX_HOLD_MILLISECONDS = 120_000
_FAILURES = (500, 503, 429, 408)
_MAX_PASSED_SECONDS = 10 * 365 * 24 * 3600


class CommonStates(ProviderStates):
    """Statuses of orders, failing responses, held requests, and time that has passed."""

    statuses: ClassVar[Mapping[str, Any]]
    """The venue's status for each name that a state gives to one."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue.states_token)
        self._faults, self._clock = venue.faults, venue.clock

    @abstractmethod
    def fault_owner(self, caller: str) -> str:
        """Whose requests are meant by a caller's name. Raises `BadStateRequest` when there is no such caller."""

    @abstractmethod
    async def names_of_statuses(self, order_ids: list[str]) -> Mapping[str, str]:
        """The names of the statuses that reads show, of those of the orders that there are."""

    def wanted_status(self, params: Params) -> Any:
        """The status that orders are to be made in. Raises `NotOffered`, for the wrong number of orders too."""
        if not 1 <= params["count"] <= _MAX_ORDERS:
            raise NotOffered(f"1 to {_MAX_ORDERS} orders can be made at once")
        if params["status"] not in self.statuses:
            raise NotOffered(f"status {params['status']!r} is not known")
        return self.statuses[params["status"]]

    @offers("order statuses", {"orderIds": list})
    async def order_statuses(self, params: Params) -> Values:
        """What the orders' statuses are, all as of one moment."""
        order_ids = params["orderIds"]
        if not all(isinstance(order_id, str) for order_id in order_ids):
            raise BadStateRequest("order ids are texts")
        found = await self.names_of_statuses(order_ids)
        return {"statuses": {order_id: found.get(order_id, "absent") for order_id in order_ids}}

    @offers("failing response", {"caller": str, "status": int, "count": int}, {"after_commit": bool})
    async def failing_response(self, params: Params) -> Values:
        """Let the caller's next batch cancels fail."""
        owner = self.fault_owner(params["caller"])
        if params["status"] not in _FAILURES:
            raise NotOffered(f"only {', '.join(map(str, _FAILURES))} can be injected")
        failure = Failure(params["status"], params.get("after_commit", False))
        self._faults.arm_failures(owner, failure, _checked(params["count"]))
        return {}

    @undoes("failing response", {}, {"caller": str, "status": int, "count": int, "after_commit": bool})
    async def no_failing_response(self, params: Params) -> Values:
        """Forget the failures that have not been used up."""
        if "caller" in params:
            self._faults.disarm_failures(self.fault_owner(params["caller"]))
        return {}

    @offers("held request", {"caller": str, "milliseconds": NUMBER}, {"count": int})
    async def held_request(self, params: Params) -> Values:
        """Hold the caller's next batch cancels."""
        owner, milliseconds = self.fault_owner(params["caller"]), params["milliseconds"]
        if not 0 <= milliseconds <= _MAX_HOLD_MILLISECONDS:
            raise NotOffered(f"a request is held for at most {_MAX_HOLD_MILLISECONDS} ms")
        self._faults.arm_holds(owner, milliseconds / 1000, _checked(params.get("count", 1)))
        return {}

    @undoes("held request", {}, {"caller": str, "milliseconds": NUMBER, "count": int})
    async def no_held_request(self, params: Params) -> Values:
        """Forget the holds that have not been used up."""
        if "caller" in params:
            self._faults.disarm_holds(self.fault_owner(params["caller"]))
        return {}

    @offers("time passed", {"seconds": NUMBER})
    async def time_passed(self, params: Params) -> Values:
        """Make whatever the venue retains for a while older."""
        if not 0 <= params["seconds"] <= _MAX_PASSED_SECONDS:
            raise NotOffered("time passes forwards, by ten years at most")
        self._clock.pass_time(params["seconds"])
        return {}


def _checked(count: int) -> int:
    if not 1 <= count <= _MAX_ARMED:
        raise NotOffered(f"1 to {_MAX_ARMED} can be armed at once")
    return count
