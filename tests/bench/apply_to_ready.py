"""Time from `kubectl apply` to Ready, compared with the same two pods applied manually, in turn on one cluster.

    python tests/bench/apply_to_ready.py [ROUNDS]

Needs a cluster with the operator and its images in it (`make bench-cluster` gets one). By hand means: the claim,
then the training pod; when that has ended, the scoring pod, until it is Ready. The pods' specs are those of the
operator's own Job and Deployment, so the difference is what the operator costs.
"""

from __future__ import annotations

import copy
import json
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hack"))

from kube import Namespace, Object, is_true, kubectl, model_deployment

LIMIT_SECONDS = 30.0
LIMIT_RATIO = 1.5
NAME = "bench"


def main(rounds: int) -> int:
    operator, by_hand = [], []
    for _ in range(rounds):
        name = f"bench-{random.randrange(16**5):05x}"
        kubectl("create", "namespace", name)
        try:
            namespace = Namespace(name)
            operator.append(by_operator(namespace))
            job = namespace.list("jobs")[0]["spec"]["template"]["spec"]
            server = namespace.get("deployment", NAME)["spec"]["template"]["spec"]
            namespace.kubectl("delete", "md", NAME)
            by_hand.append(time_by_hand(namespace, job, server))
        finally:
            kubectl("delete", "namespace", name, "--wait=false")
        print(f"  operator {operator[-1]:6.2f} s   by hand {by_hand[-1]:6.2f} s", flush=True)
    ratio = statistics.median(a / b for a, b in zip(operator, by_hand, strict=True))
    print(f"apply → Ready: median {statistics.median(operator):.2f} s (goal ≤ {LIMIT_SECONDS:.0f} s)")
    print(f"the same two pods by hand: median {statistics.median(by_hand):.2f} s")
    print(f"ratio {ratio:.2f} (goal ≤ {LIMIT_RATIO})")
    return 0 if ratio <= LIMIT_RATIO and statistics.median(operator) <= LIMIT_SECONDS else 1


def by_operator(namespace: Namespace) -> float:
    started = time.monotonic()
    namespace.apply(model_deployment(NAME))
    namespace.wait("md", NAME, is_true("Ready"), seconds=180, what="Ready")
    return time.monotonic() - started


def time_by_hand(namespace: Namespace, job: Object, server: Object) -> float:
    claim = "by-hand"
    config = next(v["configMap"]["name"] for v in job["volumes"] if v.get("configMap"))
    text = kubectl_config(namespace, config, job)
    started = time.monotonic()
    namespace.apply(claim_of(claim), text, pod("train", job, claim))
    done = namespace.wait("pod", "train", lambda o: o["status"].get("phase") == "Succeeded", seconds=180)
    result = json.loads(done["status"]["containerStatuses"][0]["state"]["terminated"]["message"])
    namespace.apply(pod("serve", with_result(server, result), claim))
    namespace.wait("pod", "serve", pod_is_ready, seconds=180)
    return time.monotonic() - started


def kubectl_config(namespace: Namespace, name: str, job: Object) -> Object:
    """A copy of the run's ConfigMap: the operator's is deleted with its resource."""
    run = model_deployment(NAME)
    for volume in job["volumes"]:
        if volume.get("configMap"):
            volume["configMap"]["name"] = f"{name}-by-hand"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-by-hand"},
        "data": {"modeldeployment.yaml": json.dumps(run)},
    }


def claim_of(name: str) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def pod(name: str, template: Object, claim: str) -> Object:
    spec = copy.deepcopy(template)
    spec.pop("affinity", None)
    for volume in spec["volumes"]:
        if "persistentVolumeClaim" in volume:
            volume["persistentVolumeClaim"]["claimName"] = claim
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"by": "hand"}}, "spec": spec}


def with_result(server: Object, result: Object) -> Object:
    """The scoring pod's spec with another deployment directory and digest."""
    old = next(m["subPath"] for m in server["containers"][0]["volumeMounts"] if m["mountPath"] == "/model")
    arguments = server["containers"][0].get("args") or server["containers"][0]["command"]
    digest = arguments[arguments.index("--digest") + 1]
    text = json.dumps(server).replace(old, result["directory"]).replace(digest, result["digest"])
    changed: Object = json.loads(text)
    return changed


def pod_is_ready(found: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in found["status"].get("conditions", []))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
