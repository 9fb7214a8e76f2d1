"""Laws of the steps: any order works or names what is missing, and leaves a whole deployment or nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import joblib
from easy_mlops.config.deployment import PREREQUISITES
from easy_mlops.deployment import ModelDeployer, load_directory
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["create_directory", "save_model", "save_preprocessor", "save_metadata", "endpoint_script"]


class Trainer:
    def save_model(self, path: str) -> None:
        joblib.dump({"model": "m"}, Path(path))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
def test_any_order_works_or_names_the_missing_prerequisite(names: list[str]) -> None:
    script = {"type": "endpoint_script", "params": {"enabled": True}}
    steps: list[Any] = [script if name == "endpoint_script" else name for name in names]
    lacking = [name for at, name in enumerate(names) if name in PREREQUISITES and PREREQUISITES[name] not in names[:at]]
    with tempfile.TemporaryDirectory() as base:
        deployer = ModelDeployer({"steps": steps, "output_dir": base})
        try:
            artifacts = deployer.deploy(Trainer(), {"p": 1}, {})
        except RuntimeError as error:
            assert lacking, names
            assert lacking[0] in str(error)
            assert any(name in str(error) for name in (PREREQUISITES[lacking[0]], "create_directory"))
            assert list(Path(base).iterdir()) == []
            return
        assert not lacking, names
        if "create_directory" not in names:
            assert artifacts == {}
            return
        assert [path.name for path in Path(base).iterdir()] == [Path(artifacts["deployment_dir"]).name]
        if "save_model" in names:
            loaded = load_directory(artifacts["deployment_dir"])
            assert loaded.model == "m"
            assert (loaded.preprocessor is not None) == ("save_preprocessor" in names)
            assert bool(loaded.metadata) == ("save_metadata" in names)


@settings(max_examples=25, deadline=None)
@given(
    model=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    metrics=st.dictionaries(st.text(max_size=8), st.floats(), max_size=4),
)
def test_saving_then_loading_is_the_identity(model: Any, metrics: dict[str, float]) -> None:
    class Saver:
        def save_model(self, path: str) -> None:
            joblib.dump({"model": model, "metrics": metrics}, Path(path))

    with tempfile.TemporaryDirectory() as base:
        deployer = ModelDeployer({"output_dir": base})
        directory = deployer.deploy(Saver(), None, {"metrics": metrics})["deployment_dir"]
        loaded = load_directory(directory, expected_digest=deployer.deployment_info["digest"])
        assert loaded.model == model
        assert set(loaded.metadata["training_results"]["metrics"]) == set(metrics)
