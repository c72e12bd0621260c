"""Where Hypothesis' tables are kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from venue_conformance.fuzz.profiles import tables_folder


def test_tables_are_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert tables_folder(tmp_path) == tmp_path / "kept" / "venue-conformance" / "hypothesis"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert tables_folder(tmp_path) == tmp_path / "home" / ".cache" / "venue-conformance" / "hypothesis"


def test_a_cache_named_by_no_absolute_path_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So says the XDG specification."""
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert tables_folder(tmp_path).is_relative_to(tmp_path / "home")


def test_a_user_without_a_home_has_them_in_the_report_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert tables_folder(tmp_path) == tmp_path / "hypothesis"
