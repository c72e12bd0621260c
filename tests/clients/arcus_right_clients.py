"""Right Arcus clients that differ from the plain one, each in something that nobody forbids."""

from __future__ import annotations

#: By name: what is special about it, as a class ``Mine`` that extends the plain client.
RIGHT_CLIENTS = {
    "never retries": """
        class Mine(Client):
            tries = 1
    """,
    "never listens, and calls everything that was acknowledged pending": """
        class Mine(Client):
            def watch(self, index):
                pass
    """,
    "listens only after the answer": """
        class Mine(Client):
            def watch(self, index):
                self.later = index
            def settle(self, rows, seconds):
                self.channel.watch(self.later) if rows else None
                return super().settle(rows, seconds)
    """,
    "subscribes anew for every call": """
        class Mine(Client):
            def watch(self, index):
                self.channel.close()
                self.channel = OrderUpdates(self.channel.url, self.address)
                self.channel.watch(index)
    """,
    "leaves kind, its own timestamp and X-Signature out": """
        class Mine(Client):
            def element(self, order, now):
                element = super().element(order, now)
                del element["kind"], element["timestamp"]
                return element
            def headers(self, body, now):
                headers = super().headers(body, now)
                del headers["X-Signature"]
                return headers
    """,
    "writes addresses and keys in capital letters, and signs the address in small ones": """
        class Mine(Client):
            def element(self, order, now):
                return super().element(order, now) | {"address": self.address.upper().replace("0X", "0x")}
            def headers(self, body, now):
                return super().headers(body, now) | {"X-API-Key": self.api_key.upper()}
            def target(self):
                return f"{PATH}?address={self.address[2:].upper()}"
            def signed(self, payload):
                return super().signed(payload).upper()
    """,
    "says unknown where it is not sure": """
        class Mine(Client):
            def settle(self, rows, seconds):
                found = super().settle(rows, seconds)
                return {name: end if end[0] == "cancelled" else ("unknown", end[1]) for name, end in found.items()}
    """,
    "refuses 101 before it sends": """
        class Mine(Client):
            def cancel(self, orders):
                if not 1 <= len(orders) <= 100:
                    raise Failed("limit")
                return super().cancel(orders)
    """,
    "reads the order back instead of listening": """
        class Mine(Client):
            def watch(self, index):
                pass
            def settle(self, rows, seconds):
                until, pending = time.monotonic() + seconds, [n for n, end in rows.items() if end[0] == "pending"]
                while pending and time.monotonic() < until:
                    connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
                    connection.request("GET", f"/v1/orders?address={self.address}")
                    known = json.loads(connection.getresponse().read())["orders"]
                    connection.close()
                    for order in known:
                        for name in {order["orderId"], order.get("clientId")} & set(pending):
                            rows[name] = end_of(order) or rows[name]
                    named = {each for order in known for each in (order["orderId"], order.get("clientId"))}
                    rows |= {name: ("not_found", None) for name in pending if name not in named}
                    pending = [name for name in pending if rows[name][0] == "pending"]
                    time.sleep(0.1)
                return rows
    """,
    "sends the very same bytes again after 502": """
        class Mine(Client):
            kept = None
            def send(self, body, now):
                status, headers, answer = super().send(*(self.kept or (body, now)))
                self.kept = (self.kept or (body, now)) if status == 502 else None
                return status, headers, answer
    """,
    "names orders by client id wherever it can": """
        class Mine(Client):
            def element(self, order, now):
                own = {"clientId": order["clientId"], "orderId": None} if order.get("clientId") else {}
                return super().element(order | own, now)
            def is_row_of(self, row, order):
                known = order.get("clientId")
                return row.get("clientId") == known if known else super().is_row_of(row, order)
    """,
    "takes the last word of the channel of an order that it sent once": """
        class Mine(Client):
            def outcome(self, status, row):
                return super().outcome(202, row)
    """,
}
