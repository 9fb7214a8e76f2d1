"""Laws that hold whatever users, Jobs and pods do, in any order."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from easy_mlops.contract import LoadFailure
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.builders import pruned_by
from easy_mlops_operator.reconcile import Apply, Delete, Source
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from kstatus import compute
from model_cluster import DIGEST, EARLIER_RUN, ModelCluster, Pass, model_deployment
from summaries import summary

PRUNER = "churn-prune"
SEARCH = "churn-lastgood"
USERS_OWN = "of-the-user"
TRAININGS = [None, {"cv_folds": 2}, {"cv_folds": 3}, {"model_type": "logistic_regression"}]
CHANGES: list[dict[str, Any]] = [
    *({"training": training} for training in TRAININGS),
    {"deployment": {"steps": ["nope"]}},
    {"deployment": None},
    {"suspend": True},
    {"suspend": None},
    {"serving": {"replicas": 2}},
    {"serving": {"replicas": 0}},
    {"serving": None},
    {"observability": {"rules": {"error_rate": {"op": ">", "value": 0.1}}, "alert_threshold": 0.99}},
    {"observability": None},
    {"pipeline": {"resources": {"limits": {"memory": "2Gi"}}}},
    {"revisionHistoryLimit": 1},
    {"serving": {"autoscaling": {"minReplicas": 2, "maxReplicas": 3}}},
    {"storage": {"retain": False}},
    {"data": {"uri": "configmap://churn/x.csv"}},
    {"rollout": {"fallback": "lastGood"}},
    {"rollout": None},
]


class World(RuleBasedStateMachine):
    """A resource in a cluster where anything may happen between two passes."""

    @initialize(source=st.sampled_from(["found", "missing", "unknown"]), fallback=st.sampled_from(["none", "lastGood"]))
    def apply_the_resource(self, source: Any, fallback: str) -> None:
        resource = model_deployment(rollout={"fallback": fallback})
        self.cluster = ModelCluster(resource, source=Source(source, "details"))
        self.cluster.resource["metadata"] |= {"labels": {"team": USERS_OWN}, "annotations": {"note": USERS_OWN}}
        self.statuses = [copy.deepcopy(self.cluster.status)]

    def look(self, *, next_pass_reports: bool = False) -> Pass:
        plan = self.cluster.tick(next_pass_reports=next_pass_reports)
        self.statuses.append(copy.deepcopy(self.cluster.status))
        return plan

    @rule(next_pass_reports=st.booleans())
    def pass_over_it(self, next_pass_reports: bool) -> None:
        self.look(next_pass_reports=next_pass_reports)

    @rule(
        training=st.sampled_from(TRAININGS), kind=st.sampled_from(["Job", "ConfigMap", "Deployment", "NetworkPolicy"])
    )
    def change_the_spec_and_refuse_a_write(self, training: Any, kind: str) -> None:
        """What a refused write would have done is not reported as done."""
        self.cluster.change(training=training)
        listed = {revision["name"] for revision in self.cluster.status.get("revisions", [])}
        self.cluster.refuses = kind
        self.look()
        self.cluster.refuses = ""
        jobs = {job["metadata"]["name"] for job in self.cluster.all("Job")}
        status = self.cluster.status
        begun = {revision["name"] for revision in status.get("revisions", []) if revision["state"] == "Training"}
        assert begun <= listed | jobs
        if status.get("targetRevision") not in jobs:
            assert "was created" not in self.cluster.condition("Reconciling").get("message", "")

    @rule(change=st.sampled_from(CHANGES))
    def change_the_spec(self, change: dict[str, Any]) -> None:
        self.cluster.change(**change)

    @rule()
    def find_the_data(self) -> None:
        self.cluster.source = Source("found")

    @rule(ready=st.booleans())
    def roll_out(self, ready: bool) -> None:
        self.cluster.roll_out(ready=ready)

    @rule(data=st.data(), outcome=st.sampled_from(["succeed", "fail", "vanish", "late", "bad"]))
    def end_a_run(self, data: st.DataObject, outcome: str) -> None:
        jobs = [job["metadata"]["name"] for job in self.cluster.all("Job") if not job["status"].get("conditions")]
        running = [name for name in jobs if name not in (PRUNER, SEARCH)]
        if not running:
            return
        name = data.draw(st.sampled_from(running))
        if outcome == "succeed":
            self.cluster.succeed(name)
        elif outcome == "bad":
            self.cluster.succeed(name, directory="../up")
        elif outcome == "fail":
            self.cluster.fail(name)
        else:
            self.cluster.remove("Pod", self.cluster.job_pod(name)["metadata"]["name"])
            self.cluster.end_job(name, *(("Complete", "") if outcome == "vanish" else ("Failed", "DeadlineExceeded")))

    @rule(outcome=st.sampled_from(["Complete", "Failed"]))
    def end_the_pruning(self, outcome: str) -> None:
        if ("Job", PRUNER) in self.cluster.objects:
            self.cluster.end_job(PRUNER, outcome, "")

    @rule(outcome=st.sampled_from(["earlier", "listed", "foreign", "nothing", "Complete", "Failed"]))
    def end_the_search(self, outcome: str) -> None:
        self.look()
        if ("Job", SEARCH) not in self.cluster.objects or self.cluster.get("Job", SEARCH)["status"].get("conditions"):
            return
        if outcome in ("Complete", "Failed"):
            self.cluster.end_job(SEARCH, outcome, "")
        elif outcome == "nothing":
            self.cluster.fail(SEARCH)
        else:
            run = "other-abcdef0123-99998888" if outcome == "foreign" else EARLIER_RUN
            trained = [item["name"] for item in self.cluster.status.get("revisions", []) if item.get("directory")]
            place = trained[-1] if outcome == "listed" and trained else "earlier"
            self.cluster.succeed(SEARCH, run_id=run, directory=f"models/{place}")

    @rule(data=st.data())
    def fail_with_nothing_to_serve(self, data: st.DataObject) -> None:
        """What leads to a search; by chance alone it is rare."""
        self.cluster.change(rollout={"fallback": "lastGood"}, suspend=None, deployment=None)
        self.look()
        job = self.cluster.objects.get(("Job", self.cluster.status["targetRevision"]))
        if job is not None and not job["status"].get("conditions"):
            self.cluster.fail()

    @rule(replicas=st.integers(1, 3))
    def scale(self, replicas: int) -> None:
        if ("Deployment", "churn") in self.cluster.objects:
            self.cluster.scale(replicas)

    @rule(data=st.data())
    def delete_a_child(self, data: st.DataObject) -> None:
        keys = sorted(self.cluster.objects)
        if keys:
            self.cluster.remove(*data.draw(st.sampled_from(keys)))
            if ("Deployment", "churn") in self.cluster.objects:
                self.cluster.count_pods()

    @rule(data=st.data())
    def change_a_child(self, data: st.DataObject) -> None:
        found = self.cluster.all("Deployment") + self.cluster.all("Service")
        if found:
            data.draw(st.sampled_from(found))["metadata"]["labels"]["app.kubernetes.io/name"] = "other"

    @rule(reason=st.sampled_from(["DigestMismatch", "LoadFailed"]))
    def break_a_scoring_pod(self, reason: Any) -> None:
        for pod in self.cluster.scoring_pods()[:1]:
            ended = {"exitCode": 1, "message": LoadFailure(reason, "broken").encode()}
            pod["status"] = {"containerStatuses": [{"state": {"running": {}}, "lastState": {"terminated": ended}}]}
            self.cluster.count_pods()

    @rule()
    def see_the_pods_later_than_their_deployment(self) -> None:
        """Each kind has a watch of its own: a Deployment may be seen to be complete before its pods are seen ready."""
        for pod in self.cluster.scoring_pods():
            pod["status"] = {"phase": "Pending"}
        self.look()

    @rule(requests=st.integers(0, 50), errors=st.integers(0, 50), seconds=st.sampled_from([0, 1000]))
    def collect(self, requests: int, errors: int, seconds: int) -> None:
        self.cluster.summary = summary(DIGEST, requests=requests, errors=min(errors, requests))
        self.cluster.summary_at = self.cluster.now - timedelta(seconds=seconds)

    @rule()
    def restart_the_operator(self) -> None:
        self.cluster.summary = self.cluster.summary_at = None

    @rule()
    def a_day_passes(self) -> None:
        self.cluster.now += timedelta(days=1)

    @precondition(lambda self: len(self.statuses) > 1)
    @rule()
    def it_comes_to_rest(self) -> None:
        """Left alone for longer than anything is waited for, a resource needs a few passes and then none."""
        self.cluster.now += timedelta(minutes=10)
        self.cluster.settle()
        self.statuses.append(copy.deepcopy(self.cluster.status))
        assert self.look() == Pass(requeue_after=self.cluster.plans[-1].requeue_after)

    @rule(seed=st.integers(0, 1000))
    def the_order_of_objects_makes_no_difference(self, seed: int) -> None:
        cluster, order = self.cluster, random.Random(seed)
        observed = cluster.observed()
        shuffled = replace(
            observed,
            jobs=tuple(order.sample(observed.jobs, len(observed.jobs))),
            pods=tuple(order.sample(observed.pods, len(observed.pods))),
            configs=tuple(order.sample(observed.configs, len(observed.configs))),
            conflicts=tuple(order.sample(observed.conflicts, len(observed.conflicts))),
        )
        assert cluster.report(observed) == cluster.report(shuffled)

    @rule()
    def a_pass_changes_nothing_of_what_it_is_given(self) -> None:
        observed, resource = self.cluster.observed(), copy.deepcopy(self.cluster.resource)
        before = copy.deepcopy(replace(observed, summary=None))
        figures = observed.summary.encode() if observed.summary else None
        self.cluster.report(observed)
        assert self.cluster.resource == resource
        assert replace(observed, summary=None) == before
        assert (observed.summary.encode() if observed.summary else None) == figures

    @invariant()
    def no_plan_deletes_data(self) -> None:
        for action in self.last.actions:
            if isinstance(action, Delete):
                assert action.kind in ("Job", "ConfigMap", "HorizontalPodAutoscaler", "PodDisruptionBudget")

    @invariant()
    def nothing_that_can_be_gone_back_to_is_removed(self) -> None:
        pruner = self.cluster.objects.get(("Job", PRUNER))
        if pruner is None or not self.last.actions or pruner["status"].get("conditions"):
            return
        listed = {item.get("directory") for item in self.statuses[-1].get("revisions", [])}
        served = {pod["spec"]["containers"][0]["volumeMounts"][0]["subPath"] for pod in self.cluster.scoring_pods()}
        for argument in pruned_by(pruner):
            assert argument.partition("=")[0] not in listed | served

    @invariant()
    def nothing_is_removed_before_the_status_tells_of_it(self) -> None:
        made = [action.manifest for action in self.last.actions if isinstance(action, Apply)]
        for pruner in (manifest for manifest in made if manifest["metadata"]["name"] == PRUNER):
            pending = self.statuses[-2].get("pruning", {}).get("pending", [])
            listed = {f"{item['directory']}={item['digest']}" for item in pending}
            assert pruned_by(pruner) <= listed

    @invariant()
    def nothing_is_removed_from_a_volume_that_is_searched(self) -> None:
        jobs = [job["metadata"]["name"] for job in self.cluster.all("Job") if not job["status"].get("conditions")]
        assert not {PRUNER, SEARCH} <= set(jobs)

    @invariant()
    def what_was_found_serves_only_in_the_place_of_a_target_that_cannot(self) -> None:
        status = self.statuses[-1]
        conditions = {item["type"]: item for item in status.get("conditions", [])}
        if "serves instead" in conditions.get("Ready", {}).get("message", ""):
            assert conditions["Ready"]["status"] == "False"
            target = [item for item in status["revisions"] if item["name"] == status["targetRevision"]]
            assert not target or target[0]["state"] != "Succeeded"

    @invariant()
    def another_resources_run_is_never_listed(self) -> None:
        assert not [r for r in self.statuses[-1].get("revisions", []) if not r["name"].startswith("churn-")]

    @invariant()
    def only_what_is_ours_is_touched(self) -> None:
        for action in self.last.actions:
            metadata = action.manifest["metadata"] if isinstance(action, Apply) else {"namespace": action.namespace}
            assert metadata["namespace"] == "shop"

    @invariant()
    def the_users_labels_and_annotations_are_copied_nowhere(self) -> None:
        manifests = [action.manifest for action in self.last.actions if isinstance(action, Apply)]
        assert USERS_OWN not in json.dumps([*manifests, self.last.status])

    @invariant()
    def what_kstatus_calls_current_answers(self) -> None:
        status = self.statuses[-1]
        if compute(self.cluster.resource) == "Current":
            assert status["serving"]["readyReplicas"] > 0
            assert self.cluster.resource["spec"].get("suspend") or status["activeRevision"] == status["targetRevision"]

    @invariant()
    def what_is_said_of_the_target_is_said_of_this_generation(self) -> None:
        """Unless the spec is refused, so that it has no target."""
        if self.last.status is None or self.statuses[-1] != self.cluster.status:
            return
        conditions = {item["type"]: item for item in self.cluster.status["conditions"]}
        if conditions["SpecAccepted"]["status"] != "True":
            return
        seen = self.cluster.status["observedGeneration"]
        for type_ in ("Ready", "UpToDate", "Serving", "PipelineSucceeded", "ModelLoaded"):
            assert conditions[type_]["observedGeneration"] == seen, type_

    @invariant()
    def what_is_up_to_date_serves_the_target(self) -> None:
        status = self.statuses[-1]
        if any((item["type"], item["status"]) == ("UpToDate", "True") for item in status.get("conditions", [])):
            assert status["phase"] == "Idle" or status["activeRevision"] == status["targetRevision"]
            assert status["phase"] == "Idle" or status["serving"]["readyReplicas"] > 0

    @invariant()
    def a_time_moves_only_with_its_status(self) -> None:
        if len(self.statuses) < 2:
            return
        before, after = ({c["type"]: c for c in status.get("conditions", [])} for status in self.statuses[-2:])
        for type_, condition in after.items():
            old = before.get(type_)
            if old is not None and old["status"] == condition["status"]:
                assert old["lastTransitionTime"] == condition["lastTransitionTime"]
        old_items, new_items = (
            {item["name"]: item for item in status.get("evaluations", [])} for status in self.statuses[-2:]
        )
        for name, item in new_items.items():
            old = old_items.get(name)
            if old is not None and old["state"] == item["state"]:
                assert old["since"] == item["since"]

    @invariant()
    def the_status_makes_sense(self) -> None:
        status = self.statuses[-1]
        types = [condition["type"] for condition in status.get("conditions", [])]
        assert len(types) == len(set(types))
        assert not {"Reconciling", "Stalled"} <= set(types)
        assert len({revision["name"] for revision in status.get("revisions", [])}) == len(status.get("revisions", []))
        assert len(json.dumps(status)) < 64_000
        for condition in status.get("conditions", []):
            assert parse_time(condition["lastTransitionTime"])
        for evaluation in status.get("evaluations", []):
            assert evaluation["state"] != "OK" or "value" in evaluation

    @invariant()
    def nothing_is_written_without_a_change(self) -> None:
        if len(self.statuses) > 1 and self.last.status is not None:
            assert self.statuses[-1] == self.last.status

    @property
    def last(self) -> Pass:
        return self.cluster.plans[-1] if self.cluster.plans else Pass()


World.TestCase.settings = settings(max_examples=60, stateful_step_count=40, suppress_health_check=list(HealthCheck))
TestWorld = World.TestCase


class TestEveryPathLeadsToServing:
    """From whatever state, a good spec and a run that succeeds end in a model that answers."""

    def test_after_every_kind_of_failure(self) -> None:
        for trouble in CHANGES:
            cluster = ModelCluster()
            cluster.train()
            cluster.change(**trouble)
            cluster.settle()
            cluster.resource["spec"] = {"data": {"uri": "sklearn://wine"}}
            cluster.resource["metadata"]["generation"] += 1
            cluster.settle()
            assert cluster.condition("Ready")["status"] == "True", trouble
            assert cluster.tick() == Pass()
