"""The course notebook's simulation: a model that degrades after step 80, logged and checked as it goes.

    python examples/notebook/simulation.py [metrics.csv]

Truth and error are drawn from the seed 42. The model's error triples after step 80 and its latency doubles. The
notebook's own rules see only the latency: a rolling error of 0.12 is never reached, although it doubles. A rule
relative to the error of the healthy model sees it.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from easy_mlops.observability import check_threshold, log_metric

SEED = 42
STEPS = 120
HEALTHY_UNTIL = 80
WINDOW = 20
"""Observations in the rolling error."""
RATIO = 2.0
RELATIVE = {"rolling_mae": {"ratio_to_reference": RATIO, "severity": "warning"}}
"""Fires when the rolling error is this many times that of the healthy model."""


@dataclass
class Outcome:
    """What the simulation logged: rows written, rolling errors by step, and the steps at which each rule fired."""

    rows: int = 0
    maes: dict[int, float] = field(default_factory=dict)
    mae_alerts: list[int] = field(default_factory=list)
    latency_alerts: list[int] = field(default_factory=list)

    @property
    def reference(self) -> float:
        """Mean rolling error of the healthy model."""
        healthy = [mae for step, mae in self.maes.items() if step <= HEALTHY_UNTIL]
        return sum(healthy) / len(healthy)

    @property
    def relative_alerts(self) -> list[int]:
        """Steps at which the rule relative to the healthy model fires."""
        healthy = {"rolling_mae": self.reference}
        verdicts = {step: check_threshold("rolling_mae", mae, RELATIVE, healthy) for step, mae in self.maes.items()}
        return [step for step, verdict in verdicts.items() if verdict["status"] == "alert"]


def simulate(path: Path) -> Outcome:
    """Run all steps, appending to the metrics file at `path`."""
    draw = random.Random(SEED)  # noqa: S311 - the same figures every time
    outcome = Outcome()
    errors: list[float] = []
    log_metric("job_success", 1.0, layer="system", window="1d", path=path, job="nightly_batch")
    outcome.rows += 1
    for step in range(STEPS):
        healthy = step <= HEALTHY_UNTIL
        truth = draw.random()
        noise = 0.05 if healthy else 0.15
        prediction = min(1.0, max(0.0, truth + draw.uniform(-noise, noise)))
        errors.append(abs(truth - prediction))
        if len(errors) < WINDOW:
            continue
        mae = sum(errors[-WINDOW:]) / WINDOW
        latency = draw.randint(60, 160) if healthy else draw.randint(120, 300)
        log_metric("rolling_mae", mae, layer="model", window=f"{WINDOW}obs", path=path, step=step)
        log_metric("p95_latency_ms", latency, layer="system", path=path, step=step)
        outcome.rows += 2
        outcome.maes[step] = mae
        if check_threshold("rolling_mae", mae)["status"] == "alert":
            outcome.mae_alerts.append(step)
        if check_threshold("p95_latency_ms", latency)["status"] == "alert":
            outcome.latency_alerts.append(step)
    return outcome


def main() -> None:
    """Run the simulation and tell what its rules saw."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "metrics.csv")
    outcome = simulate(path)
    sys.stdout.write(
        f"{outcome.rows} rows in {path}\n"
        f"rolling_mae > 0.12: {len(outcome.mae_alerts)} alerts, the highest was {max(outcome.maes.values()):.4f}\n"
        f"p95_latency_ms > 250: {len(outcome.latency_alerts)} alerts, the first at step {outcome.latency_alerts[0]}\n"
        f"rolling_mae > {RATIO:g} x reference: first alert at step {outcome.relative_alerts[0]}\n"
    )


if __name__ == "__main__":
    main()
