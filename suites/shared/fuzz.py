"""Generated requests of three kinds: invalid bodies, invalid signatures, and valid batches that cannot cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from venue_conformance.client.fuzzing import VenueFuzz
from venue_conformance.fuzz.session import FuzzSession


class GeneratedRequests:
    """``venue_fuzz`` is what generators know of the venue."""

    clauses: ClassVar[Mapping[str, str | Sequence[str]]]
    venue_fuzz: ClassVar[type[VenueFuzz]]

    def test_invalid_bodies_are_rejected(self, fuzz_session: FuzzSession) -> None:
        """A validly signed body that is not a batch is rejected in the documented form, not with a server error."""
        fuzz_session.try_wrong_bodies(examples=40)

    def test_rejected_bodies_cancel_nothing(self, fuzz_session: FuzzSession) -> None:
        """A body with one fault is rejected, and the orders in it stay open."""
        fuzz_session.corrupt_bodies_of_open_orders(examples=40)

    def test_invalid_signatures_are_rejected(self, fuzz_session: FuzzSession) -> None:
        """A valid batch whose signature has any fault is rejected."""
        fuzz_session.try_wrong_signatures(examples=40)

    def test_rejected_signatures_cancel_nothing(self, fuzz_session: FuzzSession) -> None:
        """The orders of a batch with an invalid signature stay open."""
        fuzz_session.sign_open_orders_wrongly(examples=25)

    def test_valid_batches_are_answered_as_documented(self, fuzz_session: FuzzSession) -> None:
        """Valid batches of orders that cannot be cancelled are processed and answered order by order."""
        fuzz_session.try_right_batches(examples=50)
