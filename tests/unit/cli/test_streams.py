"""stdout, stderr, closed readers, full disks and Ctrl-C: real processes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
from pathlib import Path

import pytest
from command_line import in_shell, make_mlops_easy, read_terminal, started
from easy_mlops.cli.main import main

DIRECTORY = "models/deployment_1"


@pytest.mark.parametrize(
    "line",
    [
        f"make-mlops-easy status {DIRECTORY} | true",
        f"make-mlops-easy predict new.csv {DIRECTORY} | true",
        f"make-mlops-easy predict new.csv {DIRECTORY} 2>&1 | true",
        "make-mlops-easy --help | true",
    ],
)
def test_a_closed_reader_ends_a_command_silently(customers: Path, line: str) -> None:
    done = in_shell(line, customers)
    assert done.returncode in (0, 141)  # 0 when all was written before the reader went
    assert not re.search("Traceback|Exception|Error|pipe", done.stderr)


@pytest.mark.parametrize(
    "command", ["--help", f"status {DIRECTORY}", "completion bash", f"predict new.csv {DIRECTORY}"]
)
def test_a_full_disk_behind_stdout_is_an_error(customers: Path, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = make_mlops_easy(*command.split(), cwd=customers, stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("standard output cannot be written: No space left on device")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (f"predict new.csv {DIRECTORY}", {"rows", "scored", "unscored", "first", "model", "version", "predictions"}),
        (f"predict new.csv {DIRECTORY} -o x.csv", {"rows", "scored", "unscored", "first", "model", "version", "file"}),
        (f"observe {DIRECTORY}", {"directory", "format", "report"}),
        (f"observe {DIRECTORY} -o x.html", {"directory", "format", "file"}),
        (f"status {DIRECTORY}", {"metadata", "model_type", "metrics", "monitoring"}),
        ("init -o x.yaml --force", {"files"}),
        ("run -f modeldeployment.yaml --check", {"ok", "problems"}),
        (f"prune {DIRECTORY}={'0' * 64}", {"directories"}),
    ],
)
def test_with_output_json_stdout_is_the_result_and_nothing_else(
    customers: Path, command: str, keys: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(customers)
    main([*command.split(), "--output", "json"])
    assert set(json.loads(capsys.readouterr().out)) == keys


def seen_on_a_terminal(*arguments: str, cwd: Path) -> tuple[str, str]:
    """What a command shows on stderr, which is a terminal, and its stdout, which is not."""
    ours, its = pty.openpty()
    with started(*arguments, cwd=cwd, stderr=its) as process:
        os.close(its)
        shown = read_terminal(ours)
        assert process.stdout is not None
        return shown, process.stdout.read()


def test_on_a_terminal_the_current_step_is_shown_until_it_ends(customers: Path) -> None:
    shown, printed = seen_on_a_terminal("train", "customers.csv", "-c", "quick.yaml", "--no-deploy", cwd=customers)
    assert re.search(r"\r\x1b\[K… start +\d+\.\d s", shown)
    lines = [line.rsplit("\x1b[K", 1)[-1] for line in shown.splitlines()]
    assert [line.split()[1] for line in lines if line.startswith("✓")][:2] == ["load", "validate"]
    assert lines[-1] == ""
    assert printed.startswith("model     logistic_regression")


def test_with_output_json_a_terminal_shows_no_current_step(customers: Path) -> None:
    shown, printed = seen_on_a_terminal("predict", "new.csv", DIRECTORY, "--output", "json", cwd=customers)
    assert "\x1b" not in shown
    assert [line.split()[1] for line in shown.splitlines()] == ["load", "predict", "log"]
    assert len(json.loads(printed)["predictions"]) == 5


def test_ctrl_c_while_a_model_is_fitted_is_130_and_leaves_nothing(customers: Path) -> None:
    slow = "training: {model_type: random_forest_classifier, hyperparameters: {n_estimators: 100000}}\n"
    (customers / "slow.yaml").write_text(slow)
    with started("train", "customers.csv", "-c", "slow.yaml", cwd=customers) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("✓ preprocess"):
            pass
        process.send_signal(signal.SIGINT)
        printed = process.stderr.read()
        assert process.wait(60) == 130
    assert printed.splitlines()[-1] == "interrupted"
    assert "Traceback" not in printed
    assert [path.name for path in (customers / "models").iterdir()] == ["deployment_1"]


def test_ctrl_c_does_not_wait_for_a_service_that_does_not_answer(customers: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with started("score", url, "new.csv", "-o", "scored.csv", cwd=customers) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            connection.close()
            assert process.stderr is not None
            assert process.stderr.read() == "interrupted\n"
    assert not (customers / "scored.csv").exists()
