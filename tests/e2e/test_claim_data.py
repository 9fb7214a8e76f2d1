"""Training data on a claim of its own, as Parquet."""

from __future__ import annotations

from claim_pod import claim_pod
from kube import Namespace, model_deployment, ready

WRITE = (
    "from sklearn.datasets import load_diabetes; from pathlib import Path; Path('/data/2026').mkdir(); "
    "load_diabetes(as_frame=True).frame.to_parquet('/data/2026/diabetes.parquet')"
)


def test_a_parquet_file_on_a_claim_is_trained_on(namespace: Namespace) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "datasets"}, "spec": spec}
    namespace.apply(claim, claim_pod("writer", "datasets", WRITE))
    namespace.wait("pod", "writer", lambda o: o["status"].get("phase") == "Succeeded", seconds=120, what="done")
    data = {"uri": "pvc://datasets/2026/diabetes.parquet", "target": "target"}
    namespace.apply(model_deployment("diabetes", data=data, training={"model_type": "linear_regression"}))
    status = ready(namespace, "diabetes")["status"]
    assert float(status["revisions"][0]["metrics"]["r2_score"]) > 0.2
