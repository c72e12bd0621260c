"""A journal gives back what was written, and never passes for complete when it is not."""

from __future__ import annotations

import json
import threading

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.report.journal import JournalWriter, merge, read_journal
from venue_conformance.report.records import ObservationRecord


@pytest.fixture
def written(tmp_path, make):
    path = tmp_path / "deep" / "journal.jsonl"
    writer = JournalWriter(path, {"run": "r1"})
    writer.write(
        "exchange",
        make.exchange(4, response_body=make.hostile, request_body=b"\xff\x00{".decode("utf-8", "surrogateescape")),
    )
    writer.write(
        "check",
        make.check("failed", exchanges=[4], steps=[{"exchange": 4}, {"state": "x", "params": {}, "values": None}]),
    )
    writer.write("observation", ObservationRecord("bayse.limits.open", "two rows", "x"))
    writer.write("depth", {"core": 12})
    writer.close({"requests": 12})
    return path


def test_everything_comes_back(written) -> None:
    journal = read_journal(written)
    assert journal.header == {"run": "r1"}
    assert journal.footer == {"requests": 12}
    assert journal.finished
    assert journal.exchanges[0].request_bytes == b"\xff\x00{"
    assert journal.checks[0].exchanges == [4]
    assert journal.observations[0].observed == "two rows"
    assert journal.others == {"depth": [{"core": 12}]}


def test_each_line_is_json_in_plain_ascii(written) -> None:
    lines = written.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert all(isinstance(json.loads(line.decode("ascii")), dict) for line in lines)
    assert not any("\\ud" in line.decode("ascii") for line in lines)


def test_each_record_is_on_disk_before_the_next(tmp_path, make) -> None:
    writer = JournalWriter(tmp_path / "j", {})
    writer.write("check", make.check())
    assert len(read_journal(tmp_path / "j", allow_unfinished=True).checks) == 1
    writer.close()


def test_a_journal_without_a_footer_is_an_error_unless_recovery_is_asked_for(tmp_path, make) -> None:
    writer = JournalWriter(tmp_path / "j", {"run": "r1"})
    writer.write("check", make.check())
    writer.close()
    with pytest.raises(ClientFault, match="a journal without a footer"):
        read_journal(tmp_path / "j")
    assert not read_journal(tmp_path / "j", allow_unfinished=True).finished


def test_a_line_cut_off_by_a_kill_is_left_out_of_a_recovery(written) -> None:
    whole = written.read_bytes()
    written.write_bytes(whole[: whole.index(b'"observation"')])
    with pytest.raises(ClientFault, match="line 4: the line is cut off"):
        read_journal(written)
    journal = read_journal(written, allow_unfinished=True)
    assert (len(journal.exchanges), len(journal.checks), len(journal.observations)) == (1, 1, 0)


@pytest.mark.parametrize("allow_unfinished", [False, True])
@pytest.mark.parametrize(
    ("corrupt", "complaint"),
    [
        (lambda lines: [], "without a header"),
        (lambda lines: lines[1:], "without a header"),
        (lambda lines: [lines[0].replace(b"journal 1", b"journal 9"), *lines[1:]], "without a header"),
        (lambda lines: [*lines[:2], b'{"kind"', *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [*lines[:2], b"[]", *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [*lines[:2], b"\xff", *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [*lines[:2], b"[" * 100_000, *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [*lines[:2], b'{"record": {}}', *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [*lines[:2], b'{"kind": "check", "record": {"id": "x"}}', *lines[2:]], "no check record"),
        (lambda lines: [*lines[:2], b'{"kind": "check", "record": 3}', *lines[2:]], "line 3: the line is broken"),
        (lambda lines: [lines[0], *lines[2:]], "the footer counts 4 records, 3 are there"),
        (lambda lines: [*lines, lines[1]], "behind the footer"),
    ],
)
def test_a_corrupted_journal_is_an_error_with_its_place(written, corrupt, complaint, allow_unfinished) -> None:
    lines = corrupt(written.read_bytes().split(b"\n")[:-1])
    written.write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(ClientFault, match=complaint) as caught:
        read_journal(written, allow_unfinished=allow_unfinished)
    assert str(written) in str(caught.value)


def test_a_journal_that_is_not_there_is_an_error(tmp_path) -> None:
    with pytest.raises(ClientFault, match="cannot be read"):
        read_journal(tmp_path / "none")


def test_many_threads_write_whole_lines(tmp_path, make) -> None:
    writer = JournalWriter(tmp_path / "j", {})
    work = lambda: [writer.write("exchange", make.exchange(1, response_body="x" * 9000)) for _ in range(50)]  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close({})
    assert len(read_journal(tmp_path / "j").exchanges) == 200


def test_journals_of_a_sharded_run_become_one_with_exchanges_of_their_own(tmp_path, make) -> None:
    parts = []
    for name in ("one", "two"):
        writer = JournalWriter(tmp_path / name, {"shard": name})
        writer.write("exchange", make.exchange(1, url=f"http://{name}"))
        writer.write(
            "check",
            make.check(id=name, exchanges=[1], steps=[{"exchange": 1}, {"state": "s", "params": {}, "values": {}}]),
        )
        writer.close({} if name == "one" else None)
        parts.append(read_journal(tmp_path / name, allow_unfinished=True))
    whole = merge(parts)
    assert not whole.finished
    by_id = {each.id: each for each in whole.exchanges}
    for check in whole.checks:
        assert [by_id[number].url for number in check.exchanges] == [f"http://{check.id}"]
        assert [by_id[step["exchange"]].url for step in check.steps if "exchange" in step] == [f"http://{check.id}"]
    assert merge(parts[:1]).finished
    with pytest.raises(ClientFault, match="no journal"):
        merge([])
