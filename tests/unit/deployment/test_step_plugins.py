"""Custom steps by plugin file and by installed package: imported once asked for, verified before they run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.config.plugins import Plugin
from easy_mlops.deployment import IntegrityError, ModelDeployer, load_directory
from easy_mlops.deployment.plugins import use_plugins
from plugin_files import REGISTERED, STEP, package_with_step, sha256, steps_restored


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Registry and modules as they were."""
    with steps_restored():
        yield


def write(folder: Path, source: str, name: str = "my_steps") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(source)
    return path


def test_a_module_registers_its_steps(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    source = REGISTERED.format(name="stamp")
    write(tmp_path, source)
    files = use_plugins([Plugin(module="my_steps", sha256=sha256(source))], [tmp_path])
    assert [(file.name, file.source) for file in files] == [("my_steps.py", source.encode())]
    deployer = ModelDeployer({"steps": ["create_directory", "save_model", "stamp"]}, plugins=files)
    artifacts = deployer.deploy(trainer, None, results)
    assert Path(artifacts["stamp"]).read_text() == "stamped"


def test_a_class_is_registered_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, STEP.format(name="stamp"))
    use_plugins([Plugin(module="my_steps:StampStep")], [tmp_path])
    assert "stamp" in ModelDeployer.STEP_REGISTRY


def test_another_digest_is_refused_before_anything_runs(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    path = write(tmp_path, f"open({str(ran)!r}, 'w').close()\n")
    with pytest.raises(ConfigError, match="has the SHA-256") as caught:
        use_plugins([Plugin(module="my_steps", sha256="0" * 64)], [tmp_path], "spec.pipeline.plugins")
    assert not ran.exists()
    assert caught.value.problems[0].path == "spec.pipeline.plugins[0]"
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise RuntimeError('not today')\n", "RuntimeError: not today"),
        ("def broken(:\n", "SyntaxError"),
        ("StampStep = 1\n", "1 is neither a DeploymentStep nor an ObservabilityStep"),
        ("", "AttributeError"),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_error(tmp_path: Path, source: str, words: str) -> None:
    write(tmp_path, source)
    with pytest.raises(ConfigError, match="plugin 'my_steps:StampStep' cannot be used") as caught:
        use_plugins([Plugin(module="my_steps:StampStep")], [tmp_path])
    assert words in str(caught.value)


def test_a_file_that_is_missing_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"no file my_steps.py in {tmp_path}"):
        use_plugins([Plugin(module="my_steps", sha256="0" * 64)], [tmp_path])


def test_two_contents_of_one_module_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path / "a", "VALUE = 1\n")
    write(tmp_path / "b", "VALUE = 2\n")
    use_plugins([Plugin(module="my_steps")], [tmp_path / "a"])
    use_plugins([Plugin(module="my_steps")], [tmp_path / "a"])
    with pytest.raises(ConfigError, match="with other contents is loaded already"):
        use_plugins([Plugin(module="my_steps")], [tmp_path / "b"])


def deployed_with_plugin(trainer: Any, results: dict[str, Any], folder: Path) -> Path:
    write(folder, REGISTERED.format(name="stamp"))
    files = use_plugins([Plugin(module="my_steps")], [folder])
    section = {"steps": ["create_directory", "save_model", "save_metadata", "stamp"]}
    snapshot = {"plugins": [{"module": "my_steps"}], "deployment": section}
    deployer = ModelDeployer(section, snapshot=snapshot, plugins=files)
    return Path(deployer.deploy(trainer, None, results)["deployment_dir"])


def test_a_directory_keeps_its_plugin_and_loads_it_where_it_is_not_installed(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    directory = deployed_with_plugin(trainer, results, tmp_path / "plugins")
    assert (directory / "plugins/my_steps.py").is_file()
    assert "  plugins/my_steps.py\n" in (directory / "SHA256SUMS").read_text()
    del sys.modules["my_steps"]
    load_directory(directory)
    assert sys.modules["my_steps"].StampStep.name == "stamp"


def test_a_changed_plugin_in_a_directory_never_runs(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    directory = deployed_with_plugin(trainer, results, tmp_path / "plugins")
    del sys.modules["my_steps"]
    (directory / "plugins/my_steps.py").write_text("raise SystemExit('it ran')\n")
    with pytest.raises(IntegrityError, match=r"my_steps\.py was changed"):
        load_directory(directory)


def test_a_package_offers_a_step_by_entry_point(
    trainer: Any, results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_with_step(tmp_path, "stamp")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "stamping" not in sys.modules
    steps = ["create_directory", "save_model", {"type": "stamp", "params": {"text": "from a package"}}]
    deployer = ModelDeployer({"steps": steps})
    assert Path(deployer.deploy(trainer, None, results)["stamp"]).read_text() == "from a package"


def test_a_broken_package_is_an_error_only_for_who_asks_for_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_with_step(tmp_path, "stamp", source="raise OSError('no licence')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    ModelDeployer({"steps": ["create_directory"]})
    with pytest.raises(ConfigError, match="step 'stamp' of the package stamping cannot be used: OSError: no licence"):
        ModelDeployer({"steps": ["create_directory", "stamp"]})


def test_the_command_line_takes_plugins(tmp_path: Path) -> None:
    write(tmp_path, REGISTERED.format(name="stamp"))
    (tmp_path / "config.yaml").write_text(
        "training: {model_type: logistic_regression, cv_folds: 0}\n"
        "deployment: {steps: [create_directory, save_model, save_preprocessor, save_metadata, stamp]}\n"
    )
    rows = "".join(f"{i},{i % 7},{'yes' if i % 2 else 'no'}\n" for i in range(60))
    (tmp_path / "data.csv").write_text(f"a,b,label\n{rows}")

    def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "make-mlops-easy"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    refused = cli("train", "data.csv", "-c", "config.yaml")
    assert refused.returncode == 1
    assert "unknown step 'stamp'" in refused.stderr
    done = cli("train", "data.csv", "-c", "config.yaml", "--plugin", "my_steps")
    assert done.returncode == 0, done.stderr
    directory = next((tmp_path / "models").iterdir())
    assert (directory / "stamp.txt").is_file()
    (tmp_path / "my_steps.py").unlink()
    for command in (("status", str(directory)), ("predict", "data.csv", str(directory))):
        assert cli(*command).returncode == 0
