"""What generated requests need to know of a venue: how to send them, and which clause speaks of what may go wrong."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.exchange import Answer

OrderOrId = ProvisionedOrder | str

#: Generated batches name orders by so many slots.
SLOTS = 16
_MARKER, _REPEATABLE = "00000000-0000-4000-8000-{:012d}", "00000000-0000-4000-9000-{:012d}"
_SLOT_OF = {_MARKER.format(slot): slot for slot in range(SLOTS)}
_REPEATABLE_SLOT_OF = {_REPEATABLE.format(slot): slot for slot in range(SLOTS)}
#: Stand where an order is named. They are no ids: whoever sends a batch puts orders into the slots first. One mention
#: in five may repeat an order that the same body names already, the others take the next slot then.
slot_markers: SearchStrategy[str] = st.sampled_from([*_SLOT_OF] * 4 + [*_REPEATABLE_SLOT_OF])


def slot_of(text: str) -> int | None:
    """The slot that a text marks, None for any other text."""
    return _SLOT_OF.get(text, _REPEATABLE_SLOT_OF.get(text))


def may_repeat(text: str) -> bool:
    """Whether a marker stands for its slot even where the same body has named that one already."""
    return text in _REPEATABLE_SLOT_OF


class ProcessingDepth(StrEnum):
    """How deep into a venue a request got."""

    AUTHENTICATION = "authentication"
    RATE_LIMIT = "rate_limit"
    SHAPE = "shape"
    CORE = "core"
    FAILURE = "failure"


class Nothing:
    """The body of a request that has none, which is something else than null."""

    def __repr__(self) -> str:
        return "no body"


NOTHING: Final = Nothing()


@dataclass(frozen=True)
class BatchOrder:
    """An order that a generated batch names: as it stands in the request, and of which kind it is."""

    order: OrderOrId
    kind: str

    @property
    def order_id(self) -> str:
        """The id of the order."""
        return self.order if isinstance(self.order, str) else self.order.order_id


@dataclass(frozen=True)
class Fault:
    """What a document has against a body: where, by which keyword, and the type of the value that stands there.

    ``place`` is the path of members, ``[]`` for any element of an array (``cancels[].marketId``), and for ``required``
    that of the missing member. It is empty for the body as a whole; a body that is no JSON has the keyword ``body``.
    ``element`` is the number of the element that it lies in, None for what is wrong outside of the array; ``bound`` is
    what the keyword says, where that is a number.
    """

    place: str
    keyword: str
    given: str = ""
    element: int | None = None
    bound: int | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The names by which a venue may know it, the most exact first."""
        rule = f"{self.place}.{self.keyword}".removeprefix(".")
        return (f"{rule}={self.given}", rule)


