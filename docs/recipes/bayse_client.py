"""A Bayse client that keeps to the page, behind the adaptor protocol. Nothing but Python's own library.

The client is the class; the adaptor is the function at the end, which translates and does nothing else.
"""

import base64
import hashlib
import hmac
import http.client
import json
import sys
import time
import uuid
from urllib.parse import urlsplit

PATH = "/v1/pm/orders/batch"
OUTCOMES = {"ORDER_NOT_FOUND": "not_found"}
ERRORS = {400: "refused", 401: "auth", 403: "auth", 409: "conflict", 422: "refused", 429: "rate_limited"}


class Failed(Exception):
    """The one error of this client: its kind, and the status that came."""

    def __init__(self, kind, status=None):
        super().__init__(kind)
        self.kind, self.status, self.rows = kind, status, {}


class Client:
    """Cancels orders in batches, and sends a batch again under the same key until it knows what became of it."""

    size = 100

    def __init__(self, base_url, public_key, secret_key, timeout=2.0, patience=4.0):
        self.url, self.public_key, self.secret_key = urlsplit(base_url), public_key, secret_key
        self.timeout, self.patience = timeout, patience

    def cancel(self, ids):
        """What became of each order, by id. Raises Failed, with what is known by then in its ``rows``."""
        rows, ids = {}, list(dict.fromkeys(ids))
        for first in range(0, len(ids), self.size):
            try:
                rows.update(self.cancel_chunk(ids[first : first + self.size]))
            except Failed as failed:
                failed.rows = rows
                raise
        return rows

    def cancel_chunk(self, ids):
        """One batch: sent until it is answered, or patience is over."""
        body, key = self.body(ids), self.new_key()
        until, wait = time.monotonic() + self.patience, 0.2
        while True:
            try:
                status, headers, answer = self.send(body, key)
            except (OSError, http.client.HTTPException):
                status, headers, answer = None, {}, b""
            if status == 200:
                return self.read(answer, ids)
            pause = max(wait, self.retry_after(headers)) if status == 429 else wait
            if not self.may_help(status) or time.monotonic() + pause > until:
                raise Failed("transport" if status is None else ERRORS.get(status, "venue"), status)
            time.sleep(pause)
            wait *= 2

    def body(self, ids):
        """The bytes that are signed and sent."""
        return json.dumps({"orderIds": ids}).encode()

    def new_key(self):
        """A key of its own for each batch, the same for all its tries."""
        return str(uuid.uuid4())

    def may_help(self, status):
        """Whether sending the same again can lead to anything; None is no answer."""
        return status is None or status in (408, 409, 429) or status >= 500

    def send(self, body, key):
        """One try, signed for itself, over the bytes that are sent."""
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        try:
            connection.request("DELETE", PATH, body, self.headers(body, key))
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def headers(self, body, key):
        """What goes with a body: account, time, signature and key."""
        now = self.now()
        return {
            "Content-Type": "application/json",
            "X-Public-Key": self.public_key,
            "X-Timestamp": now,
            "X-Signature": self.sign(now, body),
            "Idempotency-Key": key,
        }

    def sign(self, now, body):
        """Base64 of the HMAC-SHA256 over timestamp, method, path and body hash."""
        return self.signed(f"{now}.DELETE.{PATH}.{hashlib.sha256(body).hexdigest()}")

    def signed(self, payload):
        """The signature of a text."""
        return self.encode(hmac.digest(self.secret_key.encode(), payload.encode(), "sha256"))

    def encode(self, digest):
        """How a digest is written."""
        return base64.b64encode(digest).decode()

    def now(self):
        """The time that is sent and signed: Unix seconds."""
        return str(int(time.time()))

    def retry_after(self, headers):
        """Seconds to wait after 429; one where the answer does not say."""
        told = headers.get("retry-after", "")
        return float(told) if told.isdigit() else 1.0

    def read(self, answer, ids):
        """The rows of a successful answer, by id. What has no row stays unknown."""
        try:
            rows = json.loads(answer)["results"]
            return {row["orderId"]: self.outcome(row) for row in rows if row["orderId"] in ids}
        except (ValueError, KeyError, TypeError):
            raise Failed("unreadable", 200) from None

    def outcome(self, row):
        """What one row says of its order, and the code where it failed."""
        if row["success"] is True:
            return "cancelled", None
        code = (row.get("error") or {}).get("code")
        return OUTCOMES.get(code, "refused"), code


def main(make=Client):
    """Translate requests of the adaptor protocol, a JSON object a line, until the input ends."""
    client = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"id": asked["id"]}
        match asked["op"]:
            case "hello":
                name = {"name": "plain-bayse-client", "version": "1.0", "language": "Python"}
                answer |= {"protocol": 1, "venue": "bayse", "client": name, "can": ["timeout", "idempotency"]}
            case "open":
                keys = asked["credentials"]
                client = make(asked["base_url"], keys["public_key"], keys["secret_key"], asked["timeout_seconds"])
            case "cancel":
                rows = {}
                try:
                    rows = client.cancel([order["orderId"] for order in asked["orders"]])
                except Failed as failed:
                    rows = failed.rows
                    answer["error"] = {"kind": failed.kind, "status": failed.status}
                except Exception as crash:
                    answer["error"] = {"kind": "crash", "text": repr(crash)[:200]}
                answer["rows"] = [
                    {"orderId": i, "outcome": outcome, "code": code} for i, (outcome, code) in rows.items()
                ]
            case "close":
                client = None
            case _:
                answer["error"] = {"kind": "unsupported"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
