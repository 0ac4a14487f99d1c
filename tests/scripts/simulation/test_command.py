"""What the command says instead of a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.simulation.command import main

SERVERS = ("--database-url", "postgresql://nobody@127.0.0.1:1/none", "--redis-url", "redis://127.0.0.1:1/0")


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SERVERS, "--import", str(tmp_path / "none.txt")]) == 2
    assert "none.txt" in "".join(capsys.readouterr().err.split())


def test_without_an_address_the_gateways_of_the_run_folder_are_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIZWIRE_HOME", str(tmp_path))
    (tmp_path / "gateways").write_text("http://127.0.0.1:1\nhttp://127.0.0.1:2\n")
    assert main([*SERVERS, "--participants", "1"]) == 2
    assert "Nothing answers at http://127.0.0.1:1, http://127.0.0.1:2" in " ".join(
        capsys.readouterr().err.split()
    )


def test_an_address_needs_its_scheme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--url", "127.0.0.1:8300"])
    assert "write http://127.0.0.1:8300" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["abc", "", "12-34"])
def test_a_join_code_is_a_number(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--join", wrong])
    assert left.value.code == 2
    assert "is no join code" in capsys.readouterr().err
