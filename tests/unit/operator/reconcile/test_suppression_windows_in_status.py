"""Suppression windows in a cluster: a firing rule stays visible, reported when its window closes; its end always is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from easy_mlops_operator.reconcile import Event
from model_cluster import DIGEST, ModelCluster, model_deployment
from summaries import summary

OPENS, CLOSES = timedelta(minutes=10), timedelta(minutes=40)


def serving(**runbook: Any) -> tuple[ModelCluster, datetime]:
    """A model that serves with one live rule, and the moment from which windows are counted."""
    rules = {"error_rate": {"op": ">", "value": 0.1, "runbook": "#errors"}}
    cluster = ModelCluster(model_deployment(observability={"rules": rules}))
    cluster.train()
    start = cluster.now
    window = {"name": "load", "start": (start + OPENS).isoformat(), "end": (start + CLOSES).isoformat()}
    defaults = {"url": "https://example.com/runbook", "suppression_windows": [window | runbook.pop("window", {})]}
    cluster.change(observability={"rules": rules, "runbook": defaults | runbook})
    return cluster, start


def errors(cluster: ModelCluster, count: int, after: timedelta, start: datetime) -> list[Event]:
    """The pods report `count` errors of 100 requests `after` the start; the events about rules then."""
    cluster.summary, cluster.summary_at = summary(DIGEST, requests=100, errors=count), start + after
    plan = cluster.tick(seconds=(start + after - cluster.now).total_seconds())
    return [event for event in plan.events if event.reason in ("RuleFiring", "WithinThresholds")]


def verdict(cluster: ModelCluster) -> dict[str, Any]:
    return next(item for item in cluster.status["evaluations"] if item["name"] == "error_rate")


def test_a_rule_firing_in_a_window_is_suppressed_and_reported_when_the_window_closes() -> None:
    cluster, start = serving(owner="team-churn")
    assert errors(cluster, 50, OPENS, start) == []
    shown = verdict(cluster)
    assert (shown["state"], shown["suppressed"], shown["suppressedBy"]) == ("Firing", True, "load")
    assert datetime.fromisoformat(shown["suppressedUntil"]) == start + CLOSES
    assert cluster.condition("ThresholdsMet")["status"] == "False"
    assert "(suppressed by load until " in cluster.condition("ThresholdsMet")["message"]
    assert cluster.status["observability"]["summary"]["suppressed"] == 1
    assert errors(cluster, 50, CLOSES - timedelta(seconds=1), start) == []
    (event,) = errors(cluster, 50, CLOSES, start)
    assert (event.type, event.reason) == ("Warning", "RuleFiring")
    assert event.message.endswith("; runbook: https://example.com/runbook#errors; owner: team-churn")
    assert "suppressed" not in verdict(cluster)
    assert errors(cluster, 50, CLOSES + timedelta(minutes=1), start) == []


def test_that_it_has_ended_is_reported_in_the_window_too() -> None:
    cluster, start = serving()
    assert [event.reason for event in errors(cluster, 50, timedelta(0), start)] == ["RuleFiring"]
    assert errors(cluster, 50, OPENS, start) == []
    (event,) = errors(cluster, 0, OPENS + timedelta(minutes=1), start)
    assert (event.type, event.reason) == ("Normal", "WithinThresholds")
    assert "suppressed" not in verdict(cluster)


def test_a_window_for_other_rules_suppresses_nothing() -> None:
    cluster, start = serving(window={"rules": ["p95_latency_ms"]})
    assert [event.reason for event in errors(cluster, 50, OPENS, start)] == ["RuleFiring"]


@pytest.mark.parametrize(("count", "after", "seconds"), [(50, OPENS, 1800), (50, timedelta(0), 600), (0, OPENS, None)])
def test_the_next_look_is_when_a_window_opens_or_closes_over_what_fires(
    count: int, after: timedelta, seconds: float | None
) -> None:
    cluster, start = serving()
    errors(cluster, count, after, start)
    assert cluster.plans[-1].requeue_after == seconds
