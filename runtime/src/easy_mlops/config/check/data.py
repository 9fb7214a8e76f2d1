"""Rules for `data`."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.data import DataSource, parse_uri
from easy_mlops.config.errors import Problem


def check_cluster_data(source: DataSource, where: str) -> Iterator[Problem]:
    """A pod has no access to files of the machine on which the file was written."""
    if parse_uri(source.uri).scheme == "file":
        message = (
            f"file:// only works without a cluster, got {source.uri!r}; use configmap://name/key or pvc://claim/path"
        )
        yield Problem(f"{where}.uri", "InvalidValue", message)
