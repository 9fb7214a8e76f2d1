"""Configuration files: errors name file, line and key; what was written is what is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from easy_mlops.config.load import ConfigFileError, load_config, load_file
from easy_mlops.config.yamlfile import YamlError, read_documents

MANIFEST = """\
apiVersion: easymlops.dev/v1alpha1
kind: ModelDeployment
metadata: {name: churn}
spec:
  data: {uri: configmap://churn/churn.csv, target: churned}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def errors(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(ConfigFileError) as caught:
        load_file(file)
    return str(caught.value).replace(str(file), "FILE").splitlines()


def test_sections_at_the_top_are_a_configuration(file: Path) -> None:
    file.write_text("deployment:\n  version: 2.1.0\ntraining: {model_type: linear_regression}\n")
    config = load_config(file)
    assert config.deployment.version == "2.1.0"
    assert config.training.model_type == "linear_regression"
    assert config.data is None


def test_an_empty_file_is_all_defaults(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert load_config(file).training.model_type == "auto"


def test_a_modeldeployment_has_its_sections_under_spec(file: Path) -> None:
    file.write_text(MANIFEST)
    found = load_file(file)
    assert (found.name, found.where) == ("churn", "spec")
    assert found.spec is not None
    assert found.config.data is not None
    assert found.config.data.target == "churned"


def test_the_one_modeldeployment_among_other_resources_is_taken(file: Path) -> None:
    file.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\n---\n{MANIFEST}")
    assert load_file(file).name == "churn"


def test_two_modeldeployments_in_a_file_are_refused(file: Path) -> None:
    assert "exactly one" in errors(file, f"{MANIFEST}---\n{MANIFEST}")[0]


def test_every_problem_has_its_file_line_and_key(file: Path) -> None:
    assert errors(file, "training:\n  cv_folds: x\nobservability:\n\n  alert_treshold: 1\n") == [
        "FILE:2: training.cv_folds: must be an integer, got 'x'",
        "FILE:5: observability.alert_treshold: unknown key; did you mean 'alert_threshold'?",
    ]


def test_the_line_of_a_missing_key_is_that_of_its_mapping(file: Path) -> None:
    assert errors(file, "training: {}\ndata:\n  target: y\n") == ["FILE:2: data.uri: is required"]


def test_a_problem_in_a_list_has_the_line_of_its_item(file: Path) -> None:
    (error,) = errors(file, f"{MANIFEST}  deployment:\n    steps:\n      - create_directory\n      - 7\n")
    assert error.startswith("FILE:9: spec.deployment.steps[1]: ")


def test_a_key_that_is_there_twice_is_an_error(file: Path) -> None:
    text = "training:\n  cv_folds: 3\n  cv_folds: 4\n"
    assert errors(file, text) == ["FILE:3: training.cv_folds: is a duplicate key, first in line 2"]


@pytest.mark.parametrize("written", ["1.10", "2", "1e3", "0x10", "2024-05-01", "'1.10'", "yes"])
def test_an_unquoted_version_stays_what_was_written(file: Path, written: str) -> None:
    file.write_text(f"deployment: {{version: {written}}}\n")
    assert load_config(file).deployment.version == written.strip("'")


def test_in_a_modeldeployment_a_version_that_is_a_number_must_be_quoted(file: Path) -> None:
    (error,) = errors(file, f"{MANIFEST}  deployment:\n    version: 1.10\n")
    assert error.startswith("FILE:7: spec.deployment.version: ")
    assert "quote it" in error


def test_an_unquoted_timestamp_works(file: Path) -> None:
    file.write_text("deployment: {deployment_time: 2024-05-01T09:00:00Z}\n")
    assert load_config(file).deployment.deployment_time == "2024-05-01T09:00:00Z"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ModelDeployment", "ModelDeploymnt"), "kind: must be ModelDeployment"),
        (("easymlops.dev", "example.com"), "apiVersion: must be easymlops.dev/v1alpha1"),
        (("churn}", f"{'x' * 41}}}"), "metadata.name: must be at most 40 lower-case letters"),
        (("spec:", "specs:"), "specs: unknown key; did you mean 'spec'?"),
    ],
)
def test_a_manifest_is_checked_like_its_sections(file: Path, change: tuple[str, str], words: str) -> None:
    assert any(words in error for error in errors(file, MANIFEST.replace(*change)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\nb: 2\n", "not valid YAML"),
        ("a: !!python/object:os.system x\n", "not valid YAML"),
        ("? [1]\n: 2\n", "key"),
        ("a: &a [*a]\n", "contains itself"),
        ("a: 2024-99-99\n", "cannot be read"),
        ("- 1\n", "must be a mapping"),
        ("text", "must be a mapping"),
    ],
)
def test_what_is_no_mapping_of_sections_is_reported_without_a_traceback(file: Path, text: str, words: str) -> None:
    assert words in errors(file, text)[0]


def test_a_file_that_is_not_there_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match=r"gone\.yaml: cannot be read: No such file"):
        load_file(tmp_path / "gone.yaml")


def test_a_file_that_is_not_text_is_reported_by_name(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigFileError, match="not UTF-8"):
        load_file(file)


def test_a_merge_key_is_no_double() -> None:
    (document,) = read_documents("base: &b {x: 1}\nown:\n  <<: *b\n  x: 2\n")
    assert document.value["own"] == {"x": 2}


def test_aliases_of_aliases_are_read_in_no_time() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    (document,) = read_documents(f"l0: &l0 [x]\n{levels}\n")
    assert len(document.value) == 30


def test_a_yaml_error_has_its_line() -> None:
    with pytest.raises(YamlError) as caught:
        read_documents("a: 1\nb: [\n")
    assert caught.value.line == 3
