"""Every block of docs/guide works as written, in order, in a directory of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blocks import Block, blocks_of
from easy_mlops.config.load import load_file
from plugin_files import steps_restored

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs/guide").glob("*.md"))
LANGUAGES = {"python", "yaml", "sh"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with steps_restored():
        yield tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_work_in_their_order(page: Path, home: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of(page):
        assert block.language in LANGUAGES, block.where
        if block.language == "python":
            exec(compile(block.text, block.where, "exec"), names)
        elif block.language == "yaml":
            write(block)
        else:
            run(block, home)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def write(block: Block) -> None:
    """A YAML block starts with the name of its file and is a configuration."""
    name = re.match(r"# (\S+\.yaml)\n", block.text)
    assert name, f"{block.where} does not begin with the name of its file"
    Path(name[1]).write_text(block.text)
    load_file(name[1])


def run(block: Block, home: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", block.text]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.where}\n{done.stdout}\n{done.stderr}"
