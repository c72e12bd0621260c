"""Secrets in what pytest itself writes: failure texts, locals, captured output, logs, warnings, Allure, workers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import SECRET, report_of, target_file
from tests.planted import leaks, leaks_below
from tests.tiny_server import TinyServer, answer
from venue_conformance.report.exit_status import SUITE_FAILED

pytest_plugins = ["pytester"]

CHECKS = """
import base64, json, logging, sys, warnings
from urllib.parse import quote
import allure, httpx, pytest
from hypothesis import given, strategies as st
from venue_conformance.errors import Inconclusive, NotTested, Violation

SECRET = "sk_test_this_" + "must_never_be_written_anywhere"
RAW = SECRET.encode()
FORMS = [SECRET, SECRET.upper(), base64.b64encode(b"pk:" + RAW).decode(), RAW.hex(), repr(SECRET)]

def says():
    print("out", *FORMS)
    print("err", *FORMS, file=sys.stderr)
    for level in (logging.DEBUG, logging.ERROR):
        logging.getLogger("checks").log(level, "said %s and %r", SECRET, {"all": FORMS})
    try:
        raise KeyError(SECRET)
    except KeyError:
        logging.exception("what broke")
    logging.error("does not fit %d", SECRET)
    logging.getLogger("httpx").debug("HTTP Request: X-Header %s", SECRET)
    logging.getLogger("httpcore.http11").info("request_headers")
    logging.getLogger("websockets.client").debug("> X-Header: ...")

@pytest.fixture
def secret():
    return SECRET

@pytest.fixture
def broken(secret):
    says()
    raise RuntimeError(f"set-up broke on {FORMS}")

@pytest.fixture
def breaks_at_the_end(secret):
    yield
    raise RuntimeError(f"the end broke on {FORMS}")

@pytest.mark.clause("bayse.rows.summary")
def test_crashes(secret, session):
    says()
    local = {"headers": FORMS, "long": "x" * 200 + SECRET}
    raise RuntimeError(f"no idea what to do with {local}")

@pytest.mark.clause("bayse.rows.echo-order-id")
def test_asserts(secret, session):
    assert {"said": FORMS} == {"said": []}

@pytest.mark.clause("bayse.rows.engine")
def test_violates(secret, session):
    raise Violation(f"not {SECRET}", "x" * 590 + SECRET * 200)

@pytest.mark.clause("bayse.rows.success-flag")
def test_lacks(secret, session):
    raise NotTested(f"there is no {SECRET}", "orders")

@pytest.mark.clause("bayse.limits.empty-refused")
def test_is_cut_off(secret, session):
    raise Inconclusive(f"the line is dead: {FORMS}")

@pytest.mark.clause("bayse.rows.status-200")
def test_observes(secret, check, session):
    check.recorder.observe("bayse.idempotency.blank-key", f"it said {FORMS}")

@pytest.mark.clause("bayse.rows.one-per-order")
def test_breaks_in_setup(broken, session):
    pass

@pytest.mark.clause("bayse.rows.request-order")
def test_breaks_at_the_end(breaks_at_the_end, session):
    says()

def test_of_no_clause(secret):
    says()
    local = FORMS
    assert secret == "x" * 300, f"{SECRET} is not it"

def test_of_no_clause_that_passes(secret, record_property):
    says()
    record_property("said", FORMS[0])

@pytest.mark.xfail(reason=f"because of {SECRET}", strict=False)
def test_fails_as_expected(secret):
    raise ValueError(SECRET)

def test_skips(secret):
    pytest.skip(f"without {SECRET}")

def test_warns(secret):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"careful with {SECRET}")

@given(st.sampled_from(FORMS))
def test_draws(drawn):
    assert not drawn

def test_steps(secret):
    with allure.step(f"with {SECRET}"):
        raise ValueError(f"a step broke on {SECRET}")
"""
BROKEN_OFF = f"""
def pytest_runtest_logstart(nodeid, location):
    local = "{SECRET}"
    raise RuntimeError(local)
