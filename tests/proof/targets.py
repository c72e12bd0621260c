"""Targets for proofs: a venue that answers one and the same thing to everything, beside provider states that work."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.tiny_server import Received, answer, tiny_server
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

JSON = ("Content-Type", "application/json")
HTML = ("Content-Type", "text/html")
#: What such a target answers, by name.
ONE_ANSWER = {
    "503": answer(503, b'{"error": "unavailable", "message": "down", "statusCode": 503}', JSON),
    "a 401 page": answer(401, b"<html><body>Sign in</body></html>", HTML),
    "HTML": answer(200, b"<!DOCTYPE html><html><body>Welcome</body></html>", HTML),
    "null": answer(200, b"null", JSON),
    "429 for ever": answer(429, b'{"error": "slow", "message": "down", "statusCode": 429}', JSON, ("Retry-After", "1")),
}


@contextmanager
def one_answer(venue: str, everything: bytes) -> Iterator[str]:
    """The target file of a target whose states are the reference's, and whose every other answer is the same."""
    with serve_in_thread(load(venue).find()()) as reference, tiny_server() as server:
        behind = urlsplit(reference.base_url)

        def behave(request: Received) -> bytes:
            if not request.path.startswith("/_states"):
                return everything
            connection = http.client.HTTPConnection(behind.hostname or "", behind.port)
            connection.request(request.method, request.path, request.body, dict(request.headers))
            got = connection.getresponse()
            reported = answer(got.status, got.read(), JSON)
            connection.close()
            return reported

        server.behave = behave
        yield reference.target_file.replace(reference.base_url, server.url)
