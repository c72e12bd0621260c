"""Clients with one fault each, made from the right one: every one must violate the clause that it was made to break.

``python arcus_faulty.py NAME`` is the adaptor of the one of that name.
"""

import http.client
import json
import sys

if __package__:
    from . import faults
    from .arcus import PATH, Client, Failed, main, name_of
else:
    import faults
    from arcus import PATH, Client, Failed, main, name_of


class SignsTheHttpBody(Client):
    """Signs the batch as it is sent, once, where each element is to be signed over its own payload."""

    caught_by = "client.arcus.signing.each-element"

    def body(self, orders, now):
        elements = [{**self.element(order, now)} for order in orders]
        for element in elements:
            del element["signature"]
        signature = self.signed(json.dumps({"cancels": elements}).encode())
        return json.dumps({"cancels": [element | {"signature": signature} for element in elements]}).encode()


class SignsOneForAll(Client):
    """Puts the first element's signature into every element."""

    caught_by = "client.arcus.signing.each-element"

    def body(self, orders, now):
        elements = json.loads(super().body(orders, now))["cancels"]
        return json.dumps({"cancels": [each | {"signature": elements[0]["signature"]} for each in elements]}).encode()


class SignsAnotherOperation(Client):
    """Signs a cancel as operation 1, which is that of a placed order."""

    caught_by = "client.arcus.signing.each-element"

    def payload(self, order, now):
        return super().payload(order, now).replace(b'"op":2', b'"op":1')


