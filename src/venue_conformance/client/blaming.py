"""Which clause breaks where what came cannot even be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from venue_conformance.errors import Violation


@contextmanager
def blaming(clause: str) -> Iterator[None]:
    """Let a violation inside that names no clause name this one: what cannot be read breaks it as well."""
    try:
        yield
    except Violation as violation:
        violation.clause = violation.clause or clause
        raise
