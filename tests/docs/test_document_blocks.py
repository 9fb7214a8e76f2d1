"""Every YAML and shell block of our own documentation works as it is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import Block, blocks_of
from kube import kubectl

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
SHELL = [document for document in DOCUMENTS if any(block.language == "sh" for block in blocks_of(document))]
INSTALLING = ROOT / "docs/install.md"
"""The document that replaces and removes the operator, which the other tests need."""


def test_every_block_is_of_a_kind_that_is_executed() -> None:
    assert {block.language for block in BLOCKS} <= {"sh", "yaml"}


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "yaml"], ids=lambda b: b.where)
def test_a_yaml_block_is_accepted(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "block.yaml"
    file.write_text(block.text)
    command: list[str | Path] = [Path(sys.executable).parent / "make-mlops-easy", "run", "-f", file, "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    kubectl("apply", "--dry-run=server", "-f", str(file))


@pytest.fixture
def operator_reinstalled() -> Iterator[None]:
    """Installs the operator again after a document that installs and removes it."""
    yield
    subprocess.run([sys.executable, "hack/install.py", "up"], cwd=ROOT, check=True)


@pytest.fixture
def no_models_left() -> Iterator[None]:
    """Removes the models that a document trains in the working directory, and only these."""
    before = set((ROOT / "models").glob("*"))
    yield
    for directory in set((ROOT / "models").glob("*")) - before:
        shutil.rmtree(directory)
    if not before:
        shutil.rmtree(ROOT / "models", ignore_errors=True)


@pytest.mark.parametrize("document", [d for d in SHELL if d != INSTALLING], ids=lambda path: path.name)
@pytest.mark.usefixtures("no_models_left")
def test_the_shell_blocks_of_a_document_work_in_order(document: Path) -> None:
    run_shell_blocks(document)


@pytest.mark.alone
@pytest.mark.usefixtures("operator_reinstalled")
def test_the_ways_to_install_work_in_the_order_of_the_document() -> None:
    run_shell_blocks(INSTALLING)


def run_shell_blocks(document: Path) -> None:
    """Run them in a cluster that has the example."""
    kubectl("apply", "-f", str(ROOT / "examples/breast-cancer/modeldeployment.yaml"))
    kubectl("wait", "--for=condition=Ready", "modeldeployment/breast-cancer", "--timeout=180s", timeout=200)
    # `make demo` uses the current cluster instead of another one, and `make test` would run these tests again.
    environment = {**os.environ, "CLUSTER": "current"}
    for block in blocks_of(document):
        if block.language == "sh":
            script = block.text.replace("make test", "make --dry-run test")
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
            assert done.returncode == 0, f"{block.where}\n{block.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
