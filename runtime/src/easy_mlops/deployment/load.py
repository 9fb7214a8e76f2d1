"""Loads a deployment directory: everything is verified before anything is unpickled.

Unpickling runs code, so unverified bytes must never reach it. The order is: SHA256SUMS against the
expected digest, every file against SHA256SUMS, the recorded scikit-learn against the installed one, and only
then the model, read through the same file handle whose content was hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from easy_mlops.config.errors import ConfigError
from easy_mlops.config.plugins import Imported
from easy_mlops.contract import PLUGINS_DIRECTORY
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.layout import ArtifactNames
from easy_mlops.deployment.plugins import use_plugins
from easy_mlops.deployment.verified import VerifiedFiles
from easy_mlops.pages import object_table


@dataclass(frozen=True)
class LoadedDeployment:
    """A deployment in memory, as `load_directory` returns it.

    Attributes
    ----------
    model : object
        The fitted estimator.
    model_data : mapping
        The content of the model file: `model`, `model_type`, `is_classifier`, `metrics` and `backend`.
    preprocessor : DataPreprocessor or None
        The fitted preprocessor, if the deployment has one.
    metadata : mapping
        The content of `metadata.json`; empty if the deployment has none.
    digest : str
        SHA-256 of `SHA256SUMS` in hexadecimal digits; empty if there is no such file.
    directory : Path
        The directory that was loaded.

    Examples
    --------
    >>> from pathlib import Path
    >>> from easy_mlops.deployment import LoadedDeployment
    >>> LoadedDeployment(object(), {"model_type": "sample"}, None, {}, "", Path("models/deployment_1"))
    LoadedDeployment('models/deployment_1', model_type='sample', digest='')
    """

    model: Any
    model_data: Mapping[str, Any]
    preprocessor: Any | None
    metadata: Mapping[str, Any]
    digest: str
    directory: Path

    def __repr__(self) -> str:
        model = self.model_data.get("model_type") or type(self.model).__name__
        return f"{type(self).__name__}({str(self.directory)!r}, model_type={model!r}, digest={self.digest[:12]!r})"

    def _repr_html_(self) -> str:
        keys = ("model_type", "backend", "metrics")
        rows: dict[str, object] = {"directory": self.directory, "digest": self.digest}
        rows |= {key: self.model_data[key] for key in keys if key in self.model_data}
        return object_table(type(self).__name__, rows)

    @property
    def text_columns(self) -> list[str]:
        """The columns to read as text from a file, even if they look like numbers."""
        if self.preprocessor is not None and hasattr(self.preprocessor, "columns_"):
            return [column.name for column in self.preprocessor.columns_ if column.text]
        columns = (self.metadata.get("schema") or {}).get("columns") or ()
        return [column["name"] for column in columns if column.get("type") == "text"]


def load_directory(
    path: str | Path,
    *,
    expected_digest: str | None = None,
    allow_unverified: bool = False,
    allow_version_mismatch: bool = False,
) -> LoadedDeployment:
    """Verify and load a deployment directory.

    Parameters
    ----------
    path : str or path
        The directory, wherever it is mounted.
    expected_digest : str, optional
        The SHA-256 that `SHA256SUMS` itself must have, in hexadecimal digits.
    allow_unverified : bool, default False
        Load a directory without `SHA256SUMS`, such as one of release 0.4. A mismatch is still an error.
    allow_version_mismatch : bool, default False
        Load a model that was pickled by another minor version of scikit-learn. It may fail or predict other values.

    Returns
    -------
    LoadedDeployment

    Raises
    ------
    IntegrityError
        `DigestMismatch` if a file is missing, changed or not listed; `VersionMismatch` if the model was pickled by
        another minor version of scikit-learn; `LoadFailed` for any other failure.

    Examples
    --------
    >>> from easy_mlops.deployment import ModelDeployer, load_directory
    >>> from easy_mlops.training import ModelTrainer
    >>> from sklearn.datasets import load_iris
    >>> trainer = ModelTrainer({"model_type": "logistic_regression", "cv_folds": 0})
    >>> results = trainer.train(*load_iris(return_X_y=True, as_frame=True))
    >>> artifacts = ModelDeployer().deploy(trainer, None, results)
    >>> load_directory(artifacts["deployment_dir"]).model_data["model_type"]
    'logistic_regression'
    """
    directory = Path(path)
    with ExitStack() as stack:
        files = VerifiedFiles(directory, expected_digest, allow_unverified, stack)
        names, metadata = files.describe()
        model_file = files.take(names.model)
        preprocessor_file = files.take(names.preprocessor) if names.preprocessor else None
        files.verify_rest()
        if not allow_version_mismatch:
            _check_versions(directory, metadata)
        _use_plugins(files, names)
        model_data = _unpickle(model_file, directory / names.model)
        preprocessor = None
        if preprocessor_file is not None and names.preprocessor:
            preprocessor = _unpickle(preprocessor_file, directory / names.preprocessor)
    if not isinstance(model_data, Mapping) or "model" not in model_data:
        message = f"{directory / names.model} holds no model: it must be a mapping with a 'model'"
        raise IntegrityError("LoadFailed", message)
    return LoadedDeployment(model_data["model"], model_data, preprocessor, metadata, files.digest, directory)


def use_own_plugins(path: str | Path) -> Imported:
    """Import the plugins of a deployment directory, each compared with SHA256SUMS before it runs.

    Returns their steps and files. Raises `IntegrityError`.
    """
    with ExitStack() as stack:
        files = VerifiedFiles(Path(path), None, True, stack)
        return _use_plugins(files, files.describe()[0])


def _use_plugins(files: VerifiedFiles, names: ArtifactNames) -> Imported:
    """Import the plugins in a directory, and those that are installed packages."""
    pinned = [
        plugin.model_copy(update={"sha256": digest})
        if (digest := files.digest_listed(f"{PLUGINS_DIRECTORY}/{plugin.file_name}"))
        else plugin
        for plugin in names.plugins
    ]
    try:
        return use_plugins(pinned, [files.directory / PLUGINS_DIRECTORY])
    except ConfigError as error:
        raise IntegrityError("LoadFailed", f"{files.directory}: {error}") from error


def _check_versions(directory: Path, metadata: Mapping[str, Any]) -> None:
    recorded = str((metadata.get("versions") or {}).get("scikit-learn", ""))
    installed = version("scikit-learn")
    if recorded and recorded.split(".")[:2] != installed.split(".")[:2]:
        message = (
            f"{directory} was made by scikit-learn {recorded}, here is {installed}: their pickles differ; "
            "allow_version_mismatch (--allow-version-mismatch, serving.allowVersionMismatch) loads it anyway"
        )
        raise IntegrityError("VersionMismatch", message)


def _unpickle(stream: Any, path: Path) -> Any:
    try:
        return joblib.load(stream)
    except Exception as error:  # unpickling runs user code, which may raise anything
        raise IntegrityError("LoadFailed", f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
