"""Clients with one fault each, made from the right one: every one must violate the clause that it was made to break.

``python predictstreet_faulty.py NAME`` is the adaptor of the one of that name.
"""

import http.client
import json
import sys

if __package__:
    from . import faults
    from .predictstreet import PATH, Client, Failed, main
else:
    import faults
    from predictstreet import PATH, Client, Failed, main


class ForgetsTheWallet(Client):
    """Never declares the wallet that it acts for."""

    caught_by = "client.predictstreet.wallet.every-request"

    def headers(self, wallet):
        return super().headers(None)


class ForgetsTheWalletOnRetries(Client):
    """Declares the wallet with the first try of a call alone."""

    caught_by = "client.predictstreet.wallet.every-request"
    tries = 0

    def cancel(self, ids, wallet=None):
        self.tries = 0
        return super().cancel(ids, wallet)

    def headers(self, wallet):
        self.tries += 1
        return super().headers(wallet if self.tries == 1 else None)


class KeepsThePreviousWallet(Client):
    """Declares the wallet of the call before."""

    caught_by = "client.predictstreet.wallet.of-this-call"
    previous = None

    def cancel(self, ids, wallet=None):
        wallet = wallet or self.wallet
        previous, self.previous = self.previous or wallet, wallet
        return super().cancel(ids, previous)


class WritesTheWalletBare(Client):
    """Declares the wallet without its 0x."""

    caught_by = "client.predictstreet.wallet.form"

    def headers(self, wallet):
        return super().headers(wallet and wallet.removeprefix("0x"))


class SendsTheKeyAsBearer(Client):
    """Sends the key as a bearer token."""

    caught_by = "client.predictstreet.key.header"

    def headers(self, wallet):
        headers = super().headers(wallet)
        return headers | {"Authorization": f"Bearer {headers.pop('X-Api-Key')}"}


class SendsTheIdOfItsKeyAlone(Client):
    """Sends a single_wallet key's id without its secret, as if that were enough for a wallet that is known."""

    caught_by = "client.predictstreet.key.stands-alone"

    def headers(self, wallet):
        headers = super().headers(wallet)
        return headers if wallet else headers | {"X-Api-Key": self.api_key.split("_")[2]}


class SendsEmptyBatches(Client):
    """Sends a batch of nothing for an empty list."""

    caught_by = "client.predictstreet.limits.one-to-hundred"

    def cancel(self, ids, wallet=None):
        return super().cancel(ids, wallet) if ids else self.cancel_chunk([], wallet or self.wallet)


class CancelsWhateverIsOpen(Client):
    """Looks up what else is open, and cancels it in the same breath."""

    caught_by = "client.predictstreet.request.no-other-id"

    def cancel_chunk(self, ids, wallet):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout)
        connection.request("GET", "/api/orders/open?limit=100", headers=self.headers(wallet))
        found = [order["id"] for order in json.loads(connection.getresponse().read())["orders"]]
        connection.close()
        rows = super().cancel_chunk(list(dict.fromkeys([*ids, *found]))[:100], wallet)
        return {order: row for order, row in rows.items() if order in ids}


class SendsItsKeyInTheQuery(Client):
    """Sends the key in the query as well, as the WebSocket takes it."""

    caught_by = "client.predictstreet.secrets.stay-home"

    def path(self):
        return f"{PATH}?key={self.api_key}"


class SendsItsKeyTwice(Client):
    """Sends the key as a bearer token as well, to be sure."""

    caught_by = "client.predictstreet.secrets.stay-home"

    def headers(self, wallet):
        return super().headers(wallet) | {"Authorization": f"Bearer {self.api_key}"}


class MergesBothParts(Client):
    """Takes every order that the answer names for a cancelled one, in whichever part."""

    caught_by = "client.predictstreet.outcomes.never-claims-cancelled"

    def read(self, answer, ids):
        return dict.fromkeys(super().read(answer, ids), ("cancelled", None))


class TakesFinishedForAnError(Client):
    """Raises an error for an order that is finished."""

    caught_by = "client.predictstreet.outcomes.terminal-is-done"

    def cancel(self, ids, wallet=None):
        rows = super().cancel(ids, wallet)
        if any(code == "already_terminal" for _, code in rows.values()):
            failed = Failed("refused", 200)
            failed.rows = rows
            raise failed
        return rows


class TakesFinishedForRefused(Client):
    """Reports an order that is finished as one that was not cancelled, and does not say why."""

    caught_by = "client.predictstreet.outcomes.terminal-is-done"

    def read(self, answer, ids):
        rows = super().read(answer, ids)
        return {order: ("refused", None) if row[0] == "terminal" else row for order, row in rows.items()}


class TakesNotFoundForCancelled(Client):
    """Reports an order that is not there as cancelled: it is off the book, after all."""

    caught_by = "client.predictstreet.outcomes.not-found"

    def outcome(self, reason):
        return "cancelled" if reason == "not_found" else super().outcome(reason)


class SpoilsTheRest(Client):
    """Reports the whole batch as not cancelled when the lock of one order is at odds."""

    caught_by = "client.predictstreet.outcomes.lock-invariant"

    def read(self, answer, ids):
        rows = super().read(answer, ids)
        spoilt = any(code == "lock_invariant" for _, code in rows.values())
        return dict.fromkeys(ids, ("refused", "lock_invariant")) if spoilt else rows


class TakesItsOwnCancelForARefusal(Client):
    """Reports what its own first try cancelled as refused, because the second is told that it is finished."""

    caught_by = "client.predictstreet.outcomes.says-what-became"

    def outcome(self, reason):
        return "refused" if reason == "already_terminal" else super().outcome(reason)


class RefusesNewFields(Client):
    """Holds an answer with a field that it does not know for unreadable."""

    caught_by = "client.predictstreet.outcomes.unknown-fields"

    def read(self, answer, ids):
        known = {"cancelled", "notCancelled"}
        document = json.loads(answer) if answer.startswith(b"{") and answer.endswith(b"}") else {}
        if not document.keys() <= known:
            raise Failed("unreadable", 200)
        return super().read(answer, ids)


class TakesNewReasonsForSuccess(Client):
    """Knows four reasons, and takes any other for a success."""

    caught_by = "client.predictstreet.outcomes.unknown-codes"

    def outcome(self, reason):
        known = ("not_found", "already_terminal", "lock_invariant", "unknown")
        return super().outcome(reason) if reason in known else "cancelled"


class CrashesWhereAnOrderIsMissing(Client):
    """Looks every order up in the answer without asking whether it is there."""

    caught_by = "client.predictstreet.outcomes.typed-errors"

    def read(self, answer, ids):
        rows = super().read(answer, ids)
        return {order: rows[order] for order in ids}


class SendsRefusalsAgain(Client):
    """Sends what was refused with 400 again."""

    caught_by = "client.predictstreet.retry.not-after-refusal"

    def may_help(self, status):
        return status == 400 or super().may_help(status)


class SendsTheWholeBatchAgain(Client):
    """Sends the whole batch again when one order of it is answered unknown."""

    caught_by = "client.predictstreet.retry.unknown-alone"

    def left(self, ids, rows):
        return ids if super().left(ids, rows) else []


FAULTY = faults.collect("predictstreet", Client, globals(), (*faults.EVERYWHERE, *faults.OF_IDS))

if __name__ == "__main__":
    main(FAULTY[sys.argv[1]])
