"""The `data:` section: where the training data is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from easy_mlops.config.base import Section

Scheme = Literal["configmap", "pvc", "file", "sklearn"]
SKLEARN_DATASETS: Final = ("breast_cancer", "diabetes", "wine")
_NAME: Final = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_FORMS: Final = "configmap://name/key, pvc://claim/path, file://path, sklearn://breast_cancer|diabetes|wine"


@dataclass(frozen=True)
class DataUri:
    """A parsed URI. `name` is the ConfigMap, claim or data set; `path` is the key, or the path inside the claim."""

    scheme: Scheme
    name: str
    path: str = ""


def parse_uri(uri: str) -> DataUri:
    """Parse a data URI. Raises `ValueError` naming what is allowed.

    >>> parse_uri("pvc://datasets/2026/churn.parquet")
    DataUri(scheme='pvc', name='datasets', path='2026/churn.parquet')
    """
    scheme, separator, rest = uri.partition("://")
    name, _, path = rest.partition("/")
    if separator and scheme == "sklearn" and name in SKLEARN_DATASETS and not path:
        return DataUri("sklearn", name)
    if separator and scheme == "file" and rest:
        return DataUri("file", "", rest)
    if separator and scheme == "configmap" and re.fullmatch(_NAME, name) and re.fullmatch(r"[-._a-zA-Z0-9]+", path):
        if path != "." and not path.startswith(".."):
            return DataUri("configmap", name, path)
        raise ValueError(f"names the key {path!r}: a ConfigMap has no key '.' and none that begins with '..'")
    if separator and scheme == "pvc" and re.fullmatch(_NAME, name) and path and _inside(path):
        return DataUri("pvc", name, path)
    raise ValueError(f"is not a data URI: {uri[:200]!r}; allowed are {_FORMS}")


def _inside(path: str) -> bool:
    return all(part not in {"", ".", ".."} for part in path.split("/")) and "\x00" not in path


def _uri(value: str) -> str:
    parse_uri(value)
    return value


class DataSource(Section):
    """A table to train on."""

    uri: Annotated[str, AfterValidator(_uri), Field(max_length=1024)] = Field(
        description=f"Where the table is: {_FORMS}. file:// only works without a cluster; "
        "relative paths are relative to the folder of the YAML file."
    )
    target: str | None = Field(
        default=None, min_length=1, max_length=253, description="Column to predict. Defaults to the last column."
    )
    format: Literal["csv", "parquet"] | None = Field(
        default=None, description="Format of the file. Defaults to the file's extension, or csv if that is neither."
    )
