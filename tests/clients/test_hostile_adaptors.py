"""Whatever an adaptor does, a run ends in bounded time, says that it was the adaptor, and accuses no client."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.clients.support import certified, client_of, outcomes, reasons, script_of, violated
from tests.tiny_server import TinyServer
from venue_conformance.clients.certification import Certification
from venue_conformance.errors import ClientFault
from venue_conformance.report.run_verdict import status_of

HELLO = '{"protocol":1,"venue":"bayse","client":{"name":"hostile","version":"1","language":"Python"},"can":[]}'
LOOP = f"""
hello = json.loads('{HELLO}')
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        print(json.dumps({{"id": asked["id"], **hello}}), flush=True)
        continue
    if asked["op"] == "open":
        print(json.dumps({{"id": asked["id"]}}), flush=True)
        continue
    if asked["op"] == "close":
        break
"""

#: What an adaptor does when it is asked to cancel, and what the report says of it.
DEEDS = {
    "never answers": ("time.sleep(600)", "gave no answer within"),
    "dies": ("sys.exit(3)", "it has ended with exit status 3"),
    "is killed": ("os.kill(os.getpid(), 9)", "it has ended by signal 9"),
    "floods": (
        "\nwhile True: print(json.dumps({'id': 'nobody', 'x': 'y' * 1000}), flush=True)",
        "lines that answer nothing",
    ),
    "writes a line of 10 MB": ("print('x' * 10_000_000, flush=True); time.sleep(60)", "a line of more than 4 MiB"),
    "never ends its line": ("\nwhile True: sys.stdout.write('x' * 65536)", "a line of more than 4 MiB"),
    "writes binary": ("sys.stdout.buffer.write(bytes(range(256)) + b'\\n'); sys.stdout.flush()", "a line is no JSON"),
    "nests without end": ("print('[' * 100_000, flush=True)", "a line is no JSON"),
    "nests deeply": ("print('[' * 600 + ']' * 600, flush=True)", "a line is no JSON:"),
    "answers no object": ("print('[1]', flush=True)", "a line is no JSON object"),
    "answers for other ids": (
        "print(json.dumps({'id': asked['id'], 'rows': [{'orderId': 'mine', 'outcome': 'cancelled'}]}), flush=True)",
        "it answers for mine, which nobody asked to cancel",
    ),
    "claims the future": (
        "print(json.dumps({'id': asked['id'] + 1, 'rows': []}), flush=True)",
        "which was never asked",
    ),
    "claims what it never sent": (
        "print(json.dumps({'id': asked['id'], 'rows': [{**o, 'outcome': 'cancelled'} for o in asked['orders']]}), "
        "flush=True)",
        "it reports cancelled orders, and nothing arrived",
    ),
    "has outcomes of its own": (
        "print(json.dumps({'id': asked['id'], 'rows': [{**asked['orders'][0], 'outcome': 'gone'}]}), flush=True)",
        "outcome is one of cancelled",
    ),
    "has errors of its own": (
        "print(json.dumps({'id': asked['id'], 'error': {'kind': 'bad'}}), flush=True)",
        "error.kind is one of",
    ),
    "closes its output": ("sys.stdout.close(); os.close(1); time.sleep(60)", "it has ended"),
    "says unsupported": (
        "print(json.dumps({'id': asked['id'], 'error': {'kind': 'unsupported'}}), flush=True)",
        "cancel is answered with unsupported",
    ),
}


def played(adaptor: str, *scenarios: str) -> tuple[Certification, float]:
    began = time.monotonic()
    return certified(adaptor, *(scenarios or ("one-open",)), deadline_seconds=1.0), time.monotonic() - began


@pytest.mark.parametrize("deed", DEEDS)
def test_it_is_named_and_nobody_is_accused(tmp_path: Path, deed: str) -> None:
    code, says = DEEDS[deed]
    done, seconds = played(script_of(tmp_path, LOOP + "    " + code.replace("\n", "\n    ")))
    assert outcomes(done) == {"one-open": "inconclusive"}
    assert reasons(done).startswith("the adaptor: ")
    assert says in reasons(done)
    assert violated(done) == set()
    assert done.document["run"]["verdict"] == "inconclusive"
    assert status_of(done.document) == 3
    assert seconds < 20


def test_a_whole_run_with_one_that_never_answers_is_given_up(tmp_path: Path) -> None:
    done, seconds = played(script_of(tmp_path, LOOP + "    time.sleep(600)"), "*")
    assert set(outcomes(done).values()) == {"inconclusive"}
    assert "given up after" in reasons(done)
    assert seconds < 45


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("time.sleep(0.2)", "it has ended with exit status 0"),
        ("print('hello', flush=True); time.sleep(60)", "a line is no JSON"),
        (
            f"print('{HELLO}'.replace('{{', '{{\"id\":1,', 1).replace(':1,\"venue', ':2,\"venue'), flush=True)",
            "protocol 2",
        ),
        ('print(\'{"id":1,"protocol":1,"venue":"bayse"}\', flush=True)', "hello names no client"),
        ('print(\'{"id":1,"error":{"kind":"unsupported"}}\', flush=True)', "hello is answered with unsupported"),
        ("sys.stderr.write('cannot import acme\\n'); sys.exit(1)", "cannot import acme"),
    ],
)
def test_one_that_says_no_hello_is_bad_usage(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(ClientFault, match=says):
        played(script_of(tmp_path, code))


def test_its_children_do_not_outlive_it(tmp_path: Path) -> None:
    children = f"""
