"""`make demo`: the main use case step by step, from an empty machine to a model whose thresholds are evaluated."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import images
import install
import kubernetes_env
from console import CommandError, Step, run

ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "make-mlops-easy"
EXAMPLE = ROOT / "examples" / "breast-cancer"
NAME = "breast-cancer"
WAIT_SECONDS = 300.0
COLLECT_SECONDS = 45.0


def main() -> int:
    started = time.monotonic()
    try:
        kubernetes_env.cluster("up", "--name", CLUSTER)
        kubernetes_env.use(CLUSTER)
        images.deliver_to(CLUSTER)
        install.up()
        apply_example()
        show_table()
        show_steps()
        show_predictions()
        show_evaluations()
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    show_next_steps(time.monotonic() - started)
    return 0


def apply_example() -> None:
    with Step(f"kubectl apply -f examples/{NAME}/modeldeployment.yaml, then wait until it is ready"):
        run(["kubectl", "apply", "-f", str(EXAMPLE / "modeldeployment.yaml")])
        last = ""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            conditions = {c["type"]: c for c in resource().get("status", {}).get("conditions", [])}
            if conditions.get("Ready", {}).get("status") == "True":
                return
            if conditions.get("Stalled", {}).get("status") == "True":
                raise CommandError(f"{NAME} is stalled: {conditions['Stalled']['message']}")
            if (message := conditions.get("Ready", {}).get("message", "")) and message != last:
                print(f"  … {message}", file=sys.stderr)
                last = message
            time.sleep(0.5)
        raise CommandError(f"{NAME} was not ready after {WAIT_SECONDS:.0f} s; see: kubectl describe md {NAME}")


def resource() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(["kubectl", "get", "modeldeployment", NAME, "-o", "json"]))
    return answer


def show_table() -> None:
    print("\n$ kubectl get modeldeployments")
    print(run(["kubectl", "get", "modeldeployments"]))


def show_steps() -> None:
    print("The pipeline's steps, from the resource's status:")
    for step in resource()["status"]["pipeline"]["steps"]:
        seconds = float(step["seconds"])
        print(f"  {step['state']:<10} {step['name']:<18} {seconds:7.2f} s  {step.get('message', '')}".rstrip())


def show_predictions() -> None:
    rows = json.loads((EXAMPLE / "rows.json").read_text())
    port = resource()["spec"].get("serving", {}).get("port", 8080)
    with kubernetes_env.forwarded(f"service/{NAME}", port) as url:
        request = urllib.request.Request(
            f"{url}/predict", json.dumps(rows).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = json.load(answer)
    print(f"\nThree predictions from the Service {NAME}:")
    for index, label in enumerate(body["predictions"]):
        shares = ", ".join(f"{c}: {p:.3f}" for c, p in zip(body["classes"], body["probabilities"][index], strict=True))
        print(f"  row {index}: {label}  ({shares})")


def show_evaluations() -> None:
    with Step("waiting until the operator has evaluated the live metrics"):
        deadline = time.monotonic() + COLLECT_SECONDS
        while time.monotonic() < deadline and "p95_latency_ms" not in {
            e["name"] for e in resource()["status"].get("evaluations", []) if e["state"] not in {"NoData"}
        }:
            time.sleep(0.5)
    print("\nThe threshold evaluations, from the resource's status:")
    for item in resource()["status"]["evaluations"]:
        print(f"  {evaluation_line(item)}")
    print("  too_good_to_be_true fires on purpose, as an example: it requires an accuracy of 0.9999.\n")
    print("$ kubectl get modeldeployments")
    print(run(["kubectl", "get", "modeldeployments"]))


def evaluation_line(item: dict[str, Any]) -> str:
    """An entry of `status.evaluations` as a table row."""
    limit = f"fires when {item['op']} {item['threshold']}" if item.get("op") else ""
    return f"{item['state']:<8} {item['name']:<22} {item.get('value', '–'):<12} {limit:<24} {item['layer']}"


def show_next_steps(seconds: float) -> None:
    print(
        f"""Done in {seconds:.0f} s. Try next:
  eval "$(.venv/bin/python hack/cluster env)"          # points kubectl to this cluster
  kubectl describe modeldeployment {NAME}
  kubectl explain modeldeployment.spec.observability
  kubectl edit modeldeployment {NAME}                  # a new model_type is trained, then served
Remove everything:
  make cluster-down"""
    )


if __name__ == "__main__":
    sys.exit(main())
