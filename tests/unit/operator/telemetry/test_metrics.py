"""What is there to be scraped: about the operator, and about each resource as its status says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from easy_mlops_operator.controller.kinds import JOB, MODEL_DEPLOYMENT, POD, WATCHED, Key
from easy_mlops_operator.controller.leadership.elector import Alone
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.telemetry.health import Health
from easy_mlops_operator.telemetry.metrics import OperatorMetrics
from prometheus_client.parser import text_string_to_metric_families
from virtual_time import run_virtual

KEY = Key("ns", "churn")
RULE = {"layer": "system", "op": ">", "threshold": "0.1", "severity": "critical"}
WHOSE = {"namespace": "ns", "name": "churn"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Scraped:
    """An operator's parts as far as they have figures, and a reader of the text."""

    def __init__(self) -> None:
        self.store, self.queue, self.metrics = Store(), Queue(), OperatorMetrics()
        self.health = Health(self.store, self.queue, Alone())
        self.metrics.watch(self.store, self.queue, self.health)

    def samples(self) -> Samples:
        text = self.metrics.render().decode()
        families = text_string_to_metric_families(text)
        found = [
            (sample.name, frozenset(sample.labels.items()), sample.value) for f in families for sample in f.samples
        ]
        assert len({(name, labels) for name, labels, _ in found}) == len(found), "a sample is there twice"
        return {(name, labels): value for name, labels, value in found}

    def value(self, name: str, /, **labels: str) -> float:
        return self.samples()[name, frozenset(labels.items())]

    def names(self) -> set[str]:
        return {name for name, _ in self.samples()}


@pytest.fixture
async def scraped() -> Scraped:
    return Scraped()


def resource(version: int = 1, /, **status: Any) -> dict[str, Any]:
    metadata = {"namespace": "ns", "name": "churn", "uid": "u", "resourceVersion": str(version)}
    return {"metadata": metadata, "status": {"phase": "Serving", **status}}


async def test_passes_and_requests_are_counted(scraped: Scraped) -> None:
    scraped.metrics.requested("apply", "201")
    scraped.metrics.passed("ok", 0.01)
    scraped.metrics.waited(0.5)
    assert scraped.value("easymlops_api_requests_total", verb="apply", code="201") == 1
    assert scraped.value("easymlops_reconcile_total", result="ok") == 1
    assert scraped.value("easymlops_reconcile_total", result="bug") == 0
    assert scraped.value("easymlops_reconcile_duration_seconds_bucket", le="0.01") == 1
    assert scraped.value("easymlops_queue_latency_seconds_bucket", le="0.5") == 1
    assert scraped.value("easymlops_leader") == 1
    assert scraped.value("process_resident_memory_bytes") > 1e6


def test_the_queues_depth_and_age_are_exposed() -> None:
    async def scenario() -> dict[str, float]:
        scraped = Scraped()
        scraped.queue.add([KEY, Key("ns", "other")])
        await asyncio.sleep(3)
        await scraped.queue.get()
        await asyncio.sleep(4)
        return {name: value for (name, _), value in scraped.samples().items()}

    samples = run_virtual(scenario())
    assert samples["easymlops_queue_depth"] == 1
    assert samples["easymlops_queue_age_seconds"] == 7
    assert samples["easymlops_pass_age_seconds"] == 4


def test_how_long_a_watch_is_silent_and_what_it_has_missed_is_exposed() -> None:
    async def scenario() -> Samples:
        scraped = Scraped()
        scraped.health.saw_event(POD)
        scraped.health.missed(JOB)
        await asyncio.sleep(5)
        return scraped.samples()

    samples = run_virtual(scenario())
    pod, job = frozenset({("kind", "Pod")}), frozenset({("kind", "Job")})
    assert samples["easymlops_watch_age_seconds", pod] == 5
    assert samples["easymlops_watch_lag_seconds", pod] == 0
    assert samples["easymlops_watch_lag_seconds", job] == 5
    assert sum(name == "easymlops_watch_lag_seconds" for name, _ in samples) == len(WATCHED)


async def test_conditions_are_exposed_with_status_and_reason(scraped: Scraped) -> None:
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "PipelineFailed",
        "lastTransitionTime": "2026-11-24T10:00:00Z",
    }
    scraped.store.put(MODEL_DEPLOYMENT, resource(conditions=[ready]))
    labels = {**WHOSE, "condition": "Ready", "status": "False", "reason": "PipelineFailed"}
    assert scraped.value("easymlops_modeldeployment_condition", **labels) == 1
    assert scraped.value("easymlops_resources", phase="Serving") == 1


