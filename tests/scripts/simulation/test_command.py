"""What the command says instead of a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.simulation.command import main

SERVERS = ("--database-url", "postgresql://nobody@127.0.0.1:1/none", "--redis-url", "redis://127.0.0.1:1/0")


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SERVERS, "--import", str(tmp_path / "none.txt")]) == 2
    assert "none.txt" in "".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("wrong", ["abc", "", "12-34"])
def test_a_join_code_is_a_number(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--join", wrong])
    assert left.value.code == 2
    assert "is no join code" in capsys.readouterr().err
