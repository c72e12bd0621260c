"""The builders of report documents, for those who only read them."""

from __future__ import annotations

from tests.report.conftest import make

__all__ = ["make"]
