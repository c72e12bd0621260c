"""An adaptor behind an address: the same objects, each posted and answered with 200."""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.protocol import LONGEST_LINE, number_of, read_line
from venue_conformance.errors import AdaptorFault, ClientFault

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class HttpAdaptor(Adaptor):
    """Posts to an adaptor that somebody else has started.

    Each request carries a ``session``: an adaptor that says it can do ``sessions`` keeps one client for each of them,
    so that scenarios can run side by side; any other ignores the member.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            raise ClientFault(f"--adaptor {address}: an address begins with http://")
        if parts.hostname not in _LOOPBACK:
            raise ClientFault(f"--adaptor {address}: an adaptor runs on this machine ({', '.join(_LOOPBACK)})")
        try:
            self._host, self._port = parts.hostname, parts.port or 80
        except ValueError as error:
            raise ClientFault(f"--adaptor {address}: {error}") from error
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._session = uuid.uuid4().hex

    def exchange(self, number: int, message: bytes, seconds: float) -> dict[str, Any]:
        """Post one object. The whole exchange has the deadline, not each of its steps."""
        outcome: list[dict[str, Any] | AdaptorFault] = []
        body = message[:-1] + f',"session":"{self._session}"}}'.encode()
        until = time.monotonic() + seconds
        thread = threading.Thread(target=self._post, args=(number, body, until, outcome), daemon=True)
        thread.start()
        thread.join(seconds + 1)
        if not outcome:
            raise AdaptorFault(f"it gave no answer within {seconds:.0f} s")
        if isinstance(outcome[0], AdaptorFault):
            raise outcome[0]
        return outcome[0]

    def _post(self, number: int, body: bytes, until: float, outcome: list[dict[str, Any] | AdaptorFault]) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=max(0.1, until - time.monotonic()))
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json", "Connection": "close"})
            response = connection.getresponse()
            data = self._read(response, connection, until)
            if response.status != 200:
                raise AdaptorFault(f"it answers with status {response.status}")
            answer = read_line(data)
            if number_of(answer) != number:
                raise AdaptorFault(f"it answers id {str(answer.get('id'))[:40]} where {number} was asked")
            outcome.append(answer)
        except AdaptorFault as fault:
            outcome.append(fault)
        except TimeoutError:
            outcome.append(AdaptorFault("it gave no answer in time"))
        except (OSError, http.client.HTTPException) as error:
            outcome.append(AdaptorFault(f"it cannot be reached: {type(error).__name__}: {error}"))
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, connection: http.client.HTTPConnection, until: float) -> bytes:
        data = bytearray()
        while piece := response.read1(1 << 16):
            data += piece
            if len(data) > LONGEST_LINE:
                raise AdaptorFault(f"its answer has more than {LONGEST_LINE // (1024 * 1024)} MiB")
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
        return bytes(data)

    def stop(self, *, at_once: bool = False) -> None:
        """Nothing: whoever started it ends it."""
