"""Whole sessions over two gateways: every answer is kept once, and everybody sees the same board."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.e2e.stack import ROOT, Stack

PARTICIPANTS = 200
QUESTIONS = 20


@pytest.mark.parametrize("pacing", ["host", "self"])
async def test_an_imported_quiz_is_played_without_losing_an_answer(
    simulate: Callable[..., Any], geography: Path, pacing: str
) -> None:
    report = await simulate(
        participants=PARTICIPANTS, questions=QUESTIONS, import_file=geography, pacing=pacing, seed=2
    )
    assert report.verdict.problems == []
    assert report.violations == []
    assert report.clean, report.as_json()
    assert report.imported is not None
    assert report.imported > 700
    assert report.verdict.stored == report.verdict.accepted == PARTICIPANTS * QUESTIONS
    assert report.reconnects == 0
    assert report.podium


@pytest.mark.parametrize("pacing", ["host", "self"])
@pytest.mark.parametrize("scoring", ["speed", "linear"])
async def test_speed_streaks_and_penalties_add_up_to_the_same_everywhere(
    simulate: Callable[..., Any], scoring: str, pacing: str
) -> None:
    report = await simulate(
        participants=40, questions=8, pacing=pacing, scoring=scoring, streak_bonus=True, penalty_percent=75
    )
    assert report.violations == []
    assert report.clean, report.as_json()
    assert report.podium[0][1] > 1000


async def test_a_crowd_in_two_processes_is_audited_as_one(simulate: Callable[..., Any]) -> None:
    report = await simulate(participants=20, questions=3, processes=2)
    assert report.clean, report.as_json()
    assert report.verdict.stored == 60


def run_command(stack: Stack, json_file: Path) -> subprocess.CompletedProcess[str]:
    """`scripts/simulate` as a person would start it."""
    command = [str(ROOT / "scripts" / "simulate"), "--participants", "10", "--questions", "3"]
    command += [part for url in stack.gateways for part in ("--url", url)]
    command += ["--database-url", stack.postgres.url, "--redis-url", stack.redis.url]
    command += ["--patience", "3", "--json", str(json_file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def test_the_command_exits_with_0_after_a_clean_session(stack: Stack, tmp_path: Path) -> None:
    done = run_command(stack, tmp_path / "report.json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["clean"] is True
    assert report["verdict"]["stored"] == 30
    assert "Podium" in done.stdout


EATS_ONE_ROW = """
CREATE TABLE eaten (id int PRIMARY KEY);
CREATE FUNCTION eat_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO eaten VALUES (1) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        DELETE FROM answers
        WHERE session_id = NEW.session_id AND question_id = NEW.question_id AND participant_id = NEW.participant_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER eat_one AFTER INSERT ON answers FOR EACH ROW EXECUTE FUNCTION eat_one();
"""


@pytest.mark.loses_answers
def test_the_command_exits_with_1_when_the_database_lost_a_row(stack: Stack, tmp_path: Path) -> None:
    with closing(psycopg2.connect(stack.postgres.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(EATS_ONE_ROW)
        try:
            done = run_command(stack, tmp_path / "report.json")
        finally:
            cursor.execute("DROP TRIGGER eat_one ON answers; DROP FUNCTION eat_one; DROP TABLE eaten")
    assert done.returncode == 1, done.stdout + done.stderr
    verdict = json.loads((tmp_path / "report.json").read_text())["verdict"]
    assert (verdict["accepted"], verdict["stored"], verdict["lost"]) == (30, 29, 1)


def test_the_command_exits_with_2_when_nobody_answers(stack: Stack, tmp_path: Path) -> None:
    command = [
        str(ROOT / "scripts" / "simulate"),
        "--email",
        "nobody@example.com",
        "--password",
        "wrong-password",
    ]
    command += ["--url", stack.gateways[0]]
    command += ["--database-url", stack.postgres.url, "--redis-url", stack.redis.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "401" in done.stderr