async def test_desired_and_ready_pods_are_exposed(scraped: Scraped) -> None:
    scraped.store.put(MODEL_DEPLOYMENT, resource(serving={"replicas": 3, "desiredReplicas": 2, "readyReplicas": 1}))
    pods = {state: scraped.value("easymlops_serving_replicas", **WHOSE, state=state) for state in ("desired", "ready")}
    assert pods == {"desired": 2, "ready": 1}


async def test_a_rules_value_limit_and_verdict_are_exposed(scraped: Scraped) -> None:
    evaluations = [
        {"name": "error_rate", "state": "Firing", "value": "0.5", **RULE},
        {"name": "null_rate", "state": "NoData", "layer": "data", "op": ">", "threshold": "0.2"},
    ]
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=evaluations))
    errors, nulls = ({**WHOSE, "rule": rule} for rule in ("error_rate", "null_rate"))
    assert scraped.value("easymlops_rule_value", **errors) == 0.5
    assert scraped.value("easymlops_rule_threshold", **errors) == 0.1
    assert scraped.value("easymlops_rule_firing", **errors, severity="critical") == 1
    assert scraped.value("easymlops_rule_no_data", **errors, severity="critical") == 0
    assert scraped.value("easymlops_rule_firing", **nulls, severity="warning") == 0
    assert scraped.value("easymlops_rule_no_data", **nulls, severity="warning") == 1
    assert ("easymlops_rule_value", frozenset(nulls.items())) not in scraped.samples()


async def test_a_rule_that_fires_in_a_suppression_window_says_so(scraped: Scraped) -> None:
    held = {"name": "error_rate", "state": "Firing", "suppressed": True, "suppressedBy": "load", **RULE}
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=[held, {**held, "name": "b", "suppressed": None}]))
    for rule, suppressed in (("error_rate", 1), ("b", 0)):
        labels = {**WHOSE, "rule": rule, "severity": "critical"}
        assert scraped.value("easymlops_rule_firing", **labels) == 1
        assert scraped.value("easymlops_rule_suppressed", **labels) == suppressed


async def test_a_rule_with_two_ends_has_two_limits(scraped: Scraped) -> None:
    outside = {"name": "mean", "state": "OK", "value": "4", "op": "outside", "low": "1", "high": "9", "layer": "data"}
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=[outside]))
    limits = [scraped.value("easymlops_rule_threshold", **WHOSE, rule="mean", bound=bound) for bound in ("low", "high")]
    assert limits == [1, 9]


async def test_a_metric_that_no_rule_judges_has_a_value_only(scraped: Scraped) -> None:
    scraped.store.put(
        MODEL_DEPLOYMENT, resource(evaluations=[{"name": "f1", "state": "NoRule", "value": "0.8", "layer": "model"}])
    )
    assert {name for name in scraped.names() if name.startswith("easymlops_rule_")} == {"easymlops_rule_value"}


@pytest.mark.parametrize("text", ["nan", "inf", "many"])
async def test_what_is_no_number_is_left_out(scraped: Scraped, text: str) -> None:
    evaluations = [{"name": "error_rate", "state": "NoData", "value": text, **RULE}]
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=evaluations))
    assert "easymlops_rule_value" not in scraped.names()


async def test_names_that_the_text_format_must_escape_come_back_as_they_were(scraped: Scraped) -> None:
    name = 'a "quoted"\\ name\nin two lines'
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=[{"name": name, "state": "Firing", **RULE}]))
    assert scraped.value("easymlops_rule_firing", **WHOSE, rule=name, severity="critical") == 1


async def test_what_is_exposed_follows_the_resource(scraped: Scraped) -> None:
    labels = {**WHOSE, "rule": "error_rate", "severity": "critical"}
    firing = {"name": "error_rate", "state": "Firing", **RULE}
    scraped.store.put(MODEL_DEPLOYMENT, resource(evaluations=[firing]))
    assert scraped.value("easymlops_rule_firing", **labels) == 1
    scraped.store.put(MODEL_DEPLOYMENT, resource(2, evaluations=[{**firing, "state": "OK"}]))
    assert scraped.value("easymlops_rule_firing", **labels) == 0
    scraped.store.remove(MODEL_DEPLOYMENT, resource(3))
    assert not {name for name in scraped.names() if name.startswith(("easymlops_rule_", "easymlops_resources"))}
