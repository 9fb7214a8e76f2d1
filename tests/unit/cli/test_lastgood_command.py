"""`make-mlops-easy lastgood`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from deployments import write_deployment
from easy_mlops.cli.main import main
from easy_mlops.contract import RunResult
from sklearn.dummy import DummyClassifier

RUN = "churn-0123456789-0f0e0d0c"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    rows = pd.DataFrame({"tenure": [1.0, 2.0]})
    facts = {"run_id": RUN, "training_results": {"model_type": "dummy", "metrics": {"accuracy": 0.5}}}
    write_deployment(tmp_path / "models/d", DummyClassifier().fit(rows, [0, 1]), rows, metadata=facts)
    return tmp_path


def test_the_result_goes_to_people_to_programs_and_to_the_operator(
    volume: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = tmp_path_factory.mktemp("pod") / "termination-log"
    monkeypatch.setenv("EASY_MLOPS_TERMINATION_LOG", str(message))
    assert main(["lastgood", "churn", "--volume", str(volume)]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"directory {volume}/models/d\n")
    assert "models/d" in printed.err
    assert RunResult.decode(message.read_text()).run_id == RUN
    assert main(["lastgood", "churn", "--volume", str(volume), "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == RUN


def test_it_fails_when_there_is_none(volume: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lastgood", "other", "--volume", str(volume)]) == 1
    assert capsys.readouterr().err.endswith(
        "make-mlops-easy lastgood: StepFailed: models: there is no deployment of 'other'\n"
    )


def test_another_folder_is_searched_with_output_dir(volume: Path) -> None:
    (volume / "models").rename(volume / "kept")
    assert main(["lastgood", "churn", "--volume", str(volume)]) == 1
    assert main(["lastgood", "churn", "--volume", str(volume), "--output-dir=kept"]) == 0
