"""Mistakes of a new user: each prints one message that says what to do, never a traceback. Real processes."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from command_line import make_mlops_easy, started
from easy_mlops.cli.main import main

DIRECTORY = "models/deployment_1"


def error_of(customers: Path, *arguments: str, code: int = 1) -> str:
    done = make_mlops_easy(*arguments, cwd=customers)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


TABLES = {
    "semicolon.csv": (b"tenure;plan\n1;yearly\n", "separated by something else than commas"),
    "tab.csv": (b"tenure\tplan\n1\tyearly\n", "separated by something else than commas"),
    "random.csv": (bytes(range(256)) * 20, "is not a CSV file: it holds bytes that no text has"),
    "table.csv": (b"PAR1...", "is not a CSV file but a Parquet file; let its name end in .parquet"),
    "sheet.csv": (b"PK\x03\x04...", "is not a CSV file but a zip archive or a spreadsheet; save its sheet as CSV"),
    "utf16.csv": ("tenure,plan\n1,yearly\n".encode("utf-16"), "text in UTF-16; save it in UTF-8"),
    "latin1.csv": ("tenure,plan\n1,jährlich\n".encode("latin-1"), "is not a CSV file in UTF-8"),
    "rows.json": (b'[{"tenure": 1}]', "is not CSV or Parquet, by its ending .json"),
    "empty.csv": (b"", "empty.csv is empty"),
    "header.csv": (b"tenure,plan\n", "is empty: it has columns but no rows"),
    "long.csv": (b"tenure,plan\n1,yearly\n1,yearly,2\n", "Expected 2 fields in line 3, saw 3"),
    "text.parquet": (b"tenure,plan\n1,yearly\n", "is not a Parquet file that can be read"),
}


def test_a_file_that_is_not_a_table_is_an_error_that_says_what_it_is(
    customers: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, since there are many cases."""
    monkeypatch.chdir(customers)
    for name, (content, words) in TABLES.items():
        Path(name).write_bytes(content)
        assert main(["predict", name, DIRECTORY]) == 1
        assert words in capsys.readouterr().err.splitlines()[-1], name


def test_a_byte_order_mark_is_not_part_of_a_name(customers: Path) -> None:
    (customers / "mark.csv").write_bytes(b"\xef\xbb\xbf" + (customers / "new.csv").read_bytes())
    done = make_mlops_easy("predict", "mark.csv", DIRECTORY, cwd=customers)
    assert (done.returncode, len(done.stdout.split())) == (0, 6)


def test_the_error_for_the_parent_of_deployments_names_the_newest(customers: Path) -> None:
    words = f"models is not a deployment directory, but holds 1; the newest is {DIRECTORY}"
    assert words in error_of(customers, "status", "models")
    assert words in error_of(customers, "predict", "new.csv", "models")


def test_a_path_that_cannot_be_written_is_an_error_before_the_work(customers: Path) -> None:
    before = sorted(path.name for path in (customers / DIRECTORY / "logs").rglob("*"))
    assert "/gone/x.csv cannot be written: No such file" in error_of(
        customers, "predict", "new.csv", DIRECTORY, "-o", "/gone/x.csv"
    )
    assert sorted(path.name for path in (customers / DIRECTORY / "logs").rglob("*")) == before
    assert "models cannot be written: Is a directory" in error_of(
        customers, "observe", DIRECTORY, "-o", "models", "--format", "html"
    )


def test_a_failed_command_leaves_an_existing_file_unchanged(customers: Path) -> None:
    (customers / "scored.csv").write_text("earlier\n")
    error_of(customers, "predict", "gone.csv", DIRECTORY, "-o", "scored.csv")
    assert (customers / "scored.csv").read_text() == "earlier\n"
    assert not list(customers.glob(".scored*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian", "x"], "unknown command 'trian'; did you mean 'train'?"),
        (["train", "--taget", "left", "customers.csv"], "unrecognized argument '--taget'; did you mean '--target'?"),
        (["status", "a", "b"], "unrecognized argument 'b'"),
        (["serve", DIRECTORY, "--port", "99999"], "'99999' is not a port (0 to 65535)"),
        (["score", "http://x", "new.csv", "--batch", "0"], "'0' is not a number of rows"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_names_the_nearest_word(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    printed = capsys.readouterr()
    assert words in printed.err.splitlines()[-1]
    assert printed.out == ""


def test_a_port_in_use_is_an_error(customers: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in error_of(
            customers, "serve", DIRECTORY, "--port", port
        )


def test_serve_has_the_option_that_its_error_suggests_for_a_directory_without_sums(customers: Path) -> None:
    (customers / DIRECTORY / "SHA256SUMS").unlink()
    done = make_mlops_easy("serve", DIRECTORY, "--port", "0", cwd=customers)
    assert done.returncode == 1
    assert "(--allow-unverified)" in done.stderr
    with started("serve", DIRECTORY, "--port", "0", "--allow-unverified", cwd=customers) as process:
        assert process.stdout is not None
        assert any('"event":"ready"' in line for line in process.stdout)


def test_score_of_a_missing_file_sends_no_request(customers: Path) -> None:
    assert error_of(customers, "score", "http://127.0.0.1:1", "gone.csv").endswith("gone.csv is not there")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_file_without_read_permission_is_an_error(customers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process, since other users may not be able to read the installation of Python."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(shutil.copytree(customers, f"{place}/home"))
        directory, rows = home / DIRECTORY, home / "new.csv"
        assert main(["status", str(directory)]) == main(["predict", str(rows), str(directory)]) == 0
        capsys.readouterr()
        Path(place).chmod(0o755)
        home.chmod(0o755)
        rows.chmod(0o600)
        directory.chmod(0o700)
        os.seteuid(65534)
        try:
            assert main(["train", str(rows)]) == 1
            assert capsys.readouterr().err.endswith("new.csv may not be read: Permission denied\n")
            assert main(["status", str(directory)]) == 1
            assert f"{directory} cannot be read: Permission denied" in capsys.readouterr().err
        finally:
            os.seteuid(0)


def test_a_directory_without_tables_is_an_error(customers: Path) -> None:
    (customers / "tables").mkdir()
    (customers / "tables/a.csv").write_text("a,b\n1,2\n")
    assert "tables is a directory, and has no Parquet files" in error_of(customers, "train", "tables")
    pd.DataFrame({"tenure": [1], "plan": ["yearly"]}).to_parquet(customers / "tables/b.parquet")
    assert "not a Parquet file" in error_of(customers, "train", "tables")
