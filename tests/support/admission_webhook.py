"""A mutating admission webhook in the test's process, registered for one namespace."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kube import Object, kubectl
from nodes import this_machine


@contextmanager
def mutating_webhook(
    namespace: str, group: str, resource: str, mutate: Callable[[Object], list[Object]]
) -> Iterator[list[str]]:
    """Answer each write with the JSON patch that `mutate` makes of the object; who wrote is in the list."""
    calls: list[str] = []
    name = f"test-{namespace}"
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = _certificate(Path(folder))
        server = _server(certificate, key, mutate, calls)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"https://{this_machine()}:{server.server_port}/"
            configuration = _configuration(name, namespace, group, resource, url, certificate.read_bytes())
            kubectl("apply", "-f", "-", stdin=json.dumps(configuration))
            yield calls
        finally:
            kubectl("delete", "mutatingwebhookconfiguration", name, check=False)
            server.shutdown()
            server.server_close()
            thread.join()


def _configuration(name: str, namespace: str, group: str, resource: str, url: str, certificate: bytes) -> Object:
    rule = {"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "test.easymlops.dev",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 5,
                "clientConfig": {"url": url, "caBundle": base64.b64encode(certificate).decode()},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [rule],
            }
        ],
    }


def _server(
    certificate: Path, key: Path, mutate: Callable[[Object], list[Object]], calls: list[str]
) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
            calls.append(request["userInfo"]["username"])
            patch = base64.b64encode(json.dumps(mutate(request["object"])).encode()).decode()
            response = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": patch}
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
            body = json.dumps(review).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((this_machine(), 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine's address that signs itself, and its key."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    names = ["-addext", f"subjectAltName=IP:{this_machine()}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return certificate, key
