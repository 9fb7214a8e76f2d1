"""Counts the operator's writes while nothing changes, from the API server's audit log.

Leases are counted apart: where two replicas run, their leader renews its own every two seconds.

    python tests/bench/quiet_operator.py [MINUTES]

Needs a kind cluster with the operator in it and converged resources (`make bench-quiet` makes three and waits).
"""

from __future__ import annotations

import collections
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hack"))

from kube import Namespace, kubectl, model_deployment, ready

OPERATOR = "system:serviceaccount:easy-mlops-system:easy-mlops-operator"
WRITES = {"create", "update", "patch", "delete", "deletecollection"}
AUDIT_LOG = "/var/log/kubernetes/audit.log"
RESOURCES = 3
SETTLE_SECONDS = 30.0


def main(minutes: float) -> int:
    namespace = Namespace(f"quiet-{random.randrange(16**5):05x}")
    kubectl("create", "namespace", namespace.name)
    try:
        names = [f"quiet-{index}" for index in range(RESOURCES)]
        namespace.apply(*(model_deployment(name) for name in names))
        for name in names:
            ready(namespace, name)
        time.sleep(SETTLE_SECONDS)
        since = datetime.now(UTC)
        for minute in range(max(1, round(minutes))):
            time.sleep(60 * minutes / max(1, round(minutes)))
            print(f"  … {minute + 1} min", flush=True)
        requests = collections.Counter(requests_since(since))
        writes = sum(count for (verb, kind), count in requests.items() if verb in WRITES and kind != "leases")
        renewals = sum(count for (verb, kind), count in requests.items() if verb in WRITES and kind == "leases")
        every = collections.Counter(verb for verb, _ in requests.elements())
        print(f"{RESOURCES} converged resources, {minutes:g} min: {writes} writes, and {renewals} of leases")
        print(f"all requests: {dict(every)}")
        return 0 if writes == 0 else 1
    finally:
        kubectl("delete", "namespace", namespace.name, "--wait=false")


def requests_since(since: datetime) -> Iterator[tuple[str, str]]:
    """Verb and kind of the operator's requests in the audit log."""
    node = kubectl("get", "nodes", "-l", "node-role.kubernetes.io/control-plane", "-o", "name").strip().split("/")[-1]
    log = subprocess.run(["docker", "exec", node, "cat", AUDIT_LOG], capture_output=True, text=True, check=True).stdout
    for line in log.splitlines():
        if OPERATOR in line:
            entry = json.loads(line)
            if datetime.fromisoformat(entry["requestReceivedTimestamp"]) >= since:
                yield entry["verb"], entry.get("objectRef", {}).get("resource", "")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
