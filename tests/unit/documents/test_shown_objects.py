"""What a notebook or a console shows for the main objects: one line of text, and a table in which all is escaped."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from easy_mlops.deployment import ModelDeployer, load_directory
from easy_mlops.observability import ModelMonitor
from easy_mlops.training import ModelTrainer


@pytest.fixture
def trainer() -> ModelTrainer:
    features = pd.DataFrame({"x": [float(number) for number in range(20)]})
    trainer = ModelTrainer({"model_type": "logistic_regression", "cv_folds": 0})
    trainer.train(features, pd.Series([0, 1] * 10))
    return trainer


def test_a_trainer_shows_its_model_and_metrics(trainer: ModelTrainer) -> None:
    assert repr(ModelTrainer()) == "ModelTrainer(backend='sklearn', model_type='auto', fitted=False)"
    assert "logistic_regression" in trainer._repr_html_()
    assert "accuracy" in trainer._repr_html_()


def test_a_deployer_and_what_it_loads_show_the_directory(trainer: ModelTrainer, tmp_path: Path) -> None:
    deployer = ModelDeployer({"output_dir": str(tmp_path / "<b>")})
    artifacts = deployer.deploy(trainer, None, {})
    directory = artifacts["deployment_dir"]
    assert f"deployed={directory!r}" in repr(deployer)
    loaded = load_directory(directory)
    assert repr(loaded).startswith(f"LoadedDeployment({directory!r}, model_type='logistic_regression', digest=")
    for page in (deployer._repr_html_(), loaded._repr_html_()):
        assert "&lt;b&gt;" in page
        assert "<b>" not in page
        assert "<script" not in page


def test_a_monitor_shows_its_verdicts() -> None:
    monitor = ModelMonitor({"metric_thresholds": {"accuracy": 0.9}})
    monitor.log_metrics({"accuracy": 0.5})
    assert "accuracy" in monitor._repr_html_()
    assert "Firing" in monitor._repr_html_()