@dataclass(frozen=True)
class Payload:
    """A generated request before it is signed.

    ``body`` is a JSON value, bytes to be sent as they stand, or NOTHING. ``batch`` are the orders that a valid body
    names, in order; it is empty for any other body. ``known`` are the orders that the body may name, by their ids.
    ``route`` is the operation's method and path, None for those that the venue's page gives. ``faults`` is what the
    document has against the body.
    """

    body: Any
    headers: tuple[tuple[str, str], ...] = ()
    batch: tuple[BatchOrder, ...] = ()
    known: Mapping[str, BatchOrder] = field(default_factory=dict)
    route: tuple[str, str] | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def encoded(self) -> bytes | None:
        """The body as bytes, None for none."""
        if self.body is NOTHING:
            return None
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return not isinstance(self.body, bytes | Nothing)

    def header(self, name: str) -> str | None:
        """The value of a header, None when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class WrongSigning:
    """A way to sign wrongly, as the venue's caller takes it in ``tampering``, and the clause that demands its refusal.

    ``by_effect`` says that no more is promised than that nothing is cancelled, whatever the answer. ``untouched`` is
    the clause by which nothing is.
    """

    clause: str
    tampering: Any
    untouched: str
    by_effect: bool = False


class VenueFuzz(ABC):
    """A venue as generated requests see it. Stateless; the clauses it names are those of its own catalogue."""

    venue: ClassVar[str]
    #: String formats of the venue's OpenAPI document that have a quicker generator than their pattern.
    formats: ClassVar[Mapping[str, SearchStrategy[str]]] = {}
    #: Headers and parts of the query that are the signer's, in small letters: a generator has no say in them.
    signed: ClassVar[frozenset[str]] = frozenset()
    #: What the document rules out is refused by these clauses. A rule is a place and a keyword, see ``Fault``;
    #: of several clauses the first one is named.
    refusals: ClassVar[Mapping[str, str]] = {}
    #: What the document rules out without that anybody promises its refusal: by which open clause. Where a member's own
    #: meaning is open (``validUntil`` without a keyword), no generated body has it.
    exceptions: ClassVar[Mapping[str, str]] = {}
    #: Members of a body that never name an order.
    plain_members: ClassVar[frozenset[str]] = frozenset()
    #: The most elements of a generated batch; the documented bounds themselves come with the coverage phase.
    most_elements: ClassVar[int] = 8
    #: The kinds of orders that cannot be cancelled, as ``provision_kind`` provisions them, and the kind that can.
    kinds: ClassVar[Sequence[str]] = ()
    live: ClassVar[str] = "open"

    #: So many tokens an account may spend at once; then another one takes over, where the target makes them.
    burst: ClassVar[int | None] = None
    #: A valid request is authenticated.
    authenticated: ClassVar[str]

    @abstractmethod
    def send(self, caller: Caller[Any], payload: Payload, *, tampering: Any = None, right: bool = False) -> Answer:
        """Sign a request and send it through the caller's ``dispatch``; ``tampering`` is a WrongSigning's."""

    @abstractmethod
    def batch(self, orders: Sequence[OrderOrId]) -> Any:
        """A valid body that names the orders."""

    @abstractmethod
    def wrong_signings(self) -> SearchStrategy[WrongSigning]:
        """Ways to sign wrongly that every right venue refuses."""

    def refusal(self, payload: Payload) -> str | None:
        """The clause that wants a body refused for what the document has against it; None where that is left open."""
        found = {clause for fault in payload.faults if (clause := self.clause_of(fault)) is not None}
        return next((clause for clause in self.refusals.values() if clause in found), None)

    def clause_of(self, fault: Fault) -> str | None:
        """The clause that wants a fault refused; None where that is open, or the question of another check."""
        for rule in fault.rules:
            if rule in self.refusals or rule in self.exceptions:
                return self.refusals.get(rule)
        return None

    @staticmethod
    def most_ids(payload: Payload) -> int:
        """The bound of the document that a body of too many elements exceeds; 0 for another body."""
        return next((fault.bound or 0 for fault in payload.faults if fault.keyword == "maxItems"), 0)

    @abstractmethod
    def harmless(self, payload: Payload) -> str | None:
        """The clause by which a body that ``refusal`` speaks of cancels nothing; None where none says so."""

    @abstractmethod
    def acceptance(self, payload: Payload) -> str | None:
        """The clause that wants a valid batch accepted; None where that is left open, or another check's question."""

    def success_status(self, batch: Sequence[BatchOrder]) -> str | None:  # noqa: ARG002 - for those who promise one
        """The clause that wants a processed batch of these orders answered with a documented status."""
        return None

    @abstractmethod
    def schema_clause(self, answer: Answer, place: Sequence[str | int], rule: str) -> str | None:
        """The clause that an answer breaks that is not of its schema.

        ``place`` is where in the body, ``rule`` the last keyword of the schema. None for what no clause promises.
        """

    @abstractmethod
    def server_error(self, payload: Payload) -> str | None:
        """The clause that forbids a 5xx in answer to this request, None where there is none."""

    def clauses_of_form(self, answer: Answer) -> frozenset[str]:  # noqa: ARG002 - for those whose schema says something
        """The clauses that an answer of this kind is held against by its schema."""
        return frozenset()

    @abstractmethod
    def judge(self, answer: Answer, batch: Sequence[BatchOrder], assess: Assessment) -> None:
        """Hold a processed batch against the page. Raises Violation where what came cannot be read."""

    def provision_kind(self, kind: str, orders: Orders, count: int) -> list[ProvisionedOrder]:
        """So many orders of one of ``kinds``. Raises NotTested."""
        return orders.foreign(count) if kind == "foreign" else orders.make(count, kind)

    def named(self, body: Any) -> list[str]:
        """The ids that a valid body names, in order, repeats included."""
        ids: list[str] = body["orderIds"]
        return ids

    def complete(self, payload: Payload, salt: Callable[[], str]) -> Payload:  # noqa: ARG002 - for those who need it
        """The payload with headers that are fit to be sent in any number of requests; ``salt`` is 64 random bits."""
        return payload

    def is_signable(self, payload: Payload) -> bool:
        """Whether the request can be signed rightly at all, so that a 401 or 403 means a fault in authentication."""
        return payload.body is not NOTHING

    def tokens(self, payload: Payload) -> int:  # noqa: ARG002 - for those who count more
        """What the request spends of its account's budget."""
        return 1

    def refuses(self, payload: Payload, answer: Answer) -> bool:  # noqa: ARG002 - for those who may refuse in a row
        """Whether an answer is the refusal that ``refusal`` speaks of."""
        return answer.refused

    def stopped_by_signature(self, answer: Answer) -> bool:
        """Whether an invalidly signed request was refused for that, as a whole or in each of its rows."""
        return self.depth(answer) is ProcessingDepth.AUTHENTICATION

    def depth(self, answer: Answer) -> ProcessingDepth:
        """How deep a request got, by its answer."""
        if answer.status in (401, 403):
            return ProcessingDepth.AUTHENTICATION
        if answer.status == 429:
            return ProcessingDepth.RATE_LIMIT
        if answer.succeeded:
            return ProcessingDepth.CORE
        return ProcessingDepth.FAILURE if answer.status >= 500 else ProcessingDepth.SHAPE
