"""Masks what pytest and its other plugins write: failure texts, locals, captured output, logs, warnings, Allure."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import allure_commons
import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.report.text import fit_to_print, plain
from venue_conformance.wire.quiet import quiet_clients
from venue_conformance.wire.redaction import without_secrets

#: Objects of these modules hold a text that will be written, or further such objects.
_REPRESENTATIONS = ("_pytest._code.", "allure_commons.model2")
_PARTS = ("longrepr", "sections", "keywords", "user_properties", "wasxfail")


def usage_error(fault: ClientFault) -> pytest.UsageError:
    """What pytest ends with, exit status 2, for what the user gave: fit to be printed."""
    return pytest.UsageError(fit_to_print(without_secrets(str(fault))))


def mask_report(report: object, mask: Callable[[str], str] = without_secrets) -> None:
    """Mask whatever a report of pytest's says, in place: a test's or a module's."""
    for part in _PARTS:
        if getattr(report, part, None):
            setattr(report, part, masked(getattr(report, part), mask))


def masked(value: Any, mask: Callable[[str], str] = without_secrets) -> Any:
    """Texts masked, lists and mappings of them copied; representations of errors and of results are masked in place."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if type(value) is tuple:
        return tuple(masked(item, mask) for item in value)
    if isinstance(value, dict):
        return {masked(key, mask): masked(item, mask) for key, item in value.items()}
    if type(value).__module__.startswith(_REPRESENTATIONS):
        for name, part in vars(value).items():
            setattr(value, name, masked(part, mask))
    return value


class Masking:
    """The plugin's last look at what leaves a process, in the one that the user started and in each worker."""

    def __init__(self) -> None:
        self._make_record = logging.getLogRecordFactory()

    def pytest_sessionstart(self) -> None:
        """Mask every record of a log before any handler hears of it, and each of Allure's results."""
        quiet_clients()
        logging.setLogRecordFactory(self._record)
        allure_commons.plugin_manager.register(self)

    def pytest_unconfigure(self) -> None:
        """Let logs and Allure be as they were."""
        if allure_commons.plugin_manager.is_registered(self):
            logging.setLogRecordFactory(self._make_record)
            allure_commons.plugin_manager.unregister(self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Mask a test's report, whoever had a hand in it."""
        mask_report(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Mask a module's report."""
        mask_report(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """Mask what broke pytest itself."""
        masked(excrepr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Mask a warning."""
        text = without_secrets(str(warning_message.message))
        if text != str(warning_message.message):
            warning_message.message = UserWarning(text)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: object) -> None:
        """Mask a result that Allure is about to write."""
        masked(result, _fit_to_write)

    @allure_commons.hookimpl(tryfirst=True)
    def report_container(self, container: object) -> None:
        """Mask what Allure is about to write of fixtures."""
        masked(container, _fit_to_write)

    @allure_commons.hookimpl(tryfirst=True)
    def report_globals(self, globals_item: object) -> None:
        """Mask what Allure is about to write of the run."""
        masked(globals_item, _fit_to_write)

    def _record(self, *args: Any, **values: Any) -> logging.LogRecord:
        record = self._make_record(*args, **values)
        try:
            said = record.getMessage()
        except Exception:  # arguments that do not fit: the handler would show them all
            said = str(record.msg)
            record.args = ()
        text = without_secrets(said)
        if text != said:
            record.msg, record.args = text, ()
        if record.exc_info:
            # Formatters take this text where there is one.
            record.exc_text = without_secrets(_FORMATTER.formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = without_secrets(record.stack_info)
        return record


def _fit_to_write(text: str) -> str:
    """A text as a file in UTF-8 can hold it: what a target says may not be."""
    return str(plain(without_secrets(text)))


_FORMATTER = logging.Formatter()
