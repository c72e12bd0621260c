"""Starts a check again, with fresh orders, keys and callers, when a fault of the way ended it."""

from __future__ import annotations

import pytest

# pytest offers no public way to run one test several times and to report it once. As read in pytest 9.0 and 9.1; a
# version that has it no more fails here, at import.
from _pytest.runner import runtestprotocol

from venue_conformance.plugin.check import check_of, clauses_of, close_check


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a check until no fault of the way ends it, or its tries are used up, and report the last one alone."""
    if not clauses_of(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    while (check := check_of(item)) is not None and check.may_start_again:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    close_check(item)
    return True
