"""A PredictStreet account that cancels batches (batch-cancel page)."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from venue_conformance.client.caller import Caller, Recorded, RetryBudget, ids_of
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import NotTested, WayFault
from venue_conformance.target.state_values import STATUSES, ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.keys import (
    BATCH_METHOD,
    BATCH_PATH,
    MULTI_WALLET,
    RIGHT,
    Identity,
    declared_wallet,
    identity_headers,
    is_wallet,
    key_parts,
    sent_key,
)
from venue_conformance.venues.predictstreet.resending import identity_again, other_headers
from venue_conformance.venues.predictstreet.transient import retried
from venue_conformance.wire.exchange import Answer, Exchange, Request
from venue_conformance.wire.recorder import Recorder, StateCall
from venue_conformance.wire.tries import Tries

#: The order model's words for what the target protocol calls otherwise (public order-lifecycle page).
_STATUSES = {
    "pending": "open",
    "partial": "partially_filled",
    "cancelled_by_resolve": "cancelled",
    "settlement_failed": "rejected",
}
JSON = "application/json"


class PredictStreetCaller(Caller[BatchAnswer]):
    """Names its key, and under a multi_wallet key the wallet for which it acts."""

    def __init__(
        self,
        account: CallerAccount,
        session: Session,
        recorder: Recorder,
        retry_budget: RetryBudget,
        tries: Tries | None = None,
    ) -> None:
        super().__init__(account, session, recorder, retry_budget, tries)
        self._acting: str | None = None

    @property
    def key_prefix(self) -> str:
        """What its key begins with: ``ps_live`` but in a sandbox."""
        return key_parts(self.account.credentials["api_key"]).prefix

    @property
    def key_id(self) -> str:
        """The public part of its key."""
        return key_parts(self.account.credentials["api_key"]).id

    @property
    def secret(self) -> str:
        """The secret part of its key."""
        return key_parts(self.account.credentials["api_key"]).secret

    @property
    def wallet(self) -> str:
        """The wallet that it acts for, as it spells it."""
        return self._acting or self.account.credentials["wallet"]

    def lends_id(self) -> Identity:
        """What another account sends that puts this one's key id in the place of its own."""
        return Identity(key_id=self.key_id, lent=frozenset({"key_id"}))

    def lends_secret(self) -> Identity:
        """What another account sends that puts this one's secret in the place of its own."""
        return Identity(secret=self.secret, lent=frozenset({"secret"}))

    def is_right_key(self, identity: Identity) -> bool:
        """Whether the key is the right one, tampered or not: some tamperings of a short or plain key change nothing."""
        return sent_key(self.account.credentials, identity) == self.account.credentials["api_key"]

    def acting_for(self, wallet: str) -> PredictStreetCaller:
        """The same account, a multi_wallet one, declaring another wallet or another spelling of its own."""
        other = copy.copy(self)
        other._acting = wallet
        return other

    def cancel_batch(
        self,
        orders: Sequence[ProvisionedOrder | str],
        *,
        identity: Identity = RIGHT,
        right: bool | None = None,
        limit_asked: bool = False,
        as_it_comes: bool = False,
    ) -> BatchAnswer:
        """Send a batch cancel for these orders, rightly identified unless ``identity`` tampers with it.

        ``right`` says that the documentation wants a tampered one accepted all the same. ``as_it_comes``: see ``send``.
        """
        ids = ids_of(orders)
        return self.send(
            json.dumps({"orderIds": ids}).encode(),
            identity=identity,
            right=(identity == RIGHT if right is None else right) and 1 <= len(ids) <= 100,
            limit_asked=limit_asked,
            as_it_comes=as_it_comes,
        )

    def send(
        self,
        body: bytes | None,
        *,
        identity: Identity = RIGHT,
        right: bool = False,
        limit_asked: bool = False,
        as_it_comes: bool = False,
        content_type: str | None = JSON,
        route: tuple[str, str] = (BATCH_METHOD, BATCH_PATH),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> BatchAnswer:
        """Send any body to the batch-cancel operation; ``right`` says that the documentation wants it accepted.

        ``route`` is where it goes, method and path; ``headers`` are sent beside the usual ones.

        An answer in which an id is ``unknown`` is retried and merged (``transient.retried``), unless ``as_it_comes``
        or ``limit_asked`` wants it as it is. Raises NotTested when a tampered key is the right one, and WayFault for a
        transient answer beside an order whose cancel a provider state lets fail: a retry would not meet that again.
        """
        if identity.tampers_key and self.is_right_key(identity):
            raise NotTested("this change leaves the caller's key as it was, so it is still valid")
        how = self._completed(identity)
        typed = () if content_type is None else (("Content-Type", content_type),)

        def build() -> Request:
            named = (*identity_headers(self.account.credentials, how), *typed, *headers)
            return Request(*route, named, body, caller=self.name, signing=how.tampered)

        def once() -> BatchAnswer:
            return BatchAnswer(self.dispatch(build, budget=self._payer(how), right=right, limit_asked=limit_asked))

        mark = len(self.recorder.steps)
        answer = once()
        if limit_asked or as_it_comes or not answer.transient_ids:
            return answer
        if self._armed(mark) & set(answer.sent_ids):
            raise WayFault("an id was reported as unknown in a batch where another outcome was armed", "unknown")
        return retried(answer, once)

    def _armed(self, mark: int) -> set[str]:
        """The orders whose next cancel was going to fail, by the state `cancel outcome`, after ``mark`` steps."""
        armed: set[str] = set()
        for step in self.recorder.steps[:mark]:
            if isinstance(step, StateCall) and step.state == "cancel outcome" and step.values is not None:
                armed.add(str(step.params["orderId"]))
            elif armed and isinstance(step, Exchange):
                armed.difference_update(BatchAnswer(step).sent_ids)
        return armed

    def rest(self, count: int) -> None:
        """Return when so many requests can be sent at once within the wallet's budget."""
        self.session.pacer.rest(self._payer(self._completed(RIGHT)), count)

    def resend(self, recorded: Recorded) -> Exchange:
        """Send a recorded request again under this account's key, tampered with as it was, for the same wallet."""
        own_file = [CallerAccount(credentials, "file") for credentials in self.session.target.accounts]
        # Accounts may share a key, and what it would lend is right.
        lenders = [
            account
            for account in (*recorded.others, *own_file)
            if key_parts(account.credentials["api_key"]).id != self.key_id
        ]
        how = identity_again(recorded.request, self.account, lenders)

        def build() -> Request:
            headers = (*identity_headers(self.account.credentials, how), *other_headers(recorded.request))
            return replace(recorded.request, headers=headers, caller=self.name, signing=how.tampered)

        return self.dispatch(build, budget=self._payer(how), limit_asked=recorded.limit_asked)

    def read_status(self, order: ProvisionedOrder) -> str:
        """The status of an own order by GET /api/orders/{id} (public order-detail page)."""
        how = self._completed(RIGHT)

        def build() -> Request:
            headers = identity_headers(self.account.credentials, how)
            return Request("GET", f"/api/orders/{order.order_id}", headers, caller=self.name, signing=how.tampered)

        answer = Answer(self.dispatch(build, budget=self._payer(how)))
        if answer.status in (404, 405, 501):
            raise NotTested("the target offers neither `order statuses` nor a read of one order", "order statuses")
        body = answer.json_object if answer.succeeded else {}
        status = _status_of(body)
        if status is None:
            raise NotTested(f"the read of one order answered {answer!r}", "order statuses")
        return status

    def _completed(self, identity: Identity) -> Identity:
        """The identity with the wallet that this caller acts for, where that is not its own."""
        if self._acting is None or identity.wallet is not None:
            return identity
        return replace(identity, wallet=self._acting)

    def _payer(self, how: Identity) -> str:
        """Whose budget a request spends: the acting wallet's in its one spelling; the own one's if there is none."""
        declared = declared_wallet(self.account.credentials, how)
        acting = self.account.credentials["partner_kind"] == MULTI_WALLET and declared is not None
        return (declared if acting and declared and is_wallet(declared) else self.name).lower()


def _status_of(body: dict[str, Any]) -> str | None:
    """The status of an order in the words of the target protocol; None when it cannot be read."""
    given = body.get("status")
    if not isinstance(given, str):
        return None
    status = _STATUSES.get(given.lower(), given.lower())
    if status == "open" and _is_positive(body.get("filledQty")):
        return "partially_filled"
    return status if status in STATUSES else None


def _is_positive(quantity: object) -> bool:
    try:
        return float(str(quantity)) > 0
    except ValueError:
        return False
