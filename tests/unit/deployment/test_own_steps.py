"""Steps of a user's own: registered, given their parameters, run where they stand, and failing without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer, SaveMetadataStep
from plugin_files import steps_restored


@pytest.fixture
def registry() -> Iterator[dict[str, type[DeploymentStep]]]:
    """The registry, put back as it was afterwards."""
    with steps_restored():
        yield ModelDeployer.STEP_REGISTRY


def test_the_guides_own_step_runs_and_passes_on_what_it_found(
    registry: object, trainer: Any, results: dict[str, Any]
) -> None:
    seen: list[list[str]] = []

    def push_directory_to_s3(directory: Path | None) -> str:
        assert directory is not None
        seen.append(sorted(path.name for path in directory.iterdir()))
        return f"s3://bucket/{directory.name}"

    class UploadToS3Step(DeploymentStep):
        name = "upload_to_s3"

        def run(self, context: DeploymentContext) -> None:
            artifact_dir = context.deployment_dir
            uri = push_directory_to_s3(artifact_dir)
            context.artifacts["s3_uri"] = uri

    ModelDeployer.register_step(UploadToS3Step)
    steps = ["create_directory", "save_model", "save_preprocessor", "save_metadata", "upload_to_s3"]
    artifacts = ModelDeployer({"steps": steps}).deploy(trainer, {"fitted": True}, results)
    assert artifacts["s3_uri"].startswith("s3://bucket/")
    assert {"model.joblib", "preprocessor.joblib", "metadata.json"} <= set(seen[0])


def test_a_step_sees_a_directory_that_exists_and_the_name_to_come(
    registry: object, trainer: Any, results: dict[str, Any]
) -> None:
    class WriteCard(DeploymentStep):
        name = "write_card"

        def run(self, context: DeploymentContext) -> None:
            assert context.deployment_dir is not None
            assert context.final_dir is not None
            assert context.deployment_dir.is_dir()
            assert not context.final_dir.exists()
            card = context.deployment_dir / "card.md"
            card.write_text(self.params["text"])
            context.artifacts["card_path"] = str(card)

    ModelDeployer.register_step(WriteCard)
    steps = ["create_directory", {"type": "write_card", "params": {"text": "hello"}}]
    artifacts = ModelDeployer({"steps": steps}).deploy(trainer, None, results)
    assert Path(artifacts["card_path"]).read_text() == "hello"
    assert Path(artifacts["card_path"]).parent == Path(artifacts["deployment_dir"])
    assert "card.md" in (Path(artifacts["deployment_dir"]) / "SHA256SUMS").read_text()


def test_only_steps_with_a_name_can_be_registered(registry: object) -> None:
    class Nameless(DeploymentStep):
        pass

    with pytest.raises(TypeError, match="subclass of DeploymentStep"):
        ModelDeployer.register_step(dict)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="Nameless needs a class attribute 'name'"):
        ModelDeployer.register_step(Nameless)


def test_a_built_in_step_can_be_replaced_and_that_is_logged(
    registry: object, trainer: Any, results: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Stamped(SaveMetadataStep):
        def run(self, context: DeploymentContext) -> None:
            super().run(context)
            context.artifacts["stamp"] = "mine"

    with caplog.at_level("INFO"):
        ModelDeployer.register_step(Stamped)
    assert "'save_metadata' is replaced" in caplog.text
    assert ModelDeployer().deploy(trainer, None, results)["stamp"] == "mine"


def test_a_parameter_that_a_step_of_the_user_does_not_take_is_reported_with_its_name(registry: object) -> None:
    class Upload(DeploymentStep):
        name = "upload"

        def __init__(self, bucket: str) -> None:
            super().__init__(bucket=bucket)

    ModelDeployer.register_step(Upload)
    with pytest.raises(ConfigError, match=r"step 'upload'.*'buckt'"):
        ModelDeployer({"steps": [{"type": "upload", "params": {"buckt": "x"}}]})


def test_a_failing_step_leaves_nothing_and_its_own_exception(
    registry: object, trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    failing = [True]

    class Flaky(DeploymentStep):
        name = "flaky"

        def run(self, context: DeploymentContext) -> None:
            if failing[0]:
                raise LookupError("no network")

    ModelDeployer.register_step(Flaky)
    deployer = ModelDeployer({"steps": ["create_directory", "save_model", "flaky"]})
    with pytest.raises(LookupError, match="no network") as caught:
        deployer.deploy(trainer, None, results)
    assert any("'flaky'" in note for note in caught.value.__notes__)
    assert list((tmp_path / "models").iterdir()) == []
    failing[0] = False
    assert Path(deployer.deploy(trainer, None, results)["deployment_dir"]).is_dir()
