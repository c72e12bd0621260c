"""An Arcus client that keeps to the page, behind the adaptor protocol. Needs PyNaCl and websockets.

The client is the class, with the orders channel beside it; the adaptor is the function at the end, which translates
and does nothing else.
"""

import contextlib
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

from nacl.signing import SigningKey
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

PATH = "/v1/batchCancelOrders"
ERRORS = {400: "refused", 401: "auth", 403: "auth", 409: "conflict", 422: "refused", 429: "rate_limited"}
#: What a final status means to whoever asked for the cancel. All others are not final.
ENDS = {"CANCELED": "cancelled", "FILLED": "terminal", "REJECTED": "refused", "MARGIN_CANCELED": "terminal"}
NOT_FOUND = "ORDER_NOT_FOUND"


class Failed(Exception):
    """The one error of this client: its kind, and the status that came."""

    def __init__(self, kind, status=None):
        super().__init__(kind)
        self.kind, self.status, self.rows = kind, status, {}


def name_of(order):
    """What an order is called here: its id, or the client's own where that is all there is."""
    return order.get("orderId") or order["clientId"]


def end_of(row):
    """What a row or an event says of an order's end, and why; None where it is not final."""
    reason = row.get("rejectionReason")
    end = ENDS.get(row.get("status"))
    return end and ("not_found" if reason == NOT_FOUND else end, reason)


class OrderUpdates:
    """The orders channel of one account: how orders ended, by either of their ids."""

    def __init__(self, url, address):
        self.url, self.address = url, address
        self.ends, self.indexes, self.answered, self.news = {}, set(), set(), threading.Condition()
        self.socket, self.closed = None, False

    def watch(self, index, seconds=0.5):
        """Subscribe to a subaccount, and wait a moment for the answer; a venue need not give one."""
        if index in self.indexes:
            return
        self.indexes.add(index)
        if len(self.indexes) == 1:
            threading.Thread(target=self.listen, daemon=True).start()
        elif self.socket is not None:
            self.subscribe(self.socket, index)
        self.wait_for(lambda: index in self.answered, seconds)

    def listen(self):
        """Connect, subscribe, and read; when the socket drops, again: the snapshot tells what was missed."""
        while not self.closed:
            try:
                with connect(self.url, open_timeout=2) as socket:
                    for index in sorted(self.indexes):
                        self.subscribe(socket, index)
                    self.socket = socket
                    for message in socket:
                        self.take(message)
            except (OSError, WebSocketException):
                pass
            self.socket = None
            time.sleep(0.05)

    def subscribe(self, socket, index):
        """Ask for the orders of one subaccount."""
        asked = {"type": "subscribe", "channel": "orders", "id": self.address, "accountIndex": index}
        with contextlib.suppress(WebSocketException):  # it has dropped; whoever reads it connects again
            socket.send(json.dumps(asked))

    def take(self, message):
        """Remember what a frame says of this account's orders."""
        try:
            frame = json.loads(message)
            if frame.get("channel") != "orders" or str(frame.get("id")).lower() != self.address:
                return
        except (ValueError, AttributeError):
            return
        contents = frame.get("contents") or {}
        rows = [*contents.get("openOrders", ()), *contents.get("recentClosedOrders", ())]
        with self.news:
            if frame["type"] == "subscribed":
                self.answered.add(frame.get("accountIndex", 0))
            for row in rows:
                self.learn(row.get("orderId"), end_of(row))
            if frame["type"] == "channel_data":
                for name in (contents.get("orderId"), contents.get("clientId")):
                    self.learn(name, end_of(contents))
            self.news.notify_all()

    def learn(self, name, end):
        """Keep an order's end. The first one stays: what is cancelled or filled can only be not found afterwards."""
        if name and end and self.ends.get(name, ("refused",))[0] in ("refused", "not_found"):
            self.ends[name] = end

    def forget(self, names):
        """Before a cancel: what was gone before is not cancelled by it, and what was refused may be there now."""
        with self.news:
            for name in names:
                known = self.ends.pop(name, None)
                if known and known[0] in ("cancelled", "terminal"):
                    self.ends[name] = "terminal", None

    def wait_for(self, come, seconds):
        """Wait until something has come, or the seconds are over."""
        with self.news:
            self.news.wait_for(come, seconds)

    def wait_for_ends(self, names, seconds):
        """How these orders ended, as far as that is known within so many seconds."""
        self.wait_for(lambda: all(name in self.ends for name in names), seconds)
        with self.news:
            return {name: self.ends[name] for name in names if name in self.ends}

    def close(self):
        """Let go of the socket."""
        self.closed = True
        if self.socket is not None:
            self.socket.close()


