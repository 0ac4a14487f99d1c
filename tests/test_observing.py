"""Dashboards, alerts and runbook: made from the code, about metrics that exist, each alert tested and explained."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts.observing.__main__ import made
from scripts.observing.boards import BOARDS
from scripts.observing.reference import every_metric
from web.console.command import commands

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "deploy/prometheus"
THEIRS = {
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "up",
}


def rules() -> dict[str, dict]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def known_names() -> set[str]:
    names = set(THEIRS)
    for metrics in every_metric().values():
        for metric in metrics:
            names.add(metric.name)
            if metric.kind == "histogram":
                names |= {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return names


@pytest.mark.parametrize("path", made(), ids=lambda path: path.name)
def test_what_is_made_from_the_code_is_what_is_committed(path: Path) -> None:
    assert path.read_text() == made()[path], "run scripts/dashboards"


def test_there_is_no_dashboard_that_nobody_makes() -> None:
    boards = {path for path in made() if path.parent == ROOT / "deploy/grafana"}
    assert set((ROOT / "deploy/grafana").glob("*.json")) == boards


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_of_a_dashboard_is_in_its_file(board) -> None:
    written = json.loads((ROOT / f"deploy/grafana/{board.uid}.json").read_text())
    expressions = [target["expr"] for panel in written["panels"] for target in panel.get("targets", ())]
    assert expressions == [query.replace("$window", "$__rate_interval") for _, _, query in board.queries()]
    assert all(
        panel["datasource"]["uid"] == "${datasource}" for panel in written["panels"] if "targets" in panel
    )


def test_queries_and_alerts_ask_for_metrics_that_exist() -> None:
    asked = [query for board in BOARDS for _, _, query in board.queries()]
    asked += [rule["expr"] for rule in rules().values()]
    names = {name for query in asked for name in re.findall(r"\b(?:quizwire|process)_\w+", query)}
    assert len(names) > 50
    assert names - known_names() == set()


def test_every_metric_of_a_family_that_pages_is_shown_somewhere() -> None:
    """An alert whose numbers are on no dashboard leaves whoever was woken alone with it."""
    shown = " ".join(query for board in BOARDS for _, _, query in board.queries())
    elsewhere = {"quizwire_certificate_expires_timestamp_seconds", "quizwire_jetstream_storage_limit_bytes"}
    for rule in rules().values():
        for name in set(re.findall(r"quizwire_\w+", rule["expr"])) - elsewhere:
            assert re.sub(r"_(bucket|count|sum)$", "", name) in shown, name


@pytest.mark.parametrize(("name", "rule"), rules().items())
def test_every_alert_leads_to_its_chapter_and_has_its_tests(name: str, rule: dict) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor == name.lower()
    chapters = re.split(r"^## ", (ROOT / page).read_text(), flags=re.MULTILINE)
    (chapter,) = [text for text in chapters if text.startswith(f"{name}\n")]
    assert "```sh\n" in chapter, "what to look at"
    assert "**Do**" in chapter and "**Wake somebody**" in chapter
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    expected = [
        step["exp_alerts"]
        for test in tests
        for step in test["alert_rule_test"]
        if step["alertname"] == name and step["eval_time"] != "0s"
    ]
    assert any(expected) and not all(expected), "one test in which it fires, one in which it does not"


def test_the_runbook_explains_no_alert_that_is_gone() -> None:
    titles = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    assert titles == list(rules())


def runbook_commands() -> list[str]:
    blocks = re.findall(
        r"^```(?:sh)?\n(.*?)^```", (ROOT / "docs/runbook.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return "".join(blocks).splitlines()


def test_the_runbook_asks_for_metrics_and_commands_that_exist() -> None:
    asked = [line for line in runbook_commands() if line.startswith("ask ")]
    names = set(re.findall(r"\b(?:quizwire|process)_\w+", " ".join(asked)))
    assert len(names) > 20
    assert names - known_names() - {"process_start_time_seconds"} == set()
    typed = [line.split() for line in runbook_commands() if line.startswith("quizwire ")]
    known = commands()
    assert [words for words in typed if not any(tuple(words[1 : 1 + len(one)]) == one for one in known)] == []


def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has to have promtool: Debian's package `prometheus`")
        pytest.skip("promtool is not here: install Debian's package `prometheus`")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_agrees(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [promtool(), *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
