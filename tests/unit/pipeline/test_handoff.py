"""The handoff page: the six parts of the course notebook, from the files of a deployment."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from easy_mlops.cli.main import main
from easy_mlops.contract import SUMS_FILE
from easy_mlops.deployment import IntegrityError
from easy_mlops.deployment.sums import digest_of
from easy_mlops.pipeline import MLOpsPipeline
from seeds import NOTEBOOK, there

PARTS = [
    "Endpoint(s) & auth",
    "Data contracts & schema versioning",
    "Model versioning & rollback",
    "Monitoring metrics & alert thresholds",
    "Ownership: contacts, escalation",
    "Change log",
]
CONFIG = """\
preprocessing: {handle_missing: median}
training: {model_type: logistic_regression, cv_folds: 0}
deployment: {version: VERSION, create_endpoint: true, deployment_time: "2026-11-0VERSIONT00:00:00Z"}
observability:
  rules: {accuracy: {op: "<", value: 0.7, severity: critical}}
  runbook: {owner: "team|churn", contacts: [Ann], escalation: head of data}
"""


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory, customers: pd.DataFrame) -> list[Path]:
    """Two deployments of versions 1 and 2 in one folder."""
    home = tmp_path_factory.mktemp("handoff")
    customers.to_csv(home / "churn.csv", index=False)
    before = Path.cwd()
    os.chdir(home)
    try:
        made = []
        for version in ("1", "2"):
            (home / "config.yaml").write_text(CONFIG.replace("VERSION", version))
            run = MLOpsPipeline("config.yaml").run("churn.csv", "churned")
            made.append(Path(run["deployment"]["deployment_dir"]))
        return made
    finally:
        os.chdir(before)


def parts(directory: Path) -> dict[str, str]:
    """The parts of the page by their headings."""
    page = MLOpsPipeline().handoff(directory)
    head, *found = re.split(r"^## (.*)\n", page, flags=re.M)
    assert head.replace("\\", "").strip() == f"# Handoff: {directory.name}"
    return dict(zip(found[::2], (unescape(text.replace("\\", "")) for text in found[1::2]), strict=True))


def test_the_page_has_the_six_parts_in_their_order(deployments: list[Path]) -> None:
    assert list(parts(deployments[0])) == PARTS


@there
def test_the_six_parts_are_the_notebooks() -> None:
    text = NOTEBOOK.read_text().split("## 7. Handoff README")[1]
    assert re.findall(r"^- (.*)$", text, re.M) == PARTS


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (0, ["make-mlops-easy serve ", "POST /predict", "predict.py", "not authenticated"]),
        (1, ["Target: churned", "| contract | text | no | monthly, yearly |", "| tenure | "]),
        (2, ["Version 2, logistic_regression, deployed 2026-11-02T00:00:00Z", "scikit-learn", "accuracy 0."]),
        (3, ["| accuracy | alert when < 0.7000, higher is better | critical | rules | "]),
        (4, ["| Owner | team|churn |", "| On call | Ann |", "| Escalation | head of data |"]),
        (5, ["(this one) | 2 | 2026-11-02T00:00:00Z | logistic_regression | accuracy 0."]),
    ],
)
def test_each_part_shows_the_facts_of_the_files(deployments: list[Path], part: int, words: list[str]) -> None:
    shown = parts(deployments[1])[PARTS[part]]
    assert [word for word in words if word not in shown] == []


def test_the_digest_is_that_of_the_checksum_file(deployments: list[Path]) -> None:
    assert digest_of((deployments[1] / SUMS_FILE).read_bytes()) in parts(deployments[1])["Model versioning & rollback"]


def test_rollback_names_the_previous_deployment(deployments: list[Path]) -> None:
    first, second = deployments
    assert f"make-mlops-easy serve {first}" in parts(second)["Model versioning & rollback"]
    assert "no earlier version" in parts(first)["Model versioning & rollback"]


def test_the_change_log_has_the_newest_first(deployments: list[Path]) -> None:
    log = parts(deployments[0])["Change log"]
    assert log.index(deployments[1].name) < log.index(f"{deployments[0].name} (this one)")


def test_the_command_line_writes_the_page(
    deployments: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handoff", str(deployments[0]), "-o", str(tmp_path / "README.md")]) == 0
    assert (tmp_path / "README.md").read_text() == f"{MLOpsPipeline().handoff(deployments[0])}\n"
    assert "README.md" in capsys.readouterr().out
    assert main(["handoff", str(deployments[0])]) == 0
    assert "## Change log" in capsys.readouterr().out


def test_nothing_is_unpickled(deployments: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("metadata.json", "config.yaml", SUMS_FILE):
        (copy / name).write_bytes((deployments[0] / name).read_bytes())
    assert list(parts(copy)) == PARTS


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="is not a deployment directory"):
        MLOpsPipeline().handoff(tmp_path)


def test_missing_facts_are_mentioned(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    shown = parts(tmp_path)
    assert "no schema" in shown["Data contracts & schema versioning"]
    assert "Nobody is named" in shown["Ownership: contacts, escalation"]
    assert "no metrics and no rules" in shown["Monitoring metrics & alert thresholds"]
