"""Provider states over HTTP (target protocol, section 2)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import httpx

from venue_conformance.errors import Inconclusive, Unreachable
from venue_conformance.target.model import Tls
from venue_conformance.target.state_reasons import described, excerpt, not_offered, request_of, values_of
from venue_conformance.target.tls import ssl_context
from venue_conformance.target.urls import without_query
from venue_conformance.wire.deadline import Deadline, bounded_transport
from venue_conformance.wire.transport import BROKEN, KEEP_ALIVE_SECONDS, ONE_EACH

# A thousand orders take a tenth of it.
_MOST_BYTES = 4 * 1024 * 1024


class HttpStates:
    """Asks ``url`` for states; may be used by several threads at once.

    ``timeout_seconds`` bounds each call as a whole. Only ``token`` is sent along: no header,
    credential or proxy of the target.
    Raises ClientFault for unusable ``tls`` files.
    """

    kind = "url"

    def __init__(
        self, url: str, token: str | None = None, timeout_seconds: float = 30.0, tls: Tls | None = None
    ) -> None:
        self._url = url
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
                transport=bounded_transport(self._deadline, verify, limits, self._keep_none),
            )
            for limits in (httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS), ONE_EACH)
        )
        # A connection that the server closes at the moment it is used again leaves open whether the state was set up.
        # None is kept for as long as servers usually do, and none at all once that has happened.
        self._client = self._keeping

    def setup(self, state: str, params: Mapping[str, object]) -> dict[str, Any]:
        """Bring the target into a state and return its values.

        Raises NotTested when the target answers 501, Unreachable when it does not answer, Inconclusive for anything
        but 200 and a JSON object.
        """
        status, body = self._post("setup", state, params)
        asked = f"the provider states at {without_query(self._url)}, asked for {described(state, params)},"
        if status == 501:
            raise not_offered(state, params)
        if status != 200:
            # A success of another kind may hold the credentials that a caller was to get.
            hidden = state == "caller" and status < 300
            shown = "(not shown)" if hidden else excerpt(body, self._token)
            raise Inconclusive(f"{asked} answered {status}: {shown}")
        try:
            return values_of(body, "the body")
        except Inconclusive as error:
            quoted = "" if state == "caller" else f": {excerpt(body, self._token)}"
            raise Inconclusive(f"{asked} answered 200, but {error.reason}{quoted}") from error

    def teardown(self, state: str, params: Mapping[str, object]) -> None:
        """Undo a state as far as the target does; whatever goes wrong is left unsaid."""
        with contextlib.suppress(Exception):
            self._post("teardown", state, params)

    def close(self) -> None:
        """Close the connections."""
        self._keeping.close()
        self._closing.close()

    def _keep_none(self) -> None:
        self._client = self._closing

    def _post(self, action: str, state: str, params: Mapping[str, object]) -> tuple[int, bytes]:
        source = f"the provider states at {without_query(self._url)}"
        self._deadline.within(self._timeout_seconds)
        body = bytearray()
        try:
            with self._client.stream("POST", self._url, content=request_of(action, state, params)) as answer:
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise Inconclusive(f"{source} answered with more than {_MOST_BYTES} bytes")
                return answer.status_code, bytes(body)
        except httpx.TimeoutException as error:
            raise Unreachable(f"{source} did not answer within {self._timeout_seconds:g} s") from error
        except httpx.HTTPError as error:
            if isinstance(error, BROKEN):
                self._keep_none()
            raise Unreachable(f"{source} could not be reached: {error or type(error).__name__}") from error
