"""Right clients of PredictStreet that differ from the plain one, each in something that nobody forbids."""

from __future__ import annotations

#: By name: what is special about it, as a class ``Mine`` that extends the plain client. ``CAN`` replaces what its
#: adaptor says that it can do.
RIGHT_CLIENTS = {
    "never retries": """
        class Mine(Client):
            def may_help(self, status):
                return False
            def left(self, ids, rows):
                return []
    """,
    "acts for single_wallet partners alone, and does not say so": """
        CAN = ["timeout"]
        class Mine(Client):
            def headers(self, wallet):
                return super().headers(None)
    """,
    "acts for multi_wallet partners alone, for the wallet it was made with": """
        CAN = ["multi_wallet"]
        class Mine(Client):
            def cancel(self, ids, wallet=None):
                if self.wallet is None:
                    raise Failed("limit")
                return super().cancel(ids)
    """,
    "declares a checksummed wallet, for single_wallet partners too": """
        class Mine(Client):
            def headers(self, wallet):
                return super().headers("0x" + (wallet or "0x" + "aB" * 20)[2:].upper())
    """,
    "knows cancelled and not cancelled, hands on the venue's word, and tries once": """
        class Mine(Client):
            def outcome(self, reason):
                return "refused"
            def may_help(self, status):
                return False
            def left(self, ids, rows):
                return []
    """,
    "reads every order back": """
        class Mine(Client):
            def status_of(self, order, wallet):
                connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
                try:
                    connection.request("GET", f"/api/orders/{order}", headers=self.headers(wallet))
                    response = connection.getresponse()
                    return json.loads(response.read()).get("status") if response.status == 200 else None
                except (OSError, ValueError, http.client.HTTPException):
                    return None
                finally:
                    connection.close()
            def cancel(self, ids, wallet=None):
                said = {"CANCELLED": "cancelled", "FILLED": "terminal", "EXPIRED": "terminal", "REJECTED": "terminal"}
                try:
                    rows, error = super().cancel(ids, wallet), None
                except Failed as failed:
                    rows, error = failed.rows, failed
                for order in list(dict.fromkeys(ids))[:5]:
                    if rows.get(order, ("unknown", None))[0] in ("unknown", "refused", "terminal"):
                        found = said.get(self.status_of(order, wallet or self.wallet), "unknown")
                        rows[order] = found, rows.get(order, (None, None))[1]
                if error is not None and any(row[0] == "unknown" for row in rows.values()):
                    error.rows = rows
                    raise error
                return rows
    """,
    "refuses 101 before it sends": """
        class Mine(Client):
            def cancel(self, ids, wallet=None):
                if not 1 <= len(ids) <= 100:
                    raise Failed("limit")
                return super().cancel(ids, wallet)
    """,
    "insists on 200": """
        class Mine(Client):
            def send(self, body, wallet):
                status, headers, answer = super().send(body, wallet)
                if status is not None and 200 < status < 300:
                    raise Failed("unreadable", status)
                return status, headers, answer
    """,
    "takes what is unknown along with the next batch": """
        class Mine(Client):
            size = 2
            def left(self, ids, rows):
                return []
            def cancel(self, ids, wallet=None):
                rows, waiting, again = {}, list(dict.fromkeys(ids)), set()
                while waiting:
                    chunk, waiting = waiting[:self.size], waiting[self.size:]
                    try:
                        rows.update(self.cancel_chunk(chunk, wallet or self.wallet))
                    except Failed as failed:
                        failed.rows = rows
                        raise
                    once = [order for order in super(Mine, self).left(chunk, rows) if order not in again]
                    again |= set(once)
                    waiting = once + waiting
                return rows
    """,
    "paces itself to five a second": """
        class Mine(Client):
            sent = ()
            def send(self, body, wallet):
                now = time.monotonic()
                self.sent = tuple(each for each in self.sent if each > now - 1.1)
                if len(self.sent) >= 5:
                    time.sleep(1.1 - (now - self.sent[0]))
                self.sent = (*self.sent, time.monotonic())
                return super().send(body, wallet)
    """,
    "keeps a connection, sends chunks and names a charset": """
        class Mine(Client):
            kept = None
            def send(self, body, wallet):
                self.kept = self.kept or http.client.HTTPConnection(
                    self.url.hostname, self.url.port, timeout=self.timeout
                )
                try:
                    half = len(body) // 2
                    headers = self.headers(wallet) | {"Content-Type": "application/json; charset=utf-8"}
                    pieces = iter([body[:half], body[half:]])
                    path = "/api/orders/cancel-batch?source=desk"
                    self.kept.request("POST", path, pieces, headers, encode_chunked=True)
                    response = self.kept.getresponse()
                    return response.status, {n.lower(): v for n, v in response.getheaders()}, response.read()
                except (OSError, http.client.HTTPException):
                    self.kept.close()
                    self.kept = None
                    raise
    """,
}
