"""Tab completion in real shells: what each offers at the end of a line, in a folder with a file and a directory."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import environment, make_mlops_easy, read_terminal
from easy_mlops.cli.commands import COMMANDS

SHELLS = ("bash", "zsh", "fish")
NAMES = {command.name for command in COMMANDS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`new.csv`, a directory `newest`, and the script of each shell."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "new.csv").touch()
    (folder / "newest").mkdir()
    for shell in SHELLS:
        done = make_mlops_easy("completion", shell)
        assert done.returncode == 0, done.stderr
        (folder / f"script.{shell}").write_text(done.stdout)
    return folder


def in_bash(line: str, folder: Path) -> list[str]:
    """What bash offers when TAB is pressed at the end of the line."""
    ask = (
        'source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_make_mlops_easy; '
        '[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return output(["bash", "--norc", "-c", ask, "bash", "make-mlops-easy", *line.split(" ")], folder).split()


def in_fish(line: str, folder: Path) -> list[str]:
    """What fish offers; the help beside each word is left out, and so is the slash of a directory."""
    ask = f"source script.fish; complete -C 'make-mlops-easy {line}'"
    lines = output(["fish", "--no-config", "-c", ask], folder).splitlines()
    return [line.split("\t")[0].rstrip("/") for line in lines]


ZSH = """\
autoload -U compinit; compinit -u -d {folder}/.zcompdump
eval "$(<script.zsh)"
zstyle ':completion:*' insert-tab false  # even with more input waiting
PS1='ready>'
compadd() {{
  local -a matches
  builtin compadd -O matches "$@"
  (( $#matches )) && print -rl -- $matches >> {folder}/offered
  builtin compadd "$@"
}}
"""


def in_zsh(line: str, folder: Path) -> list[str]:
    """What zsh offers: a real one on a terminal of its own, which writes down each match that is added."""
    offered = folder / "offered"
    offered.unlink(missing_ok=True)
    (folder / ".zshrc").write_text(ZSH.format(folder=folder))
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["zsh", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        start_new_session=True,
        env=environment() | {"ZDOTDIR": str(folder), "TERM": "dumb"},
    )
    os.close(theirs)
    shown = b""
    while b"ready>" not in shown:  # before that the terminal itself would act on the control character
        shown += os.read(ours, 4096)
    os.write(ours, f"make-mlops-easy {line}\t\x15exit\n".encode())
    read_terminal(ours)
    assert shell.wait(60) == 0
    return [word.rstrip("/") for word in offered.read_text().split()] if offered.exists() else []


def output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, env=environment())
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(params=[("bash", in_bash), ("zsh", in_zsh), ("fish", in_fish)], ids=SHELLS)
def offered(request: pytest.FixtureRequest, folder: Path) -> Callable[[str], set[str]]:
    shell, complete = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    return lambda line: set(complete(line, folder))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sta", {"status"}),
        ("status --fail", {"--fail-on-alert"}),
        ("train --fail", set()),
        ("observe --format ", {"text", "markdown", "html"}),
        ("status newest --output j", {"json"}),
        ("completion b", {"bash"}),
        ("predict ne", {"new.csv", "newest"}),
        ("predict new.csv ne", {"newest"}),
        ("status ne", {"newest"}),
        ("train --config ne", {"new.csv", "newest"}),
        ("run --volume ne", {"newest"}),
    ],
)
def test_a_word_is_completed_by_what_is_allowed_there(
    line: str, words: set[str], offered: Callable[[str], set[str]]
) -> None:
    assert offered(line) == words


def test_the_first_word_is_any_command(offered: Callable[[str], set[str]]) -> None:
    assert {word for word in offered("") if not word.startswith("-")} == NAMES
