"""Generated requests in three families: wrong bodies, wrong signatures, and right batches that are wrong in meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from venue_conformance.fuzz.session import FuzzSession
from venue_conformance.venues.fuzzing import VenueFuzz


class GeneratedRequests:
    """``venue_fuzz`` is what generators know of the venue."""

    clauses: ClassVar[Mapping[str, str | Sequence[str]]]
    venue_fuzz: ClassVar[type[VenueFuzz]]

    def test_wrong_bodies_are_refused(self, fuzz_session: FuzzSession) -> None:
        """A rightly signed body that is no batch is refused in the documented form, and is no server error."""
        fuzz_session.try_wrong_bodies(examples=40)

    def test_refused_bodies_cancel_nothing(self, fuzz_session: FuzzSession) -> None:
        """A body with one thing wrong is refused, and the orders in it stay open."""
        fuzz_session.corrupt_bodies_of_open_orders(examples=40)

    def test_wrong_signatures_are_refused(self, fuzz_session: FuzzSession) -> None:
        """A right batch under a signature with anything wrong is refused."""
        fuzz_session.try_wrong_signatures(examples=40)

    def test_refused_signatures_cancel_nothing(self, fuzz_session: FuzzSession) -> None:
        """The orders of a wrongly signed batch stay open."""
        fuzz_session.sign_open_orders_wrongly(examples=25)

    def test_right_batches_are_answered_by_the_page(self, fuzz_session: FuzzSession) -> None:
        """Right batches of orders that cannot be cancelled are processed, and answered order by order."""
        fuzz_session.try_right_batches(examples=50)
