"""From a model that was trained elsewhere to a verified deployment directory, such as training makes one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from easy_mlops.config.full import Config
from easy_mlops.contract import LOGS_DIRECTORY
from easy_mlops.deployment import ModelDeployer
from easy_mlops.inference.loading import LoadError, load
from easy_mlops.observability import ModelMonitor
from easy_mlops.pipeline.importing.model_file import ForeignModel, Sample, read_model, sample_of, with_names
from easy_mlops.pipeline.tracker import StepTracker
from easy_mlops.pipeline.validation import shortened
from easy_mlops.preprocessing import DataError
from easy_mlops.preprocessing.table import read_table

VERIFIED_ROWS: Final = 2000
"""Rows of the sample that are scored before and after, at most."""
_CLOSE: Final = 1e-12
"""Largest relative difference of two numbers for one row: a batch may sum in another order."""
_SECTIONS: Final = ("deployment", "observability", "plugins")
"""What a configuration says of a model that is trained already."""


@dataclass(frozen=True)
class Published:
    """A published directory; `columns` as in its metadata's schema, `rows` how many were scored to verify it."""

    directory: str
    digest: str
    model_type: str
    model_version: str
    columns: list[dict[str, Any]]
    rows: int


def publish(
    config: Config,
    model_path: str | Path,
    sample_path: str | Path,
    tracker: StepTracker,
    *,
    output_dir: str | Path | None = None,
    sha256: str | None = None,
    allow_version_mismatch: bool = False,
) -> Published:
    """Make a deployment directory of a fitted scikit-learn estimator or pipeline in a joblib or pickle file.

    The rows of the sample define the columns, their types, and the reference for later rows. They are scored by the
    model and by the model loaded from the finished directory, as a service loads it; the directory is published, in
    `output_dir` or where the configuration says, only if both agree.

    Raises `DataError` for a sample or model that does not fit and for a loaded model that answers something else,
    `IntegrityError` as `read_model`.
    """
    with tracker.step("load") as note:
        found = read_model(model_path, sha256=sha256, allow_version_mismatch=allow_version_mismatch)
        note.add(f"{found.model_type}, SHA-256 {found.sha256}")
    found, sample, expected = _with_sample(found, sample_path, tracker)
    snapshot = {name: value for name, value in config.snapshot().items() if name in _SECTIONS}
    deployer = ModelDeployer(config.deployment, snapshot=snapshot, plugins=config.imported)
    source = {"file": Path(model_path).name, "sha256": found.sha256}
    model = {"model_type": found.model_type, "is_classifier": found.is_classifier, "backend": "sklearn"}
    artifacts = deployer.deploy(
        found,
        None,
        {**model, "metrics": {}, "source": source},
        output_dir=output_dir,
        description=sample,
        tracker=tracker,
        before_publish=lambda directory: _begin_logs(config, directory),
        verify=lambda directory: _verify(directory, sample, expected),
    )
    return Published(
        directory=artifacts["deployment_dir"],
        digest=str(deployer.deployment_info["digest"]),
        model_type=found.model_type,
        model_version=config.deployment.version,
        columns=list(sample.schema_["columns"]),
        rows=len(expected["predictions"]),
    )


def _with_sample(
    found: ForeignModel, path: str | Path, tracker: StepTracker
) -> tuple[ForeignModel, Sample, Mapping[str, Any]]:
    """The model with the names of its columns, the sample, and the model's predictions for it. Raises `DataError`."""
    with tracker.step("sample") as note:
        table = read_table(path)
        model, columns = with_names(found.model, table)
        sample = sample_of(table[columns])
        expected = _answers(model, sample, path)
        note.add(f"{len(table)} rows of {len(columns)} columns")
        if others := [name for name in table.columns if name not in columns]:
            note.add(f"not taken by the model: {shortened(others)}")
    return replace(found, model=model), sample, expected


def _begin_logs(config: Config, directory: Path) -> None:
    ModelMonitor(config.observability, plugins=config.imported).save_logs(directory / LOGS_DIRECTORY)


def _answers(model: Any, sample: Sample, shown: str | Path) -> Mapping[str, Any]:
    """What the model says to the sample before it is published. Raises `DataError`."""
    inputs = sample.frame.head(VERIFIED_ROWS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they concern the training of the model
            probabilities = model.predict_proba(inputs) if hasattr(model, "predict_proba") else None
            return {"predictions": np.asarray(model.predict(inputs)), "probabilities": probabilities}
    except Exception as error:  # the model is foreign code, which may raise anything
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise DataError(f"the model cannot score the rows of {shown}: {reason}") from error


def _verify(directory: Path, sample: Sample, expected: Mapping[str, Any]) -> None:
    """Score the sample by the finished directory. Raises `DataError`."""
    try:
        outputs = load(directory, digest=None, name="model").engine.predict(sample.rows()[:VERIFIED_ROWS])
    except LoadError as error:
        raise DataError(error.failure.message.removeprefix(f"{directory}: ")) from error
    if refused := sorted(outputs.errors):
        message = f"a service would not score row {refused[0]} of the sample: {outputs.errors[refused[0]]}"
        raise DataError(message)
    for kind, values in (("predictions", outputs.predictions), ("probabilities", outputs.probabilities)):
        wanted = expected[kind]
        if wanted is None or values is None:
            continue
        got = np.asarray(values)
        same = got.shape == wanted.shape and (
            np.isclose(got, wanted, rtol=_CLOSE, atol=0.0) if wanted.dtype.kind == "f" else got == wanted
        )
        if not np.all(same):
            row = int(np.argwhere(~np.asarray(same))[0][0]) if np.ndim(same) else 0
            message = f"row {row} of the sample is answered with {got[row]}, with {wanted[row]} before"
            raise DataError(f"a service would give other {kind}: {message}")
