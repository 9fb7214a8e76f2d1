"""Talks to the API server cheaply: a kubectl process for every look takes a tenth of a second of CPU.

`kubectl proxy` signs in as kubectl does, so any kubeconfig will do; there is one for each process of the tests.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from functools import cache
from typing import Any

API_OF = {
    "modeldeployments": "apis/easymlops.dev/v1alpha1",
    "configmaps": "api/v1",
    "persistentvolumeclaims": "api/v1",
    "pods": "api/v1",
    "resourcequotas": "api/v1",
    "serviceaccounts": "api/v1",
    "services": "api/v1",
    "deployments": "apis/apps/v1",
    "jobs": "apis/batch/v1",
    "horizontalpodautoscalers": "apis/autoscaling/v2",
    "endpointslices": "apis/discovery.k8s.io/v1",
    "leases": "apis/coordination.k8s.io/v1",
    "networkpolicies": "apis/networking.k8s.io/v1",
    "poddisruptionbudgets": "apis/policy/v1",
    "gitrepositories": "apis/source.toolkit.fluxcd.io/v1",
    "kustomizations": "apis/kustomize.toolkit.fluxcd.io/v1",
}
OTHER_NAMES = {
    "gitrepository": "gitrepositories",
    "networkpolicy": "networkpolicies",
    "hpa": "horizontalpodautoscalers",
    "md": "modeldeployments",
    "pdb": "poddisruptionbudgets",
    "pvc": "persistentvolumeclaims",
}


def read(namespace: str, kind: str, name: str = "", selector: str = "") -> dict[str, Any] | None:
    """The object of that name, or the list of all that the label selector picks; None when there is none.

    `kind` is written as for kubectl: plural, singular or short. Raises `urllib.error.URLError`.
    """
    query = f"?{urllib.parse.urlencode({'labelSelector': selector})}" if selector else ""
    try:
        return _answer(urllib.request.Request(_url(namespace, kind, name) + query))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def patch_status(namespace: str, kind: str, name: str, status: dict[str, Any]) -> None:
    """Merge into the status of an object, as whoever is in charge of it does. Raises `urllib.error.URLError`."""
    headers = {"Content-Type": "application/merge-patch+json"}
    url = f"{_url(namespace, kind, name)}/status"
    _answer(urllib.request.Request(url, json.dumps({"status": status}).encode(), headers, method="PATCH"))


def put(namespace: str, kind: str, obj: dict[str, Any]) -> None:
    """Apply an object on the server's side. Raises `urllib.error.URLError`."""
    headers = {"Content-Type": "application/apply-patch+yaml"}
    url = f"{_url(namespace, kind, obj['metadata']['name'])}?fieldManager=tests&force=true"
    _answer(urllib.request.Request(url, json.dumps(obj).encode(), headers, method="PATCH"))


def _url(namespace: str, kind: str, name: str) -> str:
    resource = OTHER_NAMES.get(kind) or (kind if kind in API_OF else f"{kind}s")
    return f"{_proxy()}/{API_OF[resource]}/namespaces/{namespace}/{resource}" + (f"/{name}" if name else "")


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@cache
def _proxy() -> str:
    """The address of this process's own `kubectl proxy`, which ends with it."""
    process = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
    atexit.register(process.wait)
    atexit.register(process.terminate)
    assert process.stdout is not None
    line = process.stdout.readline()
    match = re.search(r"127\.0\.0\.1:\d+", line)
    assert match, f"kubectl proxy: {line.strip()}"
    return f"http://{match[0]}"