"""
UNREADABLE = f'secret = "{SECRET}"\nprint(secret)\nraise RuntimeError(secret)\n'


@pytest.fixture
def run(pytester: pytest.Pytester, server: TinyServer):
    server.always(answer(501))
    folder = Path(str(pytester.path))

    def run_checks(*arguments: str) -> pytest.RunResult:
        file = target_file(folder, server.url)
        return pytester.runpytest_subprocess(
            "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "allure_pytest", "--no-probe",
            "--target", str(file), "--tb=long", "-l", "-vv", "-rA", f"--junitxml={folder}/pytest.xml",
            f"--log-file={folder}/pytest.log", "--log-level=DEBUG", "--log-file-level=DEBUG",
            f"--alluredir={folder}/allure", *arguments,
        )  # fmt: skip

    return run_checks


def below(folder: Path) -> list[str]:
    """What leaked into what a run left: everything but the sources and the target file."""
    found = leaks_below(folder, [SECRET], but=["target.toml"])
    return [leak for leak in found if not re.match(r"(test_\w+|conftest)\.", leak)]


@pytest.mark.parametrize(
    "more", [("-n", "2"), pytest.param(("--log-cli-level=DEBUG",), marks=pytest.mark.proof)], ids=["two workers", ""]
)
def test_pytest_writes_no_secret_anywhere(pytester: pytest.Pytester, run, more: tuple[str, ...]) -> None:
    pytester.makepyfile(test_checks=CHECKS)
    pytester.makeconftest(CONFTEST)
    done = run(*more)
    reported = done.stdout.str() + done.stderr.str()
    folder = Path(str(pytester.path))
    outcomes = {each["id"].rpartition("::")[2]: each["outcome"] for each in report_of(folder / "reports")["checks"]}
    assert outcomes["test_crashes"] == outcomes["test_breaks_in_setup"] == "error", reported
    assert done.ret == SUITE_FAILED
    assert leaks(_without_sources(reported), [SECRET]) == []
    assert below(folder) == []
    for client in ("httpcore", "httpx", "websockets"):
        assert f"DEBUG    {client}" not in reported
        assert f"INFO     {client}" not in reported
    # Masked, and there: the tests above would pass for a run that says nothing at all.
    assert "said ***" in reported
    assert "set-up broke on ['***'" in (folder / "reports" / "conformance.json").read_text()
    assert "what broke" in (folder / "pytest.log").read_text()
    assert "***" in (folder / "pytest.xml").read_text()
    assert "***" in "".join(each.read_text() for each in (folder / "allure").iterdir())


@pytest.mark.parametrize("more", [(), pytest.param(("-n", "1"), marks=pytest.mark.proof)], ids=["", "a worker"])
def test_a_pytest_that_breaks_off_writes_no_secret(pytester: pytest.Pytester, run, more: tuple[str, ...]) -> None:
    pytester.makepyfile(test_checks=CHECKS)
    pytester.makeconftest(CONFTEST + BROKEN_OFF)
    done = run(*more)
    reported = done.stdout.str() + done.stderr.str()
    assert "RuntimeError: ***" in reported
    assert leaks(_without_sources(reported), [SECRET]) == []
    assert below(Path(str(pytester.path))) == []


@pytest.mark.proof
def test_a_suite_that_cannot_be_read_writes_no_secret(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(test_checks=CHECKS, test_unreadable=UNREADABLE)
    pytester.makeconftest(CONFTEST)
    done = run()
    reported = done.stdout.str() + done.stderr.str()
    assert "RuntimeError: ***" in reported
    assert leaks(_without_sources(reported), [SECRET]) == []
    assert below(Path(str(pytester.path))) == []


#: What a checkout's own conftest does.
CONFTEST = (
    f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
    'pytest_plugins = ["venue_conformance.plugin", "fixtures.callers"]\n'
)


def _without_sources(reported: str) -> str:
    """What was told, without the lines of the source in which the secret is put together."""
    return "\n".join(line for line in reported.splitlines() if 'must_never_be_written_anywhere"' not in line)