class SignsAnotherTime(Client):
    """Signs whole microseconds, which is what its clock gives it, and fills the header up to nanoseconds."""

    caught_by = "client.arcus.signing.ct-is-header"

    def payload(self, order, now):
        return super().payload(order, now // 1000 * 1000)


class SignsTheEmptyId(Client):
    """Signs the id that it does not send, as an empty text."""

    caught_by = "client.arcus.signing.omits-empty"

    def payload(self, order, now):
        members = {"c": "", "id": ""} | json.loads(super().payload(order, now))
        return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


class SignsBothIds(Client):
    """Signs both ids of an order where it knows them, and sends one."""

    caught_by = "client.arcus.signing.omits-empty"

    def payload(self, order, now):
        members = json.loads(super().payload(order, now))
        if order.get("orderId") and order.get("clientId"):
            members["c"] = order["clientId"]
        return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


class SendsMilliseconds(Client):
    """Sends and signs milliseconds."""

    caught_by = "client.arcus.timestamp.nanoseconds"

    def now(self):
        return super().now() // 1_000_000


class PassesADouble(Client):
    """Writes an element's timestamp by way of a double, as JavaScript does."""

    caught_by = "client.arcus.timestamp.exact"

    def now(self):
        return super().now() | 1

    def element(self, order, now):
        return super().element(order, now) | {"timestamp": int(float(now))}


class SendsBothIds(Client):
    """Sends both ids of an order where it knows them."""

    caught_by = "client.arcus.target.exactly-one"

    def element(self, order, now):
        both = {name: order[name] for name in ("orderId", "clientId") if order.get(name)}
        return super().element(order, now) | both


class SendsNullForTheOtherId(Client):
    """Sends the other id as null, as a serialiser does that is not told to leave it out."""

    caught_by = "client.arcus.target.exactly-one"

    def element(self, order, now):
        return {"orderId": None, "clientId": None} | super().element(order, now)


class LeavesOutTheAddress(Client):
    """Leaves the address out of the query; it stands in every element, after all."""

    caught_by = "client.arcus.address.query"

    def target(self):
        return PATH


class Takes202ForFinal(Client):
    """Takes 202 for the end of it, and listens to nothing."""

    caught_by = "client.arcus.outcomes.acknowledged-is-not-final"

    def watch(self, index):
        pass

    def outcome(self, status, row):
        outcome, code = super().outcome(status, row)
        return ("cancelled" if outcome == "pending" else outcome), code


class IgnoresRejectedRows(Client):
    """Takes each row of an answer with 200 for a cancelled order."""

    caught_by = "client.arcus.outcomes.never-claims-cancelled"
    shown_by = ("final-rows",)

    def outcome(self, status, row):
        return ("cancelled", None) if status == 200 else super().outcome(status, row)


class TakesHtmlForSuccess(Client):
    """Takes an answer with 200 that it cannot read for a success without rows to report."""

    caught_by = "client.arcus.outcomes.never-claims-cancelled"

    def read(self, status, answer, orders):
        try:
            return super().read(status, answer, orders)
        except Failed:
            return dict.fromkeys(map(name_of, orders), ("cancelled", None))


class TakesFillsForCancels(Client):
    """Takes any end that the channel tells for a cancel, a fill too."""

    caught_by = "client.arcus.channel.decides"

    def settle(self, rows, seconds):
        pending = {name for name, (outcome, _) in rows.items() if outcome == "pending"}
        found = super().settle(rows, seconds)
        return {
            name: ("cancelled", None) if name in pending and end[0] == "terminal" else end
            for name, end in found.items()
        }


class BelievesTheLatestFrame(Client):
    """Believes the latest frame about an order, one that came late and tells that it is open, too."""

    caught_by = "client.arcus.channel.decides"
    shown_by = ("events-out-of-order",)

    def watch(self, index):
        take = self.channel.take

        def believe(message):
            take(message)
            contents = json.loads(message).get("contents", {})
            if contents.get("status") == "OPEN" and contents["orderId"] in self.channel.ends:
                self.channel.ends[contents["orderId"]] = "refused", None

        self.channel.take = believe
        super().watch(index)


class TakesAnyEventForItsOwn(Client):
    """Takes an event for one about its own orders without looking at whose it is."""

    caught_by = "client.arcus.outcomes.never-claims-cancelled"
    shown_by = ("event-of-another-account",)

    def cancel(self, orders):
        self.names = [name_of(order) for order in orders]
        return super().cancel(orders)

    def watch(self, index):
        take = self.channel.take

        def take_any(message):
            take(message)
            if json.loads(message).get("contents", {}).get("status") == "CANCELED":
                for name in self.names:
                    self.channel.learn(name, ("cancelled", None))

        self.channel.take = take_any
        super().watch(index)


class SubscribesToIndexZero(Client):
    """Subscribes to subaccount 0 alone, and takes the silence about other orders for a refusal."""

    caught_by = "client.arcus.channel.subscribes"

    def watch(self, index):
        super().watch(0)

    def cancel(self, orders):
        rows = super().cancel(orders)
        elsewhere = {name_of(order) for order in orders if order["accountIndex"]}
        return {name: ("refused", None) if name in elsewhere else end for name, end in rows.items()}


class KeepsItsSignatures(Client):
    """Sends a batch again after 429 as it was signed for the first try."""

    caught_by = "client.arcus.signing.fresh-each-try"
    kept = None

    def send(self, body, now):
        if self.kept is None or self.kept[2] != self.unsigned(body):
            self.kept = body, now, self.unsigned(body)
        return super().send(*self.kept[:2])

    def unsigned(self, body):
        """What a batch names, whenever it was signed."""
        return [(each.get("orderId"), each.get("clientId")) for each in json.loads(body)["cancels"]]


class SendsEmptyBatches(Client):
    """Sends a batch of nothing for an empty list."""

    caught_by = "client.arcus.limits.one-to-hundred"

    def cancel(self, orders):
        return super().cancel(orders) if orders else self.cancel_chunk([])


class WritesNumbersAsTexts(Client):
    """Writes the market as a text."""

    caught_by = "client.arcus.request.schema"

    def element(self, order, now):
        return super().element(order, now) | {"marketId": str(order["marketId"])}


class CancelsWhateverIsOpen(Client):
    """Looks up what else is open, and cancels it in the same breath."""

    caught_by = "client.arcus.request.no-other-id"

    def body(self, orders, now):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        connection.request("GET", f"/v1/openOrders?address={self.address}")
        found = json.loads(connection.getresponse().read())["orders"]
        connection.close()
        named = {name_of(order) for order in orders}
        others = [order | {"accountIndex": 0} for order in found if order["orderId"] not in named]
        return super().body([*orders, *others][:100], now)


class KnowsOneSubaccount(Client):
    """Cancels in subaccount 0, wherever the order is."""

    caught_by = "client.arcus.request.no-other-id"
    shown_by = ("two-markets",)

    def element(self, order, now):
        return super().element({**order, "accountIndex": 0}, now)


class SendsAnotherKey(Client):
    """Takes the master address for the API key."""

    caught_by = "client.arcus.request.schema"

    def headers(self, body, now):
        return super().headers(body, now) | {"X-API-Key": self.address[2:].rjust(64, "0")}


class FoldsCase(Client):
    """Writes ids in small letters."""

    caught_by = "client.arcus.request.ids-verbatim"

    def element(self, order, now):
        return super().element({**order, "orderId": name_of(order).lower()}, now)

    def is_row_of(self, row, order):
        return super().is_row_of(row, {"orderId": name_of(order).lower()})


class SendsItsSeed(Client):
    """Sends the private key along in the body."""

    caught_by = "client.arcus.secrets.stay-home"

    def body(self, orders, now):
        return json.dumps(json.loads(super().body(orders, now)) | {"seed": self.key.encode().hex()}).encode()


class TakesErrorRowsForSuccess(Client):
    """Knows REJECTED, and takes a row with any other status for a success."""

    caught_by = "client.arcus.outcomes.unknown-codes"

    def outcome(self, status, row):
        known = (None, "CANCEL_ACKNOWLEDGED", "CANCELED", "FILLED", "REJECTED")
        return ("cancelled", None) if row.get("status") not in known else super().outcome(status, row)


class MatchesRowsByPosition(Client):
    """Takes the first row for the first order's, whatever id it repeats."""

    caught_by = "client.arcus.outcomes.names-the-order"

    def read(self, status, answer, orders):
        super().read(status, answer, orders)
        rows = json.loads(answer)["responses"]
        return {name_of(order): self.outcome(status, row) for order, row in zip(orders, rows, strict=False)}


class BelievesTheLastTry(Client):
    """Believes what the last try led to: that nothing was there to be cancelled any more."""

    caught_by = "client.arcus.outcomes.says-what-became"

    def settle(self, rows, seconds):
        found = super().settle(rows, seconds)
        if self.sent == 1:
            return found
        return {name: ("not_found", None) if end[0] == "cancelled" else end for name, end in found.items()}

    def cancel(self, orders):
        self.sent = 0
        return super().cancel(orders)

    def send(self, body, now):
        self.sent += 1
        return super().send(body, now)


class RefusesNewFields(Client):
    """Holds an answer with a field that it does not know for unreadable."""

    caught_by = "client.arcus.outcomes.unknown-fields"

    def read(self, status, answer, orders):
        document = json.loads(answer) if answer.startswith(b"{") and answer.endswith(b"}") else {}
        if not document.keys() <= {"responses", "rateLimit"}:
            raise Failed("unreadable", status)
        return super().read(status, answer, orders)


class CrashesOnHtml(Client):
    """Reads an answer as JSON without asking whether it is."""

    caught_by = "client.arcus.outcomes.typed-errors"

    def read(self, status, answer, orders):
        json.loads(answer)
        return super().read(status, answer, orders)


class SendsRefusalsAgain(Client):
    """Sends what was refused again, a refusal being no reason to give up."""

    caught_by = "client.arcus.retry.not-after-refusal"

    def may_help(self, status):
        return status == 400 or super().may_help(status)


FAULTY = faults.collect("arcus", Client, globals(), faults.EVERYWHERE)

if __name__ == "__main__":
    main(FAULTY[sys.argv[1]])
