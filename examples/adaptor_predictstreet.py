"""A PredictStreet client that keeps to the page, behind the adaptor protocol. Nothing but Python's own library.

The client is the class; the adaptor is the function at the end, which translates and does nothing else.
"""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

PATH = "/api/orders/cancel-batch"
OUTCOMES = {"not_found": "not_found", "already_terminal": "terminal", "unknown": "unknown"}
CAN = ["timeout", "single_wallet", "multi_wallet", "wallets"]
ERRORS = {400: "refused", 401: "auth", 403: "auth", 422: "refused", 429: "rate_limited"}


class Failed(Exception):
    """The one error of this client: its kind, and the status that came."""

    def __init__(self, kind, status=None):
        super().__init__(kind)
        self.kind, self.status, self.rows = kind, status, {}


class Client:
    """Cancels orders in batches. A batch may be sent again as it is: cancelling twice does no more than once."""

    size = 100

    def __init__(self, base_url, api_key, wallet=None, timeout=2.0, patience=4.0):
        """``wallet`` is the one to act for, None under a single_wallet key."""
        self.url, self.api_key, self.wallet = urlsplit(base_url), api_key, wallet
        self.timeout, self.patience = timeout, patience

    def cancel(self, ids, wallet=None):
        """What became of each order, by id. Raises Failed, with what is known by then in its ``rows``."""
        rows, ids = {}, list(dict.fromkeys(ids))
        for first in range(0, len(ids), self.size):
            try:
                rows.update(self.cancel_chunk(ids[first : first + self.size], wallet or self.wallet))
            except Failed as failed:
                failed.rows = rows | failed.rows
                raise
        return rows

    def cancel_chunk(self, ids, wallet):
        """One batch: sent until it is answered, and what is answered ``unknown`` once more, or patience is over."""
        rows, until, wait = {}, time.monotonic() + self.patience, 0.2
        while True:
            try:
                status, headers, answer = self.send(self.body(ids), wallet)
            except (OSError, http.client.HTTPException):
                status, headers, answer = None, {}, b""
            pause = max(wait, self.retry_after(headers)) if status == 429 else wait
            if status is not None and 200 <= status < 300:
                rows.update(self.read(answer, ids))
                ids = self.left(ids, rows)
                if not ids or time.monotonic() + pause > until:
                    return rows
            elif not self.may_help(status) or time.monotonic() + pause > until:
                failed = Failed("transport" if status is None else ERRORS.get(status, "venue"), status)
                failed.rows = rows
                raise failed
            time.sleep(pause)
            wait *= 2

    def left(self, ids, rows):
        """What is worth another try after an answer: whatever it calls ``unknown``, and nothing else."""
        return [order for order in ids if rows.get(order, (None, None))[1] == "unknown"]

    def body(self, ids):
        """The bytes that are sent."""
        return json.dumps({"orderIds": ids}).encode()

    def may_help(self, status):
        """Whether sending the same again can lead to anything; None is no answer."""
        return status is None or status in (408, 429) or status >= 500

    def send(self, body, wallet):
        """One try."""
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        try:
            connection.request("POST", self.path(), body, self.headers(wallet))
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def path(self):
        """Where a batch goes."""
        return PATH

    def headers(self, wallet):
        """What goes with each try: the key, and under a multi_wallet key the wallet to act for."""
        headers = {"Content-Type": "application/json", "X-Api-Key": self.api_key}
        return headers if wallet is None else headers | {"X-User-Wallet": wallet}

    def retry_after(self, headers):
        """Seconds to wait after 429; one where the answer does not say."""
        told = headers.get("retry-after", "")
        return float(told) if told.isdigit() else 1.0

    def read(self, answer, ids):
        """The outcome of each order, by id as it was given. What is in neither part, or in both, stays unknown."""
        try:
            document, given = json.loads(answer), {order.lower(): order for order in ids}
            rows = {given.get(order.lower()): ("cancelled", None) for order in document["cancelled"]}
            for order, reason in document["notCancelled"].items():
                known = given.get(order.lower())
                rows[known] = ("unknown", None) if known in rows else (self.outcome(reason), reason)
            rows.pop(None, None)
            return rows
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Failed("unreadable", 200) from None

    def outcome(self, reason):
        """What a reason says of its order; one that is not known, that it was not cancelled."""
        return OUTCOMES.get(reason, "refused")


def main(make=Client):
    """Translate requests of the adaptor protocol, a JSON object a line, until the input ends."""
    client = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"id": asked["id"]}
        match asked["op"]:
            case "hello":
                name = {"name": "plain-predictstreet-client", "version": "1.0", "language": "Python"}
                answer |= {"protocol": 1, "venue": "predictstreet", "client": name, "can": CAN}
            case "open":
                keys = asked["credentials"]
                wallet = keys["wallet"] if keys["partner_kind"] == "multi_wallet" else None
                client = make(asked["base_url"], keys["api_key"], wallet, asked["timeout_seconds"])
            case "cancel":
                rows = {}
                try:
                    rows = client.cancel([order["orderId"] for order in asked["orders"]], asked.get("wallet"))
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