import subprocess
left = [subprocess.Popen([{sys.executable!r}, "-c", "import time; time.sleep(300)"], start_new_session=away)
        for away in (True, False)]
open({str(tmp_path / "pids")!r}, "a").write("".join(f"{{child.pid}}\\n" for child in left))
"""
    _, seconds = played(script_of(tmp_path, children + LOOP + "    sys.exit(0)"))
    assert seconds < 20
    time.sleep(0.2)
    pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert len(pids) >= 4
    assert [pid for pid in pids if is_running(pid)] == []


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_five_hundred_connections_are_the_adaptors(tmp_path: Path) -> None:
    adaptor = client_of(
        tmp_path,
        """
        import socket
        class Mine(Client):
            def cancel(self, ids):
                self.open = []
                for _ in range(500):
                    self.open.append(socket.create_connection((self.url.hostname, self.url.port)))
                time.sleep(0.3)
                return {}
        """,
    )
    done, seconds = played(adaptor)
    assert outcomes(done) == {"one-open": "inconclusive"}
    assert "connections beyond what a venue bears" in reasons(done)
    assert seconds < 20


def test_a_socket_that_is_half_closed_is_answered(tmp_path: Path) -> None:
    adaptor = client_of(
        tmp_path,
        """
        import socket
        class Mine(Client):
            def send(self, body, key):
                head = f"DELETE {PATH} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: {len(body)}\\r\\n"
                head += "".join(f"{n}: {v}\\r\\n" for n, v in self.headers(body, key).items())
                with socket.create_connection((self.url.hostname, self.url.port), timeout=2) as sock:
                    sock.sendall(head.encode() + b"\\r\\n" + body)
                    sock.shutdown(socket.SHUT_WR)
                    response = http.client.HTTPResponse(sock, method="DELETE")
                    response.begin()
                    return response.status, dict(response.getheaders()), response.read()
        """,
    )
    done, _ = played(adaptor)
    assert outcomes(done) == {"one-open": "passed"}


def test_a_request_that_never_ends_holds_nothing_up(tmp_path: Path) -> None:
    adaptor = client_of(
        tmp_path,
        """
        import socket
        class Mine(Client):
            def cancel(self, ids):
                self.kept = socket.create_connection((self.url.hostname, self.url.port))
                half = f"DELETE {PATH} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 100\\r\\n\\r\\nhalf"
                self.kept.sendall(half.encode())
                return super().cancel(ids)
        """,
    )
    done, seconds = played(adaptor)
    assert outcomes(done) == {"one-open": "passed"}
    assert seconds < 15


def test_what_is_no_http_is_the_adaptors(tmp_path: Path) -> None:
    adaptor = client_of(
        tmp_path,
        """
        import socket
        class Mine(Client):
            def cancel(self, ids):
                with socket.create_connection((self.url.hostname, self.url.port), timeout=2) as sock:
                    sock.sendall(b"\\x16\\x03\\x01 hello\\r\\n\\r\\n")
                    sock.recv(100)
                return {}
        """,
    )
    done, _ = played(adaptor)
    assert "no HTTP/1.1" in reasons(done)


def test_a_storm_of_requests_ends(tmp_path: Path) -> None:
    adaptor = client_of(
        tmp_path,
        """
        class Mine(Client):
            def cancel_chunk(self, ids):
                until = time.monotonic() + 0.8
                while time.monotonic() < until:
                    self.send(self.body(ids), self.new_key())
                raise Failed("rate_limited", 429)
        """,
    )
    done, seconds = played(adaptor, "rate-limited-for-good")
    assert "retry.obeys-retry-after" in violated(done)
    assert any("more than 20 tries" in each["observed"] for each in done.document["observations"])
    assert seconds < 20


def test_an_address_that_answers_nonsense_is_bad_usage(server: TinyServer) -> None:
    with pytest.raises(ClientFault, match=r"no usable answer to hello \(see docs/adaptor-protocol.md\): "):
        certified(server.url + "/", "one-open")


def test_an_address_where_nobody_listens_is_bad_usage() -> None:
    with pytest.raises(ClientFault, match="cannot be reached"):
        certified("http://127.0.0.1:9/", "one-open")
