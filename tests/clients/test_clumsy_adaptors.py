"""What languages and libraries write in their own way is read all the same; what cannot be read is named helpfully."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.support import script_of
from venue_conformance.clients.certification import new_adaptor
from venue_conformance.clients.process import ProcessAdaptor
from venue_conformance.clients.protocol import Opening, Report, number_of, read_hello, read_line, read_report
from venue_conformance.errors import AdaptorFault, ClientFault

HELLO = {"protocol": 1, "venue": "bayse", "client": {"name": "mine", "version": "1"}}
ORDERS = [{"orderId": "a"}]


def test_an_empty_list_may_be_null() -> None:
    assert read_hello({**HELLO, "can": None}, None).can == frozenset()
    assert read_report({"rows": None, "error": None}, ORDERS) == Report()
    assert read_report({"rows": None, "error": {"kind": "venue", "status": None}}, ORDERS).error == "venue"


@pytest.mark.parametrize(("written", "read"), [(2, "2"), (2.5, "2.5"), (None, ""), ("2\n\x1b[31m3", "2  [31m3")])
def test_a_version_may_be_any_value(written: object, read: str) -> None:
    assert read_hello({**HELLO, "client": {"name": "mine", "version": written}}, None).version == read


def test_an_id_may_be_written_as_a_decimal() -> None:
    assert [number_of({"id": value}) for value in (3, 3.0, 3.5, "3", True, None)] == [3, 3, None, None, None, None]


def test_a_line_may_begin_with_a_byte_order_mark_and_end_in_windows_fashion() -> None:
    assert read_line(b'\xef\xbb\xbf{"id": 1}\r') == {"id": 1}


def test_a_hello_that_failed_says_why() -> None:
    with pytest.raises(AdaptorFault, match=r"hello failed:.*no licence"):
        read_hello({"error": {"kind": "crash", "text": "no licence"}}, None)


def asked_and_failed(folder: Path, body: str) -> str:
    adaptor = ProcessAdaptor(script_of(folder, body))
    try:
        with pytest.raises(AdaptorFault) as caught:
            adaptor.exchange(1, b'{"id":1,"op":"hello"}', 0.8)
        return caught.value.reason
    finally:
        adaptor.stop(at_once=True)


def test_one_that_does_not_flush_is_asked_whether_it_does(tmp_path: Path) -> None:
    assert "is its output flushed" in asked_and_failed(tmp_path, "time.sleep(9)")


def test_an_answer_under_another_id_is_shown(tmp_path: Path) -> None:
    told = asked_and_failed(tmp_path, """print('{"id": "1", "protocol": 1}', flush=True); time.sleep(9)""")
    assert """the last line that answers nothing is '{"id": "1", "protocol": 1}'""" in told


def test_what_it_complained_of_stands_behind_a_failed_open(tmp_path: Path) -> None:
    body = """
    asked = json.loads(input())
    sys.stderr.write("Traceback ...\\nKeyError: 'public_key'\\n"); sys.stderr.flush()
    print(json.dumps({"id": asked["id"], "error": {"kind": "crash"}}), flush=True)
    time.sleep(9)
    """
    adaptor = ProcessAdaptor(script_of(tmp_path, body))
    try:
        with pytest.raises(AdaptorFault, match=r"open failed.*crash.*KeyError: 'public_key'"):
            adaptor.open(Opening("http://127.0.0.1:1", {}))
    finally:
        adaptor.stop(at_once=True)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("", "this is no command: it is empty"),
        ("'unclosed", "No closing quotation"),
        ("127.0.0.1:8700", "an address begins with http://"),
        ("ftp://127.0.0.1/", "an address begins with http://"),
    ],
)
def test_a_command_that_cannot_be_one_is_bad_usage(command: str, says: str) -> None:
    with pytest.raises(ClientFault, match=says):
        new_adaptor(command)


@pytest.mark.parametrize("address", ["https://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://example.com/"])
def test_an_address_that_cannot_be_one_is_bad_usage(address: str) -> None:
    with pytest.raises(ClientFault, match="--adaptor http"):
        new_adaptor(address)
