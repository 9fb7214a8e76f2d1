"""Runs a Python program on a cluster of its own, which is removed afterwards unless KEEP_CLUSTER=1.

    python hack/run_on_cluster.py -m pytest tests/api tests/e2e
    python hack/run_on_cluster.py tests/bench/apply_to_ready.py

Builds and loads the images, installs the operator, and hands KUBECONFIG, OPERATOR_IMAGE and RUNTIME_IMAGE on.
When the program fails, the cluster's logs are exported first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import images
import install
import kubernetes_env

ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "make-mlops-easy-test"
NODES = 3


def main(arguments: list[str]) -> int:
    keep = os.environ.get("KEEP_CLUSTER") == "1"
    try:
        kubernetes_env.cluster("up", "--name", CLUSTER, "--nodes", str(NODES))
        kubernetes_env.use(CLUSTER)
        names = images.build(images.base_image())
        os.environ.update(names)
        kubernetes_env.load(CLUSTER, list(names.values()))
        install.up()
        code = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode
        if code:
            logs = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy" / "logs"
            kubernetes_env.cluster("logs", str(logs), "--name", CLUSTER)
            print(f"the cluster's logs are in {logs}", file=sys.stderr)
        return code
    finally:
        if not keep:
            kubernetes_env.cluster("down", "--name", CLUSTER, "--engine")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
