"""Clients with one fault each, made from the right one: every one must violate the clause that it was made to break.

``python bayse_faulty.py NAME`` is the adaptor of the one of that name.
"""

import base64
import http.client
import json
import sys
import time
import uuid

if __package__:
    from . import faults
    from .bayse import PATH, Client, Failed, main
else:
    import faults
    from bayse import PATH, Client, Failed, main


class HashesNoBody(Client):
    """Signs as for a request without a body."""

    caught_by = "client.bayse.signing.over-sent-bytes"

    def sign(self, now, body):
        return self.signed(f"{now}.DELETE.{PATH}.")


class SignsAnotherText(Client):
    """Signs the body as it would serialise it anew, with other spaces than those that it sends."""

    caught_by = "client.bayse.signing.over-sent-bytes"

    def sign(self, now, body):
        return super().sign(now, json.dumps(json.loads(body), indent=1).encode())


class SignsMilliseconds(Client):
    """Sends and signs milliseconds."""

    caught_by = "client.bayse.signing.timestamp-seconds"

    def now(self):
        return str(int(time.time() * 1000))


class WritesHex(Client):
    """Writes the signature in hex."""

    caught_by = "client.bayse.signing.standard-base64"

    def encode(self, digest):
        return digest.hex()


class SignsOnce(Client):
    """Keeps the first try's timestamp and signature for every try."""

    caught_by = "client.bayse.signing.fresh-each-try"
    kept = None

    def headers(self, body, key):
        if self.kept is None or self.kept[0] != body:
            self.kept = body, super().headers(body, key)
        return self.kept[1] | {"Idempotency-Key": key}


class SendsItsKeyAsBearer(Client):
    """Writes Bearer before its public key, as if it were a token."""

    caught_by = "client.bayse.request.schema"

    def headers(self, body, key):
        return super().headers(body, key) | {"X-Public-Key": f"Bearer {self.public_key}"}


class SendsEmptyBatches(Client):
    """Sends a batch of nothing for an empty list."""

    caught_by = "client.bayse.limits.one-to-hundred"

    def cancel(self, ids):
        return super().cancel(ids) if ids else self.cancel_chunk([])


class CancelsWhateverIsOpen(Client):
    """Looks up what else is open, and cancels it in the same breath."""

    caught_by = "client.bayse.request.no-other-id"

    def body(self, ids):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        query = "status=open&currency=USD&size=100"
        connection.request("GET", f"/v1/pm/orders?{query}", headers={"X-Public-Key": self.public_key})
        found = [order["id"] for order in json.loads(connection.getresponse().read())["orders"]]
        connection.close()
        return super().body(list(dict.fromkeys([*ids, *found]))[:100])


class SendsItsSecret(Client):
    """Sends the secret along in the body."""

    caught_by = "client.bayse.secrets.stay-home"

    def body(self, ids):
        return json.dumps({"orderIds": ids, "apiSecret": self.secret_key}).encode()


class SendsBasicAuthorization(Client):
    """Sends account and secret along as a Basic authorisation, in which base64 hides neither."""

    caught_by = "client.bayse.secrets.stay-home"

    def headers(self, body, key):
        pair = base64.b64encode(f"{self.public_key}:{self.secret_key}".encode()).decode()
        return super().headers(body, key) | {"Authorization": f"Basic {pair}"}


class TakesAmmForGone(Client):
    """Reports an order that batches do not serve as one that does not exist."""

    caught_by = "client.bayse.outcomes.amm-not-cancelled"

    def outcome(self, row):
        outcome, code = super().outcome(row)
        return ("not_found" if code == "UNSUPPORTED_ENGINE" else outcome), code


class TakesAReplayForARefusal(Client):
    """Takes an answer that is marked as a replay for a refusal of the second try."""

    caught_by = "client.bayse.outcomes.says-what-became"

    def send(self, body, key):
        status, headers, answer = super().send(body, key)
        self.is_replay = headers.get("idempotent-replayed") == "true"
        return status, headers, answer

    def read(self, answer, ids):
        return dict.fromkeys(ids, ("refused", "REPLAYED")) if self.is_replay else super().read(answer, ids)


class RefusesNewFields(Client):
    """Holds an answer with a field that it does not know for unreadable."""

    caught_by = "client.bayse.outcomes.unknown-fields"

    def read(self, answer, ids):
        known = {"engine", "results", "summary"}
        document = json.loads(answer) if answer.startswith(b"{") and answer.endswith(b"}") else {}
        if not document.keys() <= known:
            raise Failed("unreadable", 200)
        return super().read(answer, ids)


class TakesNewCodesForSuccess(Client):
    """Knows two failure codes, and takes any other row for a success."""

    caught_by = "client.bayse.outcomes.unknown-codes"

    def outcome(self, row):
        outcome, code = super().outcome(row)
        known = ("ORDER_NOT_FOUND", "UNSUPPORTED_ENGINE", "BAD_REQUEST")
        return ("cancelled", None) if code is not None and code not in known else (outcome, code)


class CrashesOnNoMessage(Client):
    """Reads an error's message without asking whether it is there."""

    caught_by = "client.bayse.outcomes.typed-errors"

    def read(self, answer, ids):
        rows = super().read(answer, ids)
        for row in json.loads(answer)["results"]:
            row.get("error") and row["error"]["message"].strip()
        return rows


class SendsRefusalsAgain(Client):
    """Sends what was refused with 422 again."""

    caught_by = "client.bayse.retry.not-after-refusal"

    def may_help(self, status):
        return status == 422 or super().may_help(status)


class QuotesItsKey(Client):
    """Sends the key in quotation marks, as a draft of the IETF has it."""

    caught_by = "client.bayse.idempotency.key-form"

    def headers(self, body, key):
        return super().headers(body, key) | {"Idempotency-Key": f'"{key}"'}


class UsesOneKey(Client):
    """Has one key for everything it ever sends."""

    caught_by = "client.bayse.idempotency.one-key-one-body"
    key = None

    def new_key(self):
        self.key = self.key or super().new_key()
        return self.key


class UsesANewKeyEachTry(Client):
    """Makes a new key for every try."""

    caught_by = "client.bayse.idempotency.retry-same-key"

    def headers(self, body, key):
        return super().headers(body, key) | {"Idempotency-Key": str(uuid.uuid4())}


class RetriesWithoutAKey(Client):
    """Sends no key, and sends again all the same."""

    caught_by = "client.bayse.idempotency.retry-same-key"

    def headers(self, body, key):
        headers = super().headers(body, key)
        del headers["Idempotency-Key"]
        return headers


class HurriesAfter409(Client):
    """After 409 sends again at once, under a new key."""

    caught_by = "client.bayse.idempotency.after-409"
    fresh = None

    def send(self, body, key):
        status, headers, answer = super().send(body, key)
        if status == 409:
            again = self.fresh = str(uuid.uuid4())
            status, headers, answer = super().send(body, again)
        return status, headers, answer


FAULTY = faults.collect("bayse", Client, globals(), (*faults.EVERYWHERE, *faults.OF_IDS))

if __name__ == "__main__":
    main(FAULTY[sys.argv[1]])
