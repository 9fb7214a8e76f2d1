"""Tab completion, asked of a real bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment
from easy_mlops.cli.commands import COMMANDS

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "script"
    command = [sys.executable, "-m", "easy_mlops.cli.main", "completion", "bash"]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return path


def completed(script: Path, *words: str) -> list[str]:
    """What bash offers when TAB is pressed at the end of the last word."""
    ask = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _make_mlops_easy; '
        '[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    line = ["bash", "--norc", "-c", ask, "bash", str(script), "make-mlops-easy", *words]
    result = subprocess.run(line, check=True, capture_output=True, text=True)
    assert result.stderr == ""
    return result.stdout.split()


def test_first_word_is_any_command(script: Path) -> None:
    offered = completed(script, "")
    assert [word for word in offered if not word.startswith("-")] == [command.name for command in COMMANDS]
    assert completed(script, "sta") == ["status"]


def test_options_are_those_of_the_command(script: Path) -> None:
    assert completed(script, "status", "--fail") == ["--fail-on-alert"]
    assert completed(script, "train", "--fail") == []


def test_value_of_an_option_is_one_of_its_choices(script: Path) -> None:
    assert completed(script, "observe", "--format", "") == ["text", "markdown", "html"]
    assert completed(script, "status", "dir", "--output", "j") == ["json"]


def test_value_without_choices_is_left_to_file_names(script: Path) -> None:
    assert completed(script, "train", "--config", "") == []
    assert "complete -o default" in script.read_text()


def test_place_with_choices_is_one_of_them(script: Path) -> None:
    assert completed(script, "completion", "b") == ["bash"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sta", ["status"]),
        ("status --fail", ["--fail-on-alert"]),
        ("observe --format ", ["html", "markdown", "text"]),
        ("completion f", ["fish"]),
    ],
)
def test_fish_is_offered_the_same(line: str, offered: list[str]) -> None:
    ask = f"make-mlops-easy completion fish | source; complete -C 'make-mlops-easy {line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask], check=True, capture_output=True, text=True, env=environment()
    )
    assert sorted(word.split("\t")[0] for word in done.stdout.splitlines()) == offered
