"""A home with data and a deployed model, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import write_home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template")
    write_home(home)
    return home


@pytest.fixture
def customers(template: Path, tmp_path: Path) -> Path:
    """The home of `command_line.write_home`, to do with as a test likes."""
    shutil.copytree(template, tmp_path / "home")
    return tmp_path / "home"