class Client:
    """Cancels orders in batches; an answer with 202 is pending until the channel says how the order ended."""

    size, tries, patience = 100, 4, 45.0
    #: So long a cancel waits for the channel.
    listening = 1.0

    def __init__(self, base_url, ws_url, private_key, address, timeout=2.0):
        self.url, self.timeout, self.latest = urlsplit(base_url), timeout, 0
        self.key = SigningKey(bytes.fromhex(private_key))
        self.api_key = self.key.verify_key.encode().hex()
        self.address = "0x" + address[-40:].lower()
        self.channel = OrderUpdates(ws_url, self.address)

    def cancel(self, orders):
        """What became of each order, by its name. Raises Failed, with what is known by then in its ``rows``."""
        orders, rows = {name_of(order): order for order in orders}, {}
        self.channel.forget(orders)
        for index in sorted({order["accountIndex"] for order in orders.values()}):
            self.watch(index)
            mine = [order for order in orders.values() if order["accountIndex"] == index]
            for first in range(0, len(mine), self.size):
                try:
                    rows.update(self.cancel_chunk(mine[first : first + self.size]))
                except Failed as failed:
                    failed.rows = rows
                    raise
        return self.settle(rows, self.listening)

    def watch(self, index):
        """Listen to what becomes of a subaccount's orders."""
        self.channel.watch(index)

    def settle(self, rows, seconds):
        """The same rows, with what the channel says by then of those that are pending."""
        pending = [name for name, (outcome, _) in rows.items() if outcome == "pending"]
        return {**rows, **self.channel.wait_for_ends(pending, seconds)}

    def cancel_chunk(self, orders):
        """One batch: sent until it is answered, or patience is over. Each try is signed for itself."""
        until, wait = time.monotonic() + self.patience, 0.2
        for number in range(1, self.tries + 1):
            try:
                status, headers, answer = self.send(self.body(orders, now := self.now()), now)
            except (OSError, http.client.HTTPException):
                status, headers, answer = None, {}, b""
            if status in (200, 202):
                return self.read(status, answer, orders)
            pause = max(wait, self.retry_after(headers)) if status == 429 else wait
            if not self.may_help(status) or number == self.tries or time.monotonic() + pause > until:
                break
            time.sleep(pause)
            wait *= 2
        raise Failed("transport" if status is None else ERRORS.get(status, "venue"), status)

    def may_help(self, status):
        """Whether sending the same again can lead to anything; None is no answer."""
        return status is None or status in (408, 429) or status >= 500

    def retry_after(self, headers):
        """Seconds to wait after 429; one where the answer does not say."""
        told = headers.get("retry-after", "")
        return float(told) if told.isdigit() else 1.0

    def now(self):
        """The time of one try, in nanoseconds; never the same twice."""
        self.latest = max(time.time_ns(), self.latest + 1)
        return self.latest

    def body(self, orders, now):
        """The batch, each element signed."""
        return json.dumps({"cancels": [self.element(order, now) for order in orders]}).encode()

    def element(self, order, now):
        """One cancel: what names the order, and the signature."""
        kind = "orderId" if order.get("orderId") else "clientId"
        return {
            "address": self.address,
            "marketId": order["marketId"],
            "accountIndex": order["accountIndex"],
            "kind": kind,
            kind: order[kind],
            "timestamp": now,
            "signature": self.signed(self.payload(order, now)),
        }

    def payload(self, order, now):
        """The bytes that are signed for one cancel: compact JSON, keys in order, one id, and no trace of the other."""
        by = {"id": order["orderId"]} if order.get("orderId") else {"c": order["clientId"]}
        members = {"ad": self.address, "ai": order["accountIndex"], "ct": now, "m": order["marketId"], **by}
        return json.dumps(
            members | {"op": 2, "v": 1}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    def signed(self, payload):
        """The signature of some bytes, in hex."""
        return self.key.sign(payload).signature.hex()

    def headers(self, body, now):
        """What goes with a body. The page has no use for X-Signature, later pages want it: element 0's serves both."""
        elements = json.loads(body)["cancels"]
        return {
            "Content-Type": "application/json",
            "X-API-Key": self.api_key,
            "X-Timestamp": str(now),
            "X-Signature": elements[0]["signature"] if elements else "none",
        }

    def target(self):
        """Path and query."""
        return f"{PATH}?address={self.address}"

    def send(self, body, now):
        """One try."""
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        try:
            connection.request("POST", self.target(), body, self.headers(body, now))
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def read(self, status, answer, orders):
        """The rows of an answer, by name, matched by the id that each repeats. What has no row stays unknown."""
        rows = {}
        try:
            for row in json.loads(answer)["responses"]:
                for order in orders:
                    if self.is_row_of(row, order):
                        rows[name_of(order)] = self.outcome(status, row)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Failed("unreadable", status) from None
        return rows

    def is_row_of(self, row, order):
        """Whether a row repeats the id that an order was named by."""
        kind = "orderId" if order.get("orderId") else "clientId"
        return row.get(kind) == order[kind]

    def outcome(self, status, row):
        """What one row says of its order, and the reason where there is one."""
        if row.get("status") == "ERROR":
            return "refused", row.get("error")
        if status == 202 and row.get("status") != "REJECTED":
            return "pending", None
        return end_of(row) or ("pending", None)

    def close(self):
        """Let go of the channel."""
        self.channel.close()


def rows_of(asked, rows):
    """Rows in the protocol's words."""
    kinds = {name_of(order): "orderId" if order.get("orderId") else "clientId" for order in asked["orders"]}
    return [{kinds[name]: name, "outcome": outcome, "code": code} for name, (outcome, code) in rows.items()]


def main(make=Client):
    """Translate requests of the adaptor protocol, a JSON object a line, until the input ends."""
    client, rows = None, {}
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"id": asked["id"]}
        match asked["op"]:
            case "hello":
                name = {"name": "plain-arcus-client", "version": "1.0", "language": "Python"}
                can = ["timeout", "settle", "client_ids"]
                answer |= {"protocol": 1, "venue": "arcus", "client": name, "can": can}
            case "open":
                if client:
                    client.close()
                keys = asked["credentials"]
                client = make(
                    asked["base_url"], asked["ws_url"], keys["private_key"], keys["address"], asked["timeout_seconds"]
                )
            case "cancel":
                rows = {}
                try:
                    rows = client.cancel(asked["orders"])
                except Failed as failed:
                    rows = failed.rows
                    answer["error"] = {"kind": failed.kind, "status": failed.status}
                except Exception as crash:
                    answer["error"] = {"kind": "crash", "text": repr(crash)[:200]}
                answer["rows"] = rows_of(asked, rows)
            case "settle":
                rows = client.settle(rows, asked["seconds"])
                answer["rows"] = rows_of(asked, rows)
            case "close":
                client = client and client.close()
            case _:
                answer["error"] = {"kind": "unsupported"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
