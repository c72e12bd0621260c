"""A server that stands for GitHub or GitLab: the comments on one request to merge, and the report of an earlier job."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-of-the-job"


@dataclass
class Forge:
    """What it keeps, and what it was asked. ``address`` is the root of its API."""

    comments: dict[int, str] = field(default_factory=dict)
    #: Numbers of comments that the token may not change.
    foreign: set[int] = field(default_factory=set)
    #: An earlier report, and where it is found.
    report: bytes = b""
    report_at: str = ""
    calls: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def written(self) -> list[str]:
        """The comments that have words of this suite."""
        return [text for text in self.comments.values() if "venue-conformance" in text]


#: Where each of them lists comments and has a single one, how one is changed, and how a token is shown.
GITHUB = ("/repos/a/b/issues/7/comments", "/repos/a/b/issues/comments", "PATCH", ("Authorization", f"Bearer {TOKEN}"))
_NOTES = "/projects/7/merge_requests/3/notes"
GITLAB = (_NOTES, _NOTES, "PUT", ("PRIVATE-TOKEN", TOKEN))
Kind = tuple[str, str, str, tuple[str, str]]


@contextmanager
def forge(kind: Kind, **kept: Any) -> Iterator[Forge]:
    """Serve one on a port of its own."""
    state = Forge(**kept)
    listed, single, change, (header, shown) = kind

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}").get("body", "")
            path, _, query = self.path.partition("?")
            state.calls.append(f"{self.command} {path}")
            number = int(path.rpartition("/")[2]) if path.startswith(f"{single}/") else 0
            if self.headers[header] != shown:
                self._end(401)
            elif self.command == "GET" and self.path == state.report_at:
                self._end(200, state.report)
            elif self.command == "GET" and path == listed:
                page = int(re.findall(r"\bpage=(\d+)", query)[0])
                rows = [{"id": key, "body": text} for key, text in state.comments.items()]
                self._end(200, json.dumps(rows[100 * (page - 1) : 100 * page]).encode())
            elif self.command == "POST" and path == listed:
                state.comments[max(state.comments, default=0) + 1] = body
                self._end(201, b"{}")
            elif self.command in (change, "DELETE") and number in state.foreign:
                self._end(403)
            elif self.command == change and number in state.comments:
                state.comments[number] = body
                self._end(200, b"{}")
            elif self.command == "DELETE" and number in state.comments:
                del state.comments[number]
                self._end(204)
            else:
                self._end(404)

        def _end(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        state.address = f"http://127.0.0.1:{server.server_port}"
        yield state
        server.shutdown()
        thread.join()
