"""What Allure is told when it is asked for: titles by clause, exchanges attached, no secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import run_command


def test_each_check_is_titled_by_its_clause_and_carries_its_exchanges(tmp_path: Path) -> None:
    results = tmp_path / "allure"
    run_command(
        tmp_path, "run", "--venue", "bayse", "--report-dir", tmp_path / "report", "--clause", "limits.empty-refused",
        "--", "-k", "test_limits", "--alluredir", results,
    )  # fmt: skip

    reported = [json.loads(file.read_text()) for file in results.glob("*-result.json")]

    assert reported
    for result in reported:
        assert result["name"].startswith("bayse.limits.")
        assert {link["url"] for link in result["links"]} == {"https://docs.bayse.markets/llms.txt"}
        assert "bayse.limits.empty-refused" in {label["value"] for label in result["labels"]}
    assert all(result["attachments"] for result in reported)
    attached = [
        (results / attachment["source"]).read_text() for result in reported for attachment in result["attachments"]
    ]
    assert all('"status"' in text for text in attached)
    assert not [text for text in attached if "sk_test_" in text or '"X-Signature": "***"' not in text]


@pytest.mark.proof
def test_each_check_has_one_history_of_its_own(tmp_path: Path) -> None:
    histories = []
    for number in range(2):
        results = tmp_path / f"allure{number}"
        run_command(
            tmp_path, "run", "--venue", "bayse", "--report-dir", tmp_path / "report", "--clause", "limits.*",
            "--", "-k", "test_limits and not fuzz", "--alluredir", results,
        )  # fmt: skip
        reported = [json.loads(file.read_text()) for file in results.glob("*-result.json")]
        assert len({result["historyId"] for result in reported}) == len(reported) > 3
        histories.append({result["historyId"]: result["fullName"] for result in reported})
    assert histories[0] == histories[1]
    for result in reported:
        labels = {(label["name"], label["value"]) for label in result["labels"]}
        assert ("epic", "bayse") in labels
        assert ("feature", "limits") in labels
        assert any(name == "story" and value.startswith("bayse.limits.") for name, value in labels)
        assert any(name == "severity" for name, _ in labels)
        assert [each["name"] for each in result.get("parameters", [])] in ([], ["case"])
