"""A report folder belongs to one run at a time, and an earlier run's list of files is not believed blindly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.report import folder as module
from venue_conformance.report.folder import LOCK, RunFolder, remove_earlier

#: Takes a folder, says so, and holds it until it is killed.
HOLD = """
import sys, time
from pathlib import Path
from venue_conformance.report.folder import RunFolder
folder = RunFolder.take(Path(sys.argv[1]))
print("taken", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    yield process
    process.kill()
    process.communicate()


def test_a_folder_that_another_process_has_is_refused_and_a_dead_ones_is_taken(tmp_path: Path, holder) -> None:
    with pytest.raises(ClientFault, match=f"another run \\(process {holder.pid}\\) is writing here"):
        RunFolder.take(tmp_path)
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).exists()
    RunFolder.take(tmp_path).release()
    assert not (tmp_path / LOCK).exists()


class TestWithoutLocksOfTheSystem:
    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(file: int, how: int) -> None:
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(module.fcntl, "flock", refuse)

    def test_the_file_decides(self, tmp_path: Path, holder) -> None:
        with pytest.raises(ClientFault, match=f"process {holder.pid}"):
            RunFolder.take(tmp_path)
        holder.kill()
        holder.wait()
        RunFolder.take(tmp_path).release()

    @pytest.mark.parametrize("started", ["1", "", "long ago"])
    def test_another_process_of_that_number_is_not_the_one(self, tmp_path: Path, holder, started: str) -> None:
        (tmp_path / LOCK).write_text(json.dumps({"pid": holder.pid, "started": started}))
        RunFolder.take(tmp_path).release()

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "started": 1}', '{"pid": 0}', "[" * 3000])
    def test_a_file_that_says_nothing_holds_nothing(self, tmp_path: Path, text: str) -> None:
        (tmp_path / LOCK).write_text(text)
        RunFolder.take(tmp_path).release()


def test_a_folder_that_another_run_has_made_again_is_not_written_to(tmp_path: Path) -> None:
    here = tmp_path / "reports"
    ours = RunFolder.take(here)
    (here / LOCK).unlink()
    ours.require_ours()
    theirs = RunFolder.take(here)
    with pytest.raises(ClientFault, match="is another run's now"):
        ours.require_ours()
    ours.release()
    assert (here / LOCK).exists()
    theirs.release()


@pytest.mark.parametrize("name", ["file/reports", "\0"])
def test_a_folder_that_cannot_be_made_is_bad_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((ClientFault, ValueError)):
        RunFolder.take(tmp_path / name)


def earlier(folder: Path, *files: object) -> None:
    (folder / "conformance.json").write_text(json.dumps({"run": {"files": list(files)}}))


def test_what_the_earlier_run_lists_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("journal.jsonl", "summary.md", "mine.txt"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "part.json").touch()
    earlier(tmp_path, "journal.jsonl", "summary.md", "sub/part.json", "never-was.html")
    remove_earlier(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine.txt", "sub"]


def test_of_several_venues_the_index_tells(tmp_path: Path) -> None:
    (tmp_path / "bayse").mkdir()
    for name in ("bayse/conformance.json", "bayse/notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "index.json").write_text('{"files": ["bayse/conformance.json", "index.json"]}')
    remove_earlier(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["bayse", "bayse/notes.txt"]


@pytest.mark.parametrize(
    "name",
    ["../kept", "/{outside}/kept", "link/kept", "sub/../../kept", "", ".", "..", "sub", "x\0y", 7, None, "a" * 5000],
)
def test_a_hostile_list_reaches_nothing_outside_the_folder(tmp_path: Path, name: object) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "reports"
    for each in (outside, folder, folder / "sub"):
        each.mkdir()
    for each in (outside / "kept", tmp_path / "kept"):
        each.touch()
    (folder / "link").symlink_to(outside)
    earlier(folder, name.replace("/{outside}", str(outside)) if isinstance(name, str) else name)
    remove_earlier(folder)
    assert (outside / "kept").exists()
    assert (tmp_path / "kept").exists()
    assert (folder / "sub").exists()
    assert (folder / "link").is_symlink()


def test_of_a_link_only_the_link_goes(tmp_path: Path) -> None:
    outside, folder = tmp_path / "kept", tmp_path / "reports"
    outside.touch()
    folder.mkdir()
    (folder / "summary.md").symlink_to(outside)
    earlier(folder, "summary.md")
    remove_earlier(folder)
    assert outside.exists()
    assert not os.path.lexists(folder / "summary.md")


@pytest.mark.parametrize("text", ["{", "[]", '{"run": 1}', '{"run": {"files": 3}}', '{"run": {}}', "[" * 100_000, ""])
def test_an_earlier_report_without_a_list_is_removed_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "conformance.json").write_text(text)
    (tmp_path / "summary.md").touch()
    remove_earlier(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.md"]


def test_an_earlier_report_that_stays_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "conformance.json").mkdir()
    with pytest.raises(ClientFault, match="cannot be replaced"):
        remove_earlier(tmp_path)
