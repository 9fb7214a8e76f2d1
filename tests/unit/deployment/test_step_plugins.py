"""Custom steps by plugin file and by installed package: imported once asked for, verified before they run."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.config.plugins import Plugin
from easy_mlops.deployment import IntegrityError, ModelDeployer, SaveModelStep, load_directory
from easy_mlops.deployment.plugins import use_plugins
from easy_mlops.observability import ModelMonitor
from plugin_files import OBSERVER, REGISTERED, STEP, package_with_step, sha256, steps_restored


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
    imported = use_plugins([Plugin(module="my_steps", sha256=sha256(source))], [tmp_path])
    assert [(file.name, file.source) for file in imported.files] == [("my_steps.py", source.encode())]
    deployer = ModelDeployer({"steps": ["create_directory", "save_model", "stamp"]}, plugins=imported)
    artifacts = deployer.deploy(trainer, None, results)
    assert Path(artifacts["stamp"]).read_text() == "stamped"


def test_a_class_is_registered_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, STEP.format(name="stamp"))
    imported = use_plugins([Plugin(module="my_steps:StampStep")], [tmp_path])
    assert [step.__name__ for step in imported.steps] == ["StampStep"]


@pytest.mark.parametrize(("name", "source"), [("stamp", REGISTERED), ("save_model", REGISTERED)])
def test_its_steps_belong_to_the_configuration_that_names_it(tmp_path: Path, name: str, source: str) -> None:
    write(tmp_path, source.format(name=name))
    section = {"steps": ["create_directory", "save_model", name]}
    for _ in range(2):  # Python imports a module once, a configuration may name it any number of times
        imported = use_plugins([Plugin(module="my_steps")], [tmp_path])
        assert type(ModelDeployer(section, plugins=imported).steps[-1]).__name__ == "StampStep"
    if name == "stamp":
        with pytest.raises(ConfigError, match="unknown step 'stamp'"):
            ModelDeployer(section)
    else:
        assert type(ModelDeployer(section).steps[-1]) is SaveModelStep


def test_an_observability_step_receives_what_is_logged(tmp_path: Path) -> None:
    write(tmp_path, OBSERVER)
    imported = use_plugins([Plugin(module="my_steps")], [tmp_path])
    monitor = ModelMonitor({"steps": ["metrics_logger", "observer"]}, plugins=imported)
    monitor.log_metrics({"accuracy": 0.5})
    assert sys.modules["my_steps"].SEEN == [{"accuracy": 0.5}]
    with pytest.raises(ConfigError, match="unknown step 'observer'"):
        ModelMonitor({"steps": ["observer"]})


def test_a_module_that_the_program_has_imported_by_itself_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = REGISTERED.format(name="stamp")
    write(tmp_path, source, "stamping_here")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("stamping_here")
    use_plugins([Plugin(module="stamping_here")], [tmp_path])
    assert "stamp" in ModelDeployer.STEP_REGISTRY
    with pytest.raises(ConfigError, match="another module 'stamping_here' is loaded already"):
        use_plugins([Plugin(module="stamping_here", sha256=sha256(source))], [tmp_path])


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


def test_a_file_that_is_missing_is_reported_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"no file my_steps.py in {tmp_path}"):
        use_plugins([Plugin(module="my_steps", sha256="0" * 64)], [tmp_path])


def test_two_contents_of_one_module_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path / "a", "VALUE = 1\n")
    write(tmp_path / "b", "VALUE = 2\n")
    use_plugins([Plugin(module="my_steps")], [tmp_path / "a"])
    use_plugins([Plugin(module="my_steps")], [tmp_path / "a"])
    with pytest.raises(ConfigError, match="another module 'my_steps' is loaded already"):
        use_plugins([Plugin(module="my_steps")], [tmp_path / "b"])


def deployed_with_plugin(trainer: Any, results: dict[str, Any], folder: Path) -> Path:
    write(folder, REGISTERED.format(name="stamp"))
    imported = use_plugins([Plugin(module="my_steps")], [folder])
    section = {"steps": ["create_directory", "save_model", "save_metadata", "stamp"]}
    snapshot = {"plugins": [{"module": "my_steps"}], "deployment": section}
    deployer = ModelDeployer(section, snapshot=snapshot, plugins=imported)
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


def test_a_package_whose_step_has_another_name_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package_with_step(tmp_path, "stamp", source=STEP.replace("{name}", "seal"))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match="its name is 'seal'"):
        ModelDeployer({"steps": ["create_directory", "stamp"]})


def test_a_package_offers_a_step_of_observability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package_with_step(tmp_path, "observer", module="stamping_observer", source=OBSERVER, kind="observability")
    monkeypatch.syspath_prepend(str(tmp_path))
    ModelMonitor()
    assert "stamping_observer" not in sys.modules
    ModelMonitor({"steps": ["observer"]}).log_metrics({"accuracy": 0.5})
    assert sys.modules["stamping_observer"].SEEN == [{"accuracy": 0.5}]


def test_what_packages_offer_is_named_when_a_step_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package_with_step(tmp_path, "stamp", source="raise OSError('no licence')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match="unknown step 'stmap'; did you mean 'stamp'"):
        ModelDeployer({"steps": ["create_directory", "stmap"]})
    assert "stamping" not in sys.modules


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
