"""Faults that a client of any venue may have: each is laid over the right client of a venue."""

import re

#: What the error of the right client says of an answer that it cannot read, though its status says success.
UNREADABLE = "unreadable"


class SendsTooMany:
    """Sends however many orders it is given in one batch."""

    breaks = "limits.one-to-hundred"
    size = 100_000


class DropsTheRest:
    """Sends the first hundred orders and forgets the rest without a word."""

    breaks = "request.every-id"

    def cancel(self, orders, *more):
        return super().cancel(orders[:100], *more)


class DeclaresAForm:
    """Declares its JSON as a form, as curl does when it is not told."""

    breaks = "headers.content-type"

    def headers(self, *what):
        return super().headers(*what) | {"Content-Type": "application/x-www-form-urlencoded"}


class FollowsRedirects:
    """Follows a redirection to wherever it points, with all that speaks for the account."""

    breaks = "secrets.stay-home"

    def send(self, *what):
        status, headers, answer = super().send(*what)
        place = re.match(r"http://([^:/]+):(\d+)", headers.get("location", ""))
        if status != 307 or not place:
            return status, headers, answer
        home, self.url = self.url, self.url._replace(netloc=f"{place[1]}:{place[2]}")
        try:
            return super().send(*what)
        finally:
            self.url = home


class IgnoresRetryAfter:
    """Sends again after a pause of its own, whatever Retry-After says."""

    breaks = "retry.obeys-retry-after"

    def retry_after(self, headers):
        return 0.0


class TakesSilenceForARefusal:
    """Tries once, and reports whatever it got no good answer for as not cancelled."""

    breaks = "outcomes.says-what-became"
    says = "refused"

    def may_help(self, *_):
        return False

    def cancel(self, orders, *more):
        try:
            return super().cancel(orders, *more)
        except Exception as failed:
            if not hasattr(failed, "rows"):
                raise
            names = [order if isinstance(order, str) else order.get("orderId") or order["clientId"] for order in orders]
            failed.rows = dict.fromkeys(names, (self.says, None)) | failed.rows
            raise


class TakesSilenceForTheEnd(TakesSilenceForARefusal):
    """Tries once, and reports whatever it got no good answer for as finished."""

    breaks = "outcomes.never-claims-cancelled"
    says = "terminal"


EVERYWHERE = (
    SendsTooMany,
    DropsTheRest,
    DeclaresAForm,
    FollowsRedirects,
    IgnoresRetryAfter,
    TakesSilenceForARefusal,
    TakesSilenceForTheEnd,
)


class FoldsCase:
    """Writes ids in small letters."""

    breaks = "request.ids-verbatim"

    def cancel(self, ids, *more):
        return super().cancel([order.lower() for order in ids], *more)


class SendsObjects:
    """Names orders by objects, as a generated snippet seems to ask."""

    breaks = "request.schema"

    def body(self, ids):
        return super().body([{"orderId": order} for order in ids])


class TakesAny2xxForSuccess:
    """Takes a status of 2xx for success and looks at nothing else."""

    breaks = "outcomes.never-claims-cancelled"

    def read(self, answer, ids):
        return dict.fromkeys(ids, ("cancelled", None))


class TakesHtmlForSuccess:
    """Takes an answer that it cannot read for a success without anything to report."""

    breaks = "outcomes.never-claims-cancelled"

    def read(self, answer, ids):
        try:
            return super().read(answer, ids)
        except Exception as failed:
            if getattr(failed, "kind", None) != UNREADABLE:
                raise
            return dict.fromkeys(ids, ("cancelled", None))


#: Faults of clients that hand ids around.
OF_IDS = (FoldsCase, SendsObjects, TakesAny2xxForSuccess, TakesHtmlForSuccess)


def collect(venue, client, members, shared):
    """The faulty clients of a venue by name: those among the members of its module, and the shared faults over it."""
    own = [each for each in members.values() if isinstance(each, type) and issubclass(each, client)]
    laid = []
    for fault in shared:
        breaks = {"caught_by": f"client.{venue}.{fault.breaks}", "__doc__": fault.__doc__}
        laid.append(type(fault.__name__, (fault, client), breaks))
    return {
        re.sub(r"(?<!^)(?=[A-Z])|(?<=[a-z])(?=[0-9])", "-", each.__name__).lower(): each
        for each in (*own, *laid)
        if each is not client
    }
