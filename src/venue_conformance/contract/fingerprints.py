"""By what a fault is known again in another run: the clause that it breaks, and the kind of its breach."""

from __future__ import annotations

import hashlib

_LENGTH = 10
#: Kinds of breach that say nothing but that the deployment does not have what the clause is about.
ABSENCE = frozenset({"never-refused"})
#: What requests at one moment show. Whether they do is chance, and where a clause breaks without a race, it follows.
RACED = frozenset({"no-serial-order"})


def fingerprint(clause: str, kind: str) -> str:
    """Ten hexadecimal digits that depend on nothing but the clause and the kind that stands at the assertion."""
    return hashlib.sha256(f"{clause}\0{kind}".encode()).hexdigest()[:_LENGTH]
