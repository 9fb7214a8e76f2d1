"""Loads a deployment directory and scores one row with its model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from easy_mlops.config.errors import ConfigError
from easy_mlops.config.observability import ObservabilitySection, logs_predictions
from easy_mlops.contract import CONFIG_FILE, LoadFailure, LoadReason
from easy_mlops.inference.answer import ModelInfo
from easy_mlops.inference.engine import Engine
from easy_mlops.inference.schema import Schema, SchemaError
from easy_mlops.monitoring.bins import ColumnReference, references

if TYPE_CHECKING:
    from easy_mlops.deployment.load import LoadedDeployment


class LoadError(Exception):
    """A directory cannot be served; `failure` is reported to the operator."""

    def __init__(self, reason: LoadReason, message: str) -> None:
        super().__init__(message)
        self.failure = LoadFailure(reason, message)


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to score. `log_predictions` is whether to log predictions.

    `references` are the distributions of the columns in training; empty if the metadata has none.
    """

    model: ModelInfo
    schema: Schema
    engine: Engine
    directory: Path
    log_predictions: bool
    seconds: float
    references: tuple[ColumnReference, ...] = ()


def load(
    directory: str | Path,
    *,
    digest: str | None,
    name: str,
    log_predictions: bool | None = None,
    allow_unverified: bool = False,
    allow_version_mismatch: bool = False,
) -> Loaded:
    """Verify and load a directory and score one row with it. Raises `LoadError`.

    If `log_predictions` is None, the deployment's own configuration decides.

    This takes seconds, mostly to import scikit-learn and pandas. They are imported here, in a thread, because the
    server must already answer liveness probes.
    """
    start = time.monotonic()
    from easy_mlops.deployment.errors import IntegrityError
    from easy_mlops.deployment.load import load_directory

    try:
        deployment = load_directory(
            directory,
            expected_digest=digest,
            allow_unverified=allow_unverified,
            allow_version_mismatch=allow_version_mismatch,
        )
        schema = recorded_schema(deployment) or Schema.from_metadata(None)
        if log_predictions is None:
            log_predictions = configured_logging(deployment.directory / CONFIG_FILE)
    except IntegrityError as error:
        raise LoadError(error.reason, str(error)) from error
    except (SchemaError, ConfigError) as error:
        raise LoadError("LoadFailed", f"{directory}: {error}") from error
    engine = _tested_engine(deployment.model, deployment.preprocessor, schema, directory)
    model = ModelInfo(
        name=name,
        version=str(deployment.metadata.get("version", "")),
        digest=deployment.digest,
        tier=engine.tier,
        classes=engine.classes,
        probabilistic=engine.probabilistic,
        datatype=engine.datatype,
    )
    known = references(deployment.metadata)
    return Loaded(model, schema, engine, deployment.directory, log_predictions, time.monotonic() - start, known)


def _tested_engine(model: Any, preprocessor: Any, schema: Schema, directory: str | Path) -> Engine:
    """An engine that has scored one row. Raises `LoadError`."""
    from easy_mlops.inference.sklearn_engine import SklearnEngine

    try:
        engine = SklearnEngine(model, preprocessor, schema)
        outputs = engine.predict([schema.example()])
        if outputs.errors:
            raise outputs.errors[0]
    except Exception as error:  # the model is user code, which may raise anything
        message = f"{directory}: the model cannot score a row: {error or type(error).__name__}"
        raise LoadError("LoadFailed", message) from error
    return engine


def recorded_schema(deployment: LoadedDeployment) -> Schema | None:
    """The schema of a deployment's metadata or of its preprocessor, None without one. Raises `SchemaError`."""
    recorded = deployment.metadata.get("schema") or getattr(deployment.preprocessor, "schema_", None)
    return Schema.from_metadata(recorded) if recorded else None


def configured_logging(snapshot: Path) -> bool:
    """Whether a deployment's own configuration enables prediction logging. Raises `ConfigError`."""
    try:
        raw = yaml.safe_load(snapshot.read_bytes())
    except FileNotFoundError:
        raw = None
    section = raw.get("observability") if isinstance(raw, Mapping) else None
    return logs_predictions(ObservabilitySection.parse(section, "observability"))
