"""Every example in the help of each command works as written, except for the port of the server."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command_line import in_shell, started
from easy_mlops.cli.commands import COMMANDS, Command
from easy_mlops.cli.parser import commands_of, parser
from scoring_service import scoring_server

URL = "http://127.0.0.1:8080"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_shows_examples_and_they_work(command: Command, customers: Path) -> None:
    shown = commands_of(parser())[command.name].format_help()
    assert command.examples
    if command.name == "init":
        for name in ("mlops-config.yaml", "modeldeployment.yaml"):
            (customers / name).unlink()
    for example in command.examples:
        assert f"  {example}\n" in shown
        if command.name == "serve":
            serves(example, customers)
        elif URL in example:
            with scoring_server(customers / "models/deployment_1") as running:
                works(example.replace(URL, f"http://127.0.0.1:{running.port}"), customers)
        else:
            works(example, customers)


def works(example: str, home: Path) -> None:
    done = in_shell(example, home)
    assert done.returncode == 0, f"{example}\n{done.stdout}\n{done.stderr}"


def serves(example: str, home: Path) -> None:
    _, *arguments = shlex.split(re.sub(r"--port \d+", "--port 0", example))
    with started(*arguments, cwd=home) as process:
        assert process.stdout is not None
        assert any('"event":"ready"' in line for line in process.stdout)


def test_an_option_for_json_has_its_shape_in_the_help() -> None:
    for command in COMMANDS:
        assert bool(command.json) == (command.name not in ("serve", "completion")), command.name
