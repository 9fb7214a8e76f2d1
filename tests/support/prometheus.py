"""A real Prometheus that scrapes what the PodMonitors would have it scrape, and its HTTP API."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from monitoring import pod_monitors
from operator_process import free_port

SECONDS = "1s"
"""Between two scrapes, and between two looks at the rules."""


@dataclass(frozen=True)
class Pod:
    """Something to scrape: its address, and what Prometheus finds out about a pod from the API server."""

    monitor: str
    port: int
    namespace: str
    name: str
    labels: dict[str, str]


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        """`data` of an answer of its API. Raises `AssertionError` with its error."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as it:
                return json.loads(it.read())["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{query}: {error.read().decode()}") from error

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        series: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return series

    def rules(self) -> dict[str, dict[str, Any]]:
        """All rules by name, as they were last evaluated."""
        return {rule["name"]: rule for group in self.get("rules")["groups"] for rule in group["rules"]}

    def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition never held"
            time.sleep(0.3)


@contextmanager
def run_prometheus(program: Path, rules: Path, pods: list[Pod]) -> Iterator[Prometheus]:
    """Run it with its files beside `rules`."""
    folder, port = rules.parent, free_port()
    config = {
        "global": {"scrape_interval": SECONDS, "scrape_timeout": SECONDS, "evaluation_interval": SECONDS},
        "rule_files": [str(rules)],
        "scrape_configs": [_job(monitor, spec, pods) for monitor, spec in pod_monitors().items()],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    command = [
        str(program),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    running = Prometheus(f"http://127.0.0.1:{port}")
    try:
        running.until(lambda: process.poll() is not None or _is_ready(running))
        assert process.poll() is None, log.read_text()[-4000:]
        yield running
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(running: Prometheus) -> bool:
    try:
        with urllib.request.urlopen(f"{running.url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _job(monitor: str, spec: dict[str, Any], pods: list[Pod]) -> dict[str, Any]:
    """What the Prometheus Operator makes of a PodMonitor, with the pods as they would be found."""
    (endpoint,) = spec["podMetricsEndpoints"]
    relabelings = [
        {"source_labels": rule["sourceLabels"], "target_label": rule["targetLabel"]}
        for rule in endpoint.get("relabelings", ())
    ]
    return {
        "job_name": monitor,
        "metrics_path": endpoint["path"],
        "honor_labels": endpoint.get("honorLabels", False),
        "sample_limit": spec.get("sampleLimit", 0),
        "label_limit": spec.get("labelLimit", 0),
        "relabel_configs": relabelings,
        "static_configs": [
            {
                "targets": [f"127.0.0.1:{pod.port}"],
                "labels": {
                    "namespace": pod.namespace,
                    "pod": pod.name,
                    **{f"__meta_kubernetes_pod_label_{_clean(name)}": text for name, text in pod.labels.items()},
                },
            }
            for pod in pods
            if pod.monitor == monitor
        ],
    }


def _clean(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
