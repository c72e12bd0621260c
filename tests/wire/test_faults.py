"""What is a fault of the way and what is an answer, and in which words faults are counted."""

from __future__ import annotations

import pytest

from venue_conformance.errors import Unreachable, WayFault
from venue_conformance.wire.faults import connection_fault, fault_of, is_silence, way_fault

from .test_exchange import exchange

HTML = (("Content-Type", "text/html; charset=utf-8"),)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ReadTimeout", "time-out"),
        ("ConnectTimeout: timed out", "time-out"),
        ("TimeoutError: timed out during opening handshake", "time-out"),
        ("ConnectError: [Errno 111] Connection refused", "refused"),
        ("ConnectError: [Errno -2] Name or service not known", "refused"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "refused"),
        ("ConnectError: [Errno 104] Connection reset by peer", "reset"),
        ("ConnectError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", "reset"),
        ("ReadError: [Errno 104] Connection reset by peer", "reset"),
        ("RemoteProtocolError: Server disconnected without sending a response.", "reset"),
        ("ReadError: the answer is longer than 8388608 bytes", "too long"),
        ("LocalProtocolError: Illegal header value", "not sent"),
    ],
)
def test_faults_of_a_connection_have_a_word_each(text: str, kind: str) -> None:
    assert connection_fault(text) == kind


@pytest.mark.parametrize(
    ("status", "body", "headers", "fault", "silence"),
    [
        (200, b'{"results": []}', (), None, False),
        (200, b"null", (), None, False),
        (200, b"", (), None, False),
        (204, b"", (), None, False),
        (200, b"{", (), None, False),
        (200, b'{"html": "<p>"}', HTML, None, False),
        (200, b"\xef\xbb\xbf\n <!DOCTYPE html>", (), "HTML", True),
        (202, b"all is well", HTML, "HTML", True),
        (307, b"<html>", HTML, None, False),
        (401, b"<html>", HTML, None, False),
        (404, b"<html>", HTML, None, False),
        (429, b"<html>", HTML, None, False),
        (500, b'{"error": "no"}', (), "500", False),
        (503, b"upstream connect error", (), "503", False),
        (502, b"<html>", HTML, "502", True),
    ],
)
def test_a_page_is_no_answer_unless_it_rejects(
    status: int, body: bytes, headers: tuple[tuple[str, str], ...], fault: str | None, silence: bool
) -> None:
    shown = exchange(body, status, headers)
    assert fault_of(shown) == fault
    assert is_silence(shown) == silence


def test_what_was_never_sent_says_nothing_about_the_other_side() -> None:
    assert not is_silence(exchange(status=None, fault="LocalProtocolError: Illegal header value"))
    assert is_silence(exchange(status=None, fault="ReadTimeout"))


def test_a_fault_says_what_was_sent_and_what_came() -> None:
    broken = way_fault(exchange(status=None, fault="ReadTimeout: too slow"), "time-out")
    assert isinstance(broken, Unreachable)
    assert (str(broken), broken.fault) == ("DELETE http://h/v1/orders: ReadTimeout: too slow", "time-out")
    page = way_fault(exchange(b"<html>\n" + b"x" * 500, 502), "502")
    assert type(page) is WayFault
    assert page.reason.startswith("DELETE http://h/v1/orders: answered 502 in HTML: <html> xxx")
    assert len(page.reason) < 250
