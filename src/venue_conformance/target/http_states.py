"""Provider states over HTTP (target protocol, section 2)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from venue_conformance.errors import Inconclusive, Unreachable, WayFault
from venue_conformance.target.model import Tls
from venue_conformance.target.state_reasons import described, excerpt, not_offered, request_of, values_of
from venue_conformance.target.tls import ssl_context
from venue_conformance.target.urls import without_query
from venue_conformance.wire.circuit import CircuitBreaker
from venue_conformance.wire.content_coding import TooLong, body_of
from venue_conformance.wire.deadline import BoundedTransport, Deadline
from venue_conformance.wire.faults import connection_fault
from venue_conformance.wire.lost_time import LostTime
from venue_conformance.wire.proxy import Proxy
from venue_conformance.wire.transport import BROKEN, KEEP_ALIVE_SECONDS, ONE_EACH

# A thousand orders take a tenth of it.
_MOST_BYTES = 4 * 1024 * 1024
#: What a gateway says in place of the states; anybody's next request may get through.
_GATEWAY = (502, 503, 504)
#: States that may be set up twice when it is open whether the first time came through, and how often in all. The
#: others (a failure to be armed, say) would then hold twice.
_REPEATABLE = frozenset({"caller", "orders", "order statuses"})
_MOST_TRIES = 3
#: How often the endpoint is tried before a run, and what it answers where there are no states, or not for us.
_MOST_CONTACTS = 5
_NOT_IT = (401, 403, 404, 405)
#: What becomes of a request that is not understood.
_UNREADABLE = (400, 422, 500)


class HttpStates:
    """Asks ``url`` for states; may be used by several threads at once.

    ``timeout_seconds`` bounds each call as a whole, and what it takes too much counts in ``lost``. Only ``token`` is
    sent along, no header or credential of the target; ``proxy`` is the way there, if there is one.
    Raises ClientFault for unusable ``tls`` files.
    """

    kind = "url"

    def __init__(
        self,
        url: str,
        token: str | None = None,
        timeout_seconds: float = 30.0,
        tls: Tls | None = None,
        lost: LostTime | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._url = url
        self._source = f"the provider states at {without_query(url)}"
        self._circuit = CircuitBreaker(self._source, lost)
        self._token = token
        self._timeout_seconds = timeout_seconds
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        https = httpx.URL(url).scheme == "https"
        # Over http there is nobody to verify, and reading the public authorities takes a while.
        verify = ssl_context(tls or Tls()) if https else False
        self._deadline = Deadline()
        self._keeping, self._closing = (
            httpx.Client(
                headers=headers,
                timeout=timeout_seconds,
                trust_env=False,
                follow_redirects=False,
                transport=BoundedTransport(self._deadline, verify, limits, self._keep_none, proxy),
            )
            for limits in (httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS), ONE_EACH)
        )
        # A connection that the server closes at the moment it is used again leaves open whether the state was set up.
        # None is kept for as long as servers usually do, and none at all once that has happened.
        self._client = self._keeping

    def setup(
        self, state: str, params: Mapping[str, object], again: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """Bring the target into a state and return its values.

        Raises NotTested when the target answers 501, Unreachable when it does not answer, WayFault when a gateway does
        in its place, TargetSilent after several such failures in a row, Inconclusive for anything else but 200 and a
        JSON object. A state that may hold twice is asked for again where the connection broke, after a call of
        ``again``.
        """
        for left in reversed(range(_MOST_TRIES if state in _REPEATABLE else 1)):
            try:
                return self._setup(state, params)
            except WayFault as error:
                if error.fault == "time-out" or not left:
                    raise
                if again is not None:
                    again()
        raise AssertionError("the last try returns or raises")

    def _setup(self, state: str, params: Mapping[str, object]) -> dict[str, Any]:
        status, body = self._post("setup", state, params)
        asked = f"{self._source}, asked for {described(state, params)},"
        if status == 501:
            raise not_offered(state, params)
        if status != 200:
            # A success of another kind may hold the credentials that a caller was to get.
            hidden = state == "caller" and status < 300
            shown = "(not shown)" if hidden else excerpt(body, self._token)
            reason = f"{asked} answered {status}: {shown}"
            raise WayFault(reason, str(status)) if status in _GATEWAY else Inconclusive(reason)
        try:
            return values_of(body, "the body")
        except Inconclusive as error:
            quoted = "" if state == "caller" else f": {excerpt(body, self._token)}"
            raise Inconclusive(f"{asked} answered 200, but {error.reason}{quoted}") from error

    def teardown(
        self, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> bool | None:
        """Undo a state as far as the target does: True when it says so, False when it does not, None without an answer.

        A target that refuses ``values``, which version 1 of the protocol does not know, is asked without them.
        """
        with contextlib.suppress(Exception):
            status, _ = self._post("teardown", state, params, values)
            if values is not None and status in _UNREADABLE:
                status, _ = self._post("teardown", state, params)
            return None if status >= 500 and status != 501 else 200 <= status < 300
        return None

    def trouble(self, order_id: str, seconds: float) -> str | None:
        """Ask for one order's status: what is wrong with the endpoint, None when it answers as one may.

        A connection that breaks is made again, five times in all.
        """
        ends, request = time.monotonic() + seconds, request_of("setup", "order statuses", {"orderIds": [order_id]})
        for left in reversed(range(_MOST_CONTACTS)):
            try:
                status, body = self._exchange(request, max(0.05, ends - time.monotonic()))
                break
            except Unreachable as error:
                if error.fault != "reset" or not left or time.monotonic() >= ends:
                    return f"{error.reason}; correct url under [states], or start the server there"
            except Inconclusive as error:
                return error.reason
        right = "it must answer POST with 200 and a JSON object, or with 501"
        if status in _NOT_IT or 300 <= status < 400 or _is_page(status, body):
            return f"{self._source} answered {status}: {excerpt(body, self._token)}; {right}; check url and token"
        if status == 200:
            try:
                values_of(body, "the body")
            except Inconclusive as error:
                return f"{self._source} answered 200, but {error.reason}; {right}"
        return None

    def close(self) -> None:
        """Close the connections."""
        self._keeping.close()
        self._closing.close()

    def _keep_none(self) -> None:
        self._client = self._closing

    def _post(
        self, action: str, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> tuple[int, bytes]:
        self._circuit.admit()
        started, fault = time.monotonic(), None
        try:
            status, body = self._exchange(request_of(action, state, params, values), self._timeout_seconds)
            if _is_page(status, body):
                fault = f"answered {status} in HTML"
            return status, body
        except Inconclusive as error:
            fault = error.reason
            raise
        finally:
            self._circuit.note(fault, started, time.monotonic())

    def _exchange(self, request: bytes, seconds: float) -> tuple[int, bytes]:
        self._deadline.within(seconds)
        try:
            with self._client.stream("POST", self._url, content=request) as answer:
                return answer.status_code, body_of(answer, _MOST_BYTES)
        except TooLong as error:
            raise Inconclusive(f"{self._source} answered with more than {_MOST_BYTES} bytes") from error
        except httpx.TimeoutException as error:
            raise Unreachable(f"{self._source} did not answer within {seconds:.3g} s", "time-out") from error
        except httpx.HTTPError as error:
            if isinstance(error, BROKEN):
                self._keep_none()
            reason = f"{self._source} could not be reached: {error or type(error).__name__}"
            raise Unreachable(reason, connection_fault(f"{type(error).__name__}: {error}")) from error


def _is_page(status: int, body: bytes) -> bool:
    """Whether somebody else answered in place of the states, with a page of HTML."""
    return body.lstrip().startswith(b"<") and (status < 300 or status >= 500) and status != 501
