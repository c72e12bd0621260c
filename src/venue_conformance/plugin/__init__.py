"""The pytest plugin: hands checks their target, turns each into a record, and reports at the end. Thin.

It may be imported before pytest hears of it, and asserts nothing itself: PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from venue_conformance.plugin.hooks import (
    pytest_addoption,
    pytest_assertrepr_compare,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_report_teststatus,
    pytest_runtest_makereport,
    pytest_runtest_setup,
)
from venue_conformance.plugin.repeating import pytest_runtest_protocol

__all__ = [
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
]
