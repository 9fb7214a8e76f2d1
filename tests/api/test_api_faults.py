"""The operator tolerates an API server that fails or refuses: no request storm, no loss, and a condition."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from fault_proxy import HOLD, FaultProxy
from kube import Namespace, condition, has_reason, is_true, kubectl
from operator_process import Launcher
from stand_in import Kubelet, driven


def test_retries_slow_down_while_writes_fail(namespace: Namespace, launcher: Launcher, proxy: FaultProxy) -> None:
    proxy.judge = lambda method, path: 500 if method == "PATCH" else 0
    launcher.start(server=proxy.url)
    namespace.apply(driven("churn"))
    time.sleep(8)
    times = [at for at, _, path, _ in proxy.writes() if not path.endswith("/status")]
    # Delays double from 5 ms, so eight seconds hold some ten tries, and half of all time passes before the last;
    # less on a busy machine, but never as little as between tries at equal distances.
    assert 6 <= len(times) <= 14
    assert times[-1] - times[-2] > (times[-1] - times[0]) / 5
    proxy.judge = lambda method, path: 0
    Kubelet(namespace, "churn").wait_pod("pipeline", seconds=30)


def test_an_unresponsive_api_server_is_waited_for(namespace: Namespace, launcher: Launcher, proxy: FaultProxy) -> None:
    operator = launcher.start(server=proxy.url)
    proxy.judge = lambda method, path: 503
    time.sleep(3)
    namespace.apply(driven("churn"))
    time.sleep(3)
    assert operator.get("/livez")[0] == 200
    proxy.judge = lambda method, path: 0
    Kubelet(namespace, "churn").wait_pod("pipeline", seconds=60)


def test_a_refused_write_stalls_until_it_is_allowed(namespace: Namespace, launcher: Launcher) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"count/jobs.batch": "0"}},
    }
    namespace.apply(quota)
    namespace.wait("resourcequota", "none", lambda o: "hard" in o.get("status", {}), seconds=10)
    operator = launcher.start()
    namespace.apply(driven("churn"))
    resource = namespace.wait("md", "churn", has_reason("PipelineSucceeded", "Refused"), seconds=10)
    stalled = condition(resource, "Stalled")
    assert stalled["reason"] == "Refused"
    assert "exceeded quota: none" in stalled["message"]
    assert "revisions" not in resource["status"]
    time.sleep(5)
    # One try, and one more for what the other children's events bring; then the pause.
    assert operator.metric("easymlops_reconcile_total", result="refused") <= 3
    assert "exceeded quota: none" in namespace.kubectl("describe", "md", "churn").partition("Events:")[2]
    namespace.kubectl("delete", "resourcequota", "none")
    namespace.wait("md", "churn", lambda o: not condition(o, "Stalled"), seconds=60)
    assert len(namespace.list("jobs")) == 1


@pytest.fixture
def deaf_webhook(namespace: Namespace) -> Iterator[str]:
    """A webhook for the Services of the namespace that never responds; its name."""
    own = f"deaf-{namespace.name}"
    webhook = {
        "name": "deaf.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": own},
        "webhooks": [webhook],
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(configuration))
    try:
        yield own
    finally:
        kubectl("delete", "validatingwebhookconfiguration", own, "--ignore-not-found")


def test_a_write_that_keeps_failing_is_reported(namespace: Namespace, launcher: Launcher, deaf_webhook: str) -> None:
    """The API server answers 500 then, which may be over in a moment, or may last: the status would tell of the run."""
    launcher.start()
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    kubelet.succeed(kubelet.wait_pod("pipeline"))
    resource = namespace.wait("md", "churn", has_reason("Stalled", "Refused"), seconds=60)
    assert condition(resource, "PipelineSucceeded")["status"] == "True"
    assert "apply Service/churn: " in condition(resource, "Ready")["message"]
    assert 'failed calling webhook "deaf.example.com"' in condition(resource, "Ready")["message"]
    kubectl("delete", "validatingwebhookconfiguration", deaf_webhook)
    namespace.wait("md", "churn", lambda o: not condition(o, "Stalled"), seconds=90)
    assert namespace.get("service", "churn")["spec"]["type"] == "ClusterIP"


def test_a_missed_deletion_is_noticed_by_the_next_list(
    namespace: Namespace, launcher: Launcher, proxy: FaultProxy
) -> None:
    """While the watch of Services is cut off, one is deleted; the list shows it."""
    launcher.start(server=proxy.url, RESYNC_SECONDS="5")
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    proxy.judge = lambda method, path: 503 if "/services" in path and "watch=true" in path else 0
    before = namespace.get("service", "churn")["metadata"]["uid"]
    namespace.kubectl("delete", "service", "churn")
    made_again = namespace.wait("service", "churn", lambda o: o["metadata"]["uid"] != before, seconds=15)
    assert made_again["spec"]["ports"][0]["port"] == 8080
    namespace.wait("md", "churn", is_true("Ready"), seconds=10)


def test_a_broken_watch_is_distinguished_from_one_without_events(
    namespace: Namespace, launcher: Launcher, proxy: FaultProxy
) -> None:
    """After a minute of this the process says that it wants to be restarted: `Health.problems`."""
    proxy.judge = lambda method, path: HOLD if "/services" in path and "watch=true" in path else 0
    operator = launcher.start(server=proxy.url, RESYNC_SECONDS="2")
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    namespace.kubectl("label", "service", "churn", "seen-by=nobody")
    deadline = time.monotonic() + 15
    while operator.metric("easymlops_watch_lag_seconds", kind="Service") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert operator.metric("easymlops_watch_lag_seconds", kind="Deployment") == 0
    assert operator.get("/livez") == (200, "ok\n")


def test_the_crd_is_waited_for(launcher: Launcher, proxy: FaultProxy) -> None:
    asked: list[str] = []

    def hide_for_a_while(method: str, path: str) -> int:
        if path != "/apis/easymlops.dev/v1alpha1" or len(asked) == 2:
            return 0
        asked.append(path)
        return 404

    proxy.judge = hide_for_a_while
    operator = launcher.start(server=proxy.url)
    assert operator.log.read_text().count("waiting for the CRD") == 2


def test_a_watch_that_cannot_continue_ends_the_process(launcher: Launcher, proxy: FaultProxy) -> None:
    """The kubelet starts it again, and it finds out what has become of the CRD."""
    proxy.judge = lambda method, path: 404 if "/jobs" in path and "watch=true" in path else 0
    operator = launcher.start(server=proxy.url, until_ready=False)
    assert operator.process.wait(timeout=30) == 1
    assert "task ended" in operator.log.read_text()
