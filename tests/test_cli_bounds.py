"""`[limits] max_orders` and `max_requests` end a run with what it has; `run --plan` says beforehand what is needed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.command import report_of, run_command, target_file
from tests.gateways import prefix_gateway
from tests.killing import open_orders, reference
from tests.tiny_server import TinyServer
from venue_conformance.reference.venue import STATES_PATH

CHOSEN = ("--clause", "bayse.isolation.*")


@pytest.mark.parametrize(
    ("bound", "reported"),
    [
        ("max_requests = 12", "the run ended at max_requests = 12 of the target file: 12 requests were sent"),
        ("max_orders = 9", r"the run ended at max_orders = 9 of the target file: [6-9] orders were asked for"),
    ],
)
def test_a_bound_ends_a_run_cleanly(tmp_path: Path, bound: str, reported: str) -> None:
    with reference(tmp_path, "bayse") as venue:
        file = tmp_path / "target.toml"
        text = file.read_text()
        file.write_text(
            text.replace("[limits]", f"[limits]\n{bound}") if "[limits]" in text else f"{text}[limits]\n{bound}\n"
        )
        done = run_command(tmp_path, "run", "--target", "target.toml", *CHOSEN)
        made = len(venue.book._orders)
        assert open_orders(venue) == 0
    assert done.status == 3, done.output + done.errors
    document = report_of(tmp_path / "reports")
    assert re.match(reported, document["run"]["limit"])
    assert re.search(reported, done.output)
    assert document["run"]["requests"] <= 12 if "requests" in bound else made <= 9
    untested = [check for check in document["checks"] if check["cause"] == "out-of-time"]
    assert any(check["outcome"] == "passed" for check in document["checks"])
    assert untested
    assert {clause["cause"] for clause in document["clauses"] if clause["verdict"] == "not-tested"} >= {"out-of-time"}


@pytest.mark.proof
def test_a_bound_holds_for_worker_processes_and_the_probe_together(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    with reference(tmp_path, "bayse") as venue, prefix_gateway(venue_url(tmp_path), "/gate") as gateway:
        file = tmp_path / "target.toml"
        text = file.read_text().replace('base_url = "http', f'base_url = "{gateway.url}/gate"\n# "http', 1)
        file.write_text(f"{text}\n[limits]\nmax_requests = 12\n")
        done = run_command(tmp_path, "run", "--target", "target.toml", *CHOSEN, "--", "-n", "2", seconds=300)
        assert open_orders(venue) == 0
    assert done.status == 3, done.output + done.errors
    assert 8 < len(gateway.lines) <= 12
    assert "max_requests = 12" in report_of(tmp_path / "reports")["run"]["limit"]


def venue_url(folder: Path) -> str:
    return str(tomllib.loads((folder / "target.toml").read_text())["base_url"])


class TestPlan:
    def test_it_says_what_would_be_sent_and_sends_nothing(self, tmp_path: Path, server: TinyServer) -> None:
        bounds = "[limits]\nmax_orders = 10\nmax_requests = 100000\n"
        target_file(tmp_path, server.url, states=server.url + STATES_PATH, more=bounds)
        done = run_command(tmp_path, "run", "--target", "target.toml", "--plan", *CHOSEN)
        assert (done.status, done.errors) == (0, "")
        assert server.received == []
        assert not (tmp_path / "reports").exists()
        rows = {line.split()[0]: line.split()[1:] for line in done.output.splitlines() if line.strip()}
        whole, probe = rows["all"], rows["probe"]
        kinds = [rows[name] for name in ("checks", "explorations", "races")]
        assert int(whole[0]) == sum(int(kind[0].replace("·", "0")) for kind in kinds)
        assert abs(int(whole[1]) - sum(int(kind[1]) for kind in kinds) - int(probe[1])) <= 2
        assert re.search(r"provider states asked for: .*orders ×\d+", done.output)
        assert "max_orders = 10: the run would end there" in done.output
        assert "max_requests = 100000: enough" in done.output
        assert "Nothing was sent." in done.output

    @pytest.mark.proof
    def test_it_is_near_what_a_run_sends(self, tmp_path: Path) -> None:
        with reference(tmp_path, "bayse"):
            chosen = ["--target", "target.toml", "--clause", "bayse.isolation.foreign-not-found"]
            planned = run_command(tmp_path, "run", *chosen, "--plan")
            run_command(tmp_path, "run", *chosen, seconds=240)
        (reported,) = re.findall(r"^ *all +\d+ +(\d+)", planned.output, re.MULTILINE)
        sent = report_of(tmp_path / "reports")["run"]["requests"]
        assert 0.5 * sent < int(reported) < 2 * sent, (reported, sent)

    def test_smoke_sends_little(self, tmp_path: Path) -> None:
        done = run_command(tmp_path, "run", "--plan", "--embedded", "--profile", "smoke")
        assert done.status == 0, done.errors
        counts = [int(number) for number in re.findall(r"^ *all +\d+ +(\d+)", done.output, re.MULTILINE)]
        assert len(counts) == 3
        assert all(10 < number <= 80 for number in counts)

    def test_a_wrong_selection_is_bad_usage(self, tmp_path: Path) -> None:
        done = run_command(tmp_path, "run", "--plan", "bayse", "--clause", "bayse.isolation.foreign-not-fund")
        assert done.status == 2
        assert "did you mean" in done.output + done.errors
