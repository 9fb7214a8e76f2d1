"""Deployment directories for tests of what reads them, written without the code that usually writes them."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import yaml
from easy_mlops.deployment.deployer import write_sums


def write_deployment(
    directory: Path,
    model: Any,
    frame: pd.DataFrame,
    *,
    target: str = "target",
    model_version: str = "1.0.0",
    observability: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> str:
    """A directory with a fitted `model` that takes the columns of `frame`; its digest."""
    directory.mkdir(parents=True)
    (directory / "logs").mkdir()
    joblib.dump({"model": model, "model_type": type(model).__name__}, directory / "model.joblib")
    columns = [_column(name, frame[name]) for name in frame.columns]
    canonical = json.dumps([[c["name"], c["type"], c["nullable"]] for c in columns], separators=(",", ":"))
    document = {
        "files": {"model": "model.joblib", "preprocessor": None, "endpoint": None, "config": "config.yaml"},
        "version": model_version,
        "status": "deployed",
        "versions": {"scikit-learn": version("scikit-learn")},
        "schema": {"columns": columns, "target": target, "hash": hashlib.sha256(canonical.encode()).hexdigest()},
        **(metadata or {}),
    }
    (directory / "metadata.json").write_text(json.dumps(document))
    (directory / "config.yaml").write_text(yaml.safe_dump({"observability": observability or {}}))
    return write_sums(directory)


def prediction_records(directory: Path) -> list[dict[str, Any]]:
    """The prediction log of a directory."""
    files = sorted((directory / "logs" / "predictions").rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def _column(name: str, values: pd.Series[Any]) -> dict[str, Any]:
    present = values.dropna()
    column: dict[str, Any] = {"name": name, "nullable": bool(values.isna().any())}
    if pd.api.types.is_bool_dtype(values) or (len(present) and all(isinstance(v, bool) for v in present)):
        return {**column, "type": "boolean"}
    if pd.api.types.is_numeric_dtype(values):
        integers = bool((present % 1 == 0).all())
        bounds = {"min": float(present.min()), "max": float(present.max())}
        return {**column, "type": "integer" if integers else "number", **bounds}
    return {**column, "type": "text", "categories": sorted(map(str, present.unique()))[:1000]}
