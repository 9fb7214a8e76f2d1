"""Rules for `data`."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.data import DataSource, parse_uri
from easy_mlops.config.errors import Problem


def check_data(source: DataSource | None, where: str, cluster: Cluster | None) -> Iterator[Problem]:
    """A pod does not have the files of the machine on which a resource was written."""
    if cluster is not None and source is not None and parse_uri(source.uri).scheme == "file":
        message = (
            f"file:// only works without a cluster, got {source.uri!r}; use configmap://name/key or pvc://claim/path"
        )
        yield Problem(f"{where}.uri", "InvalidValue", message)
