"""Reads configuration files: a `config.yaml`, or a ModelDeployment as it is applied to a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from easy_mlops.config.check.resource import parse_resource
from easy_mlops.config.errors import ConfigError, Problem, did_you_mean, error_of, require
from easy_mlops.config.full import Config
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.yamlfile import Document, YamlError, read_documents
from easy_mlops.contract import API_VERSION, GROUP, KIND

_VERSION: Final = "deployment.version"


class ConfigFileError(ConfigError):
    """A file is not valid. The message has one line for each problem: file, line, key, and what is wrong."""

    def __init__(self, file: Path, problems: Sequence[Problem], lines: Sequence[int | None]) -> None:
        super().__init__(problems)
        self.file = file
        self.lines = tuple(lines)
        places = (f"{file}:{line}" if line else str(file) for line in self.lines)
        self.args = ("\n".join(f"{place}: {problem}" for place, problem in zip(places, problems, strict=True)),)


@dataclass(frozen=True)
class ConfigFile:
    """A configuration and the file that it was read from.

    `name` is the ModelDeployment's name, empty for a config.yaml; `where` is the path of the sections in the
    file: `spec`, or empty. `spec` is None for a config.yaml.
    """

    path: Path
    document: Document
    config: Config
    name: str = ""
    where: str = ""
    spec: ModelDeploymentSpec | None = None

    def error(self, problems: Sequence[Problem]) -> ConfigFileError:
        """The exception for these problems, with their lines."""
        return ConfigFileError(self.path, problems, [self.document.line_of(problem.path) for problem in problems])


def load_config(path: str | Path) -> Config:
    """Read the configuration in a file of either kind. Raises `ConfigFileError`."""
    return load_file(path).config


def load_file(path: str | Path) -> ConfigFile:
    """Read a config.yaml or a file with one ModelDeployment. Raises `ConfigFileError`.

    This checks values only; `check_spec` checks the rules between fields.
    """
    file = Path(path)
    try:
        documents = read_documents(_text(file), texts=frozenset({_VERSION}))
        document = _the_one(documents)
    except YamlError as error:
        raise ConfigFileError(file, [error.problem], [error.line]) from error
    try:
        if _is_manifest(document.value):
            name, spec = _manifest(document.value)
            return ConfigFile(file, document, Config.of(spec), name, "spec", spec)
        return ConfigFile(file, document, Config.parse(document.value))
    except ConfigError as error:
        lines = [document.line_of(problem.path) for problem in error.problems]
        raise ConfigFileError(file, error.problems, lines) from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(Problem("", "InvalidValue", f"is not UTF-8 text: {error.reason}"), None) from error
    except OSError as error:
        raise YamlError(Problem("", "InvalidValue", f"cannot be read: {error.strerror}"), None) from error


def _the_one(documents: list[Document]) -> Document:
    """The document with the configuration: a file may contain other resources besides the one ModelDeployment."""
    if len(documents) <= 1:
        return documents[0] if documents else Document({})
    resources = [
        document for document in documents if _is_manifest(document.value) and document.value.get("kind") == KIND
    ]
    if len(resources) == 1:
        return resources[0]
    message = f"contains {len(resources)} {KIND}s in {len(documents)} documents; there must be exactly one"
    raise YamlError(Problem("", "InvalidValue", message), None)


def _is_manifest(value: Any) -> bool:
    return isinstance(value, dict) and ("kind" in value or "apiVersion" in value)


def _manifest(value: dict[str, Any]) -> tuple[str, ModelDeploymentSpec]:
    problems = [
        Problem(
            key, "UnknownField", f"unknown key; {did_you_mean(str(key), ('apiVersion', 'kind', 'metadata', 'spec'))}"
        )
        for key in map(str, value)
        if key not in ("apiVersion", "kind", "metadata", "spec", "status")
    ]
    if value.get("kind") != KIND:
        problems.append(Problem("kind", "InvalidValue", f"must be {KIND}, got {value.get('kind')!r}"))
    if str(value.get("apiVersion")).partition("/")[0] != GROUP:
        message = f"must be {API_VERSION}, got {value.get('apiVersion')!r}"
        problems.append(Problem("apiVersion", "InvalidValue", message))
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    try:
        spec = parse_resource(name, value.get("spec"))
    except ConfigError as error:
        raise error_of([*problems, *error.problems]) from error
    require(problems)
    return str(name), spec
