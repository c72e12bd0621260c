"""Right clients that differ from the plain one, each in something that nobody forbids.

Written down before the scenarios were: whatever a rule asserts has to hold for all of them.
"""

from __future__ import annotations

#: By name: what is special about it, as a class ``Mine`` that extends the plain client.
RIGHT_CLIENTS = {
    "never retries": """
        class Mine(Client):
            def may_help(self, status):
                return False
    """,
    "matches rows by position": """
        class Mine(Client):
            def read(self, answer, ids):
                try:
                    rows = json.loads(answer)["results"]
                    if len(rows) != len(ids):
                        raise Failed("unreadable", 200)
                    return {order: self.outcome(row) for order, row in zip(ids, rows)}
                except (ValueError, KeyError, TypeError):
                    raise Failed("unreadable", 200) from None
    """,
    "reads every order back": """
        class Mine(Client):
            def status_of(self, order):
                connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
                try:
                    connection.request("GET", f"/v1/pm/orders/{order}", headers={"X-Public-Key": self.public_key})
                    response = connection.getresponse()
                    document = json.loads(response.read())
                    return document.get("status") if response.status == 200 else None
                except (OSError, ValueError, http.client.HTTPException):
                    return None
                finally:
                    connection.close()
            def cancel(self, ids):
                said = {"cancelled": "cancelled", "filled": "terminal", "expired": "terminal", "rejected": "terminal"}
                try:
                    rows, error = super().cancel(ids), None
                except Failed as failed:
                    rows, error = failed.rows, failed
                for order in list(dict.fromkeys(ids))[:5]:
                    if rows.get(order, ("unknown", None))[0] in ("unknown", "refused"):
                        rows[order] = said.get(self.status_of(order), "unknown"), rows.get(order, (None, None))[1]
                if error is not None and any(rows.get(order, ("unknown", None))[0] == "unknown" for order in ids):
                    error.rows = rows
                    raise error
                return rows
    """,
    "refuses 101 before it sends": """
        class Mine(Client):
            def cancel(self, ids):
                if not 1 <= len(ids) <= 100:
                    raise Failed("limit")
                return super().cancel(ids)
    """,
    "says unknown where it is not sure": """
        class Mine(Client):
            def outcome(self, row):
                outcome, code = super().outcome(row)
                return (outcome if outcome == "cancelled" else "unknown"), code
    """,
    "sends no key and never retries": """
        class Mine(Client):
            def may_help(self, status):
                return False
            def headers(self, body, key):
                headers = super().headers(body, key)
                del headers["Idempotency-Key"]
                return headers
    """,
    "has one key for each call, and a suffix for each batch": """
        class Mine(Client):
            def cancel(self, ids):
                self.logical, self.part = f"close-of-day_{uuid.uuid4().hex}", 0
                return super().cancel(ids)
            def new_key(self):
                self.part += 1
                return f"{self.logical}-{self.part}"
    """,
    "retries after faults of the way alone": """
        class Mine(Client):
            def may_help(self, status):
                return status is None or status in (429, 500, 502, 503)
    """,
    "sends what is left under a new key, and wants rows in order": """
        class Mine(Client):
            def read(self, answer, ids):
                try:
                    rows = json.loads(answer)["results"]
                    if [row["orderId"] for row in rows] != ids:
                        raise Failed("unreadable", 200)
                except (ValueError, KeyError, TypeError):
                    raise Failed("unreadable", 200) from None
                return super().read(answer, ids)
            def is_open(self, order):
                connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
                try:
                    connection.request("GET", f"/v1/pm/orders/{order}", headers={"X-Public-Key": self.public_key})
                    return json.loads(connection.getresponse().read()).get("status") == "open"
                finally:
                    connection.close()
            def may_help(self, status):
                return status in (409, 429)
            def cancel_chunk(self, ids):
                try:
                    return super().cancel_chunk(ids)
                except Failed as failed:
                    if failed.status is not None and failed.status < 500:
                        raise
                    time.sleep(0.2)
                    left = [order for order in ids if self.is_open(order)][:1]
                    return super().cancel_chunk(left) if left else {}
    """,
    "reports small batches of ten": """
        class Mine(Client):
            size = 10
    """,
    "keeps a connection, with Expect and chunks": """
        class Mine(Client):
            kept = None
            def send(self, body, key):
                self.kept = self.kept or http.client.HTTPConnection(
                    self.url.hostname, self.url.port, timeout=self.timeout
                )
                try:
                    half = len(body) // 2
                    headers = self.headers(body, key) | {"Accept-Encoding": "identity"}
                    pieces = iter([body[:half], body[half:]])
                    self.kept.request("DELETE", PATH, pieces, headers, encode_chunked=True)
                    response = self.kept.getresponse()
                    return response.status, {n.lower(): v for n, v in response.getheaders()}, response.read()
                except (OSError, http.client.HTTPException):
                    self.kept.close()
                    self.kept = None
                    raise
    """,
}
