"""What the machinery has to know of a venue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from venue_conformance.client.outgoing import IdPositions
from venue_conformance.target.file import CredentialShape
from venue_conformance.wire.pacing import Pace


@dataclass(frozen=True)
class Venue:
    """One venue's facts.

    ``production_hosts`` are the ones its pages document. ``cancels`` names, by the status of a live order, the clause
    that a batch which names it cancels it. ``pace`` makes the documented budget of one account, None where none is
    documented. ``caller`` makes a caller of an account in a session: the venue's subclass of ``Caller``, which knows
    sessions, while sessions know it by this field alone. ``positions`` says which operations a run may use and where
    their requests name orders. ``unknown_id`` makes an id that names no order, like one of the target's own where
    there is one; None makes version 4 UUIDs. ``how_to_sign`` says how somebody with a shell signs a request.
    """

    name: str
    title: str
    credentials: CredentialShape
    production_hosts: frozenset[str]
    pace: Callable[[], Pace] | None
    caller: Callable[..., Any]
    accepts: str
    answer_members: Mapping[str, type]
    positions: IdPositions
    cancels: Mapping[str, str]
    unknown_id: Callable[[Random, str | None], str] | None = None
    how_to_sign: str = ""

    @property
    def batch_route(self) -> tuple[str, str]:
        """Method and path of the batch cancel."""
        return self.positions.routes[0]

    def is_batch_answer(self, body: bytes) -> bool:
        """Whether a body can be read as the answer to a batch that was carried out."""
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            return False
        members = self.answer_members.items()
        return isinstance(answer, dict) and all(isinstance(answer.get(name), kind) for name, kind in members)
