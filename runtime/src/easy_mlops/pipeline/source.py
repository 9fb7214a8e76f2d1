"""Loads the table of `data.uri`: from mounts in the Job, from files on a laptop, from scikit-learn anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from easy_mlops.config.data import DataSource, DataUri, parse_uri
from easy_mlops.contract import DATA_ROOT_ENV, mounted_data
from easy_mlops.preprocessing import TableError
from easy_mlops.preprocessing.table import read_table

LOCATION: Final = "data.uri"


def load_table(source: DataSource, base: Path, environment: Mapping[str, str] = os.environ) -> pd.DataFrame:
    """Load the table of a source; a relative `file://` path starts at `base`. Raises `TableError`."""
    uri = parse_uri(source.uri)
    try:
        if uri.scheme == "sklearn":
            return _bundled(uri.name)
        return read_table(_path_of(uri, source.uri, base, environment), source.format, name=source.uri)
    except TableError as error:
        raise TableError(str(error), location=LOCATION) from error.__cause__


def _path_of(uri: DataUri, shown: str, base: Path, environment: Mapping[str, str]) -> Path:
    if uri.scheme == "file":
        return base / uri.path
    root = environment.get(DATA_ROOT_ENV)
    if not root:
        message = (
            f"{shown} is only available in a cluster; elsewhere use file://path, "
            f"or set {DATA_ROOT_ENV} to the directory with {uri.scheme}/{uri.name}/{uri.path}"
        )
        raise TableError(message)
    return Path(mounted_data(root, uri.scheme, uri.name), uri.path)


def _bundled(name: str) -> pd.DataFrame:
    from sklearn import datasets

    load: Any = getattr(datasets, f"load_{name}")
    frame: pd.DataFrame = load(as_frame=True).frame
    return frame
