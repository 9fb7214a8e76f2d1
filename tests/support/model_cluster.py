"""A cluster in a few lines, for tests of the operator's pure core: what is applied is there, Jobs and Deployments move.

It does what matters to `reconcile`: the API server gives objects identities and fills in defaults, the Job controller
makes pods, the Deployment controller rolls pods out, garbage collection follows owner references. Time is a number.
"""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cluster_objects import Object, defaulted, endpoint_slice, ready_status, unready_status
from easy_mlops.contract import RunFailure, RunResult, StepReport, run_id_in
from easy_mlops.monitoring.summary import Summary
from easy_mlops_operator.api.labels import REVISION, is_leaving, is_ours, label_of
from easy_mlops_operator.api.names import FIELD_MANAGER, claim_name, pruner_name, search_name
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile import (
    Action,
    Apply,
    ConflictingObject,
    Delete,
    Event,
    Observed,
    Outcome,
    Refusal,
    Settings,
    Source,
    needs,
    plan,
    read,
    status_of,
)

IMAGE = "runtime:1"
DIGEST = "a" * 64
NAMESPACE = "shop"
EARLIER_RUN = "churn-abcdef0123-99998888"
"""Of a resource of the same name that is gone."""
SETTINGS = Settings(runtime_image=IMAGE)
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def model_deployment(name: str = "churn", uid: str = "0f0e0d0c-1111", **spec: Any) -> Object:
    """A ModelDeployment as the API server gives it back."""
    return {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid, "generation": 1},
        "spec": {"data": {"uri": "sklearn://wine"}, **spec},
        "status": {"observedGeneration": -1},
    }


@dataclass(frozen=True)
class Pass:
    """What one pass did: the actions that it carried out, and what it reported."""

    actions: tuple[Action, ...] = ()
    status: Object | None = None
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None
    latest: tuple[Evaluation, ...] = field(default=(), compare=False)


@dataclass
class ModelCluster:
    """One ModelDeployment and all that is around it."""

    resource: Object = field(default_factory=model_deployment)
    settings: Settings = SETTINGS
    source: Source = field(default_factory=lambda: Source("found"))
    summary: Summary | None = None
    summary_at: datetime | None = None
    refuses: str = ""
    """Kind of which the API server takes no write."""
    claim_problem: str = ""
    endpoints_lag: bool = False
    """Whether the EndpointSlice controller has not seen any pod yet."""
    now: datetime = START
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    plans: list[Pass] = field(default_factory=list)
    _uids: int = 0
    _scaled: int | None = None

    @property
    def name(self) -> str:
        return str(self.resource["metadata"]["name"])

    @property
    def status(self) -> Object:
        status: Object = self.resource["status"]
        return status

    def condition(self, type_: str) -> Object:
        """A condition; empty when there is none of the type."""
        return next((c for c in self.status.get("conditions", []) if c["type"] == type_), {})

    def evaluation(self, name: str) -> Object:
        """An evaluation of the status."""
        return next(item for item in self.status["evaluations"] if item["name"] == name)

    def get(self, kind: str, name: str | None = None) -> Object:
        """An object that is there."""
        return self.objects[kind, name or self.name]

    def all(self, kind: str) -> list[Object]:
        """All objects of a kind, in the order in which they were made."""
        return [obj for (found, _), obj in self.objects.items() if found == kind]

    def change(self, **spec: Any) -> None:
        """A user changes the spec; a section that is None is taken out."""
        for key, value in spec.items():
            if value is None:
                self.resource["spec"].pop(key, None)
            else:
                self.resource["spec"][key] = value
        self.resource["metadata"]["generation"] += 1

    def observed(self) -> Observed:
        """What the gatherer would hand over now."""
        ours = {key: obj for key, obj in self.objects.items() if is_ours(self.resource, obj)}
        conflicts = [obj for key, obj in self.objects.items() if key not in ours and key[0] != "Pod"]
        used = claim_name(self.resource)
        claim = (
            ours.get(("PersistentVolumeClaim", used))
            if used == self.name
            else self.objects.get(("PersistentVolumeClaim", used))
        )
        jobs = {job["metadata"]["name"]: job for job in self._copies(ours, "Job")}
        pruner, search = (jobs.pop(make(self.name), None) for make in (pruner_name, search_name))
        return Observed(
            claim=copy.deepcopy(claim),
            claim_problem=self.claim_problem,
            configs=self._copies(ours, "ConfigMap"),
            jobs=tuple(jobs.values()),
            pods=tuple(copy.deepcopy(pod) for pod in self.all("Pod")),
            deployment=copy.deepcopy(ours.get(("Deployment", self.name))),
            service=copy.deepcopy(ours.get(("Service", self.name))),
            endpoint_slices=self._endpoint_slices(),
            autoscaler=copy.deepcopy(ours.get(("HorizontalPodAutoscaler", self.name))),
            budget=copy.deepcopy(ours.get(("PodDisruptionBudget", self.name))),
            policies=self._copies(ours, "NetworkPolicy"),
            pruner=pruner,
            search=search,
            conflicts=tuple(
                ConflictingObject(obj["kind"], obj["metadata"]["name"], is_leaving(self.resource, obj))
                for obj in conflicts
            ),
            source=self.source,
            summary=self.summary,
            summary_at=self.summary_at,
        )

    def tick(self, seconds: float = 1, *, next_pass_reports: bool = False) -> Pass:
        """One pass; with `next_pass_reports` its report is left to the next one if the worker could leave it."""
        self.now += timedelta(seconds=seconds)
        planned = plan(read(copy.deepcopy(self.resource), self.settings), self.observed(), self.settings, self.now)
        actions, refusals = self._carry_out(planned.actions)
        report = status_of(planned, Outcome("refused" if refusals else "done", refusals=refusals))
        done = Pass(actions, report.status, report.events, report.requeue_after, report.latest)
        if next_pass_reports and actions and all(isinstance(action, Apply) for action in actions):
            done = replace(done, status=None, events=())
        self.plans.append(done)
        if done.status is not None:
            self.resource["status"] = copy.deepcopy(done.status)
        return done

    def report(self, observed: Observed) -> Pass:
        """What a pass over `observed` would do and report, if all its actions were carried out."""
        planned = plan(read(self.resource, self.settings), observed, self.settings, self.now)
        report = status_of(planned, Outcome())
        return Pass(planned.actions, report.status, report.events, report.requeue_after)

    def _carry_out(self, actions: tuple[Action, ...]) -> tuple[tuple[Action, ...], list[Refusal]]:
        """The actions that were carried out, and the refusals."""
        done: list[Action] = []
        refusals: list[Refusal] = []
        for action in actions:
            if any(needs(action, refusal) for refusal in refusals):
                continue
            kind = action.manifest["kind"] if isinstance(action, Apply) else action.kind
            name = action.manifest["metadata"]["name"] if isinstance(action, Apply) else action.name
            if kind == self.refuses:
                refusals.append(Refusal(kind, name, f"apply {kind}/{name}: exceeded quota"))
                continue
            done.append(action)
            if isinstance(action, Apply) and action.manager != FIELD_MANAGER:
                self.scale(action.manifest["spec"]["replicas"])
            elif isinstance(action, Apply):
                self.apply(action.manifest)
            else:
                self.delete(action)
        return tuple(done), refusals

    def settle(self, limit: int = 12) -> int:
        """Passes until a plan is empty; how many it took. Controllers move between passes."""
        for count in range(limit):
            self.roll_out()
            if self.tick() == Pass(requeue_after=self.plans[-1].requeue_after):
                return count
        raise AssertionError(f"not settled after {limit} passes; the last plan: {self.plans[-1]}")

    def train(self, **result: Any) -> None:
        """Settle, let the target's Job succeed, and settle again."""
        self.settle()
        self.succeed(**result)
        self.settle()

    def scale(self, replicas: int) -> None:
        """Somebody else sets the number of pods, which is then theirs."""
        deployment = self.get("Deployment")
        deployment["metadata"]["generation"] += deployment["spec"]["replicas"] != replicas
        deployment["spec"]["replicas"] = self._scaled = replicas

    def apply(self, manifest: Object) -> None:
        """Server-side apply with one field manager: what was there of ours is replaced, the rest stays."""
        key = manifest["kind"], manifest["metadata"]["name"]
        old = self.objects.get(key)
        new = copy.deepcopy(manifest)
        if manifest["kind"] == "Deployment":
            if old is None or "replicas" in manifest["spec"]:
                self._scaled = None
            if self._scaled is not None:
                new["spec"]["replicas"] = self._scaled
        new = defaulted(new)
        metadata = new["metadata"]
        if old is None:
            self._uids += 1
            metadata |= {"uid": f"uid-{self._uids:04}", "generation": 1}
            metadata["creationTimestamp"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            new["status"] = {"phase": "Pending"} if manifest["kind"] == "PersistentVolumeClaim" else {}
        else:
            metadata |= {k: old["metadata"][k] for k in ("uid", "creationTimestamp")}
            metadata["generation"] = old["metadata"]["generation"] + (old.get("spec") != new.get("spec"))
            new["status"] = old["status"]
        self.objects[key] = new
        if manifest["kind"] == "Job" and old is None:
            self._pod_of(new, new["spec"]["template"], f"{metadata['name']}-aaaaa", {"phase": "Pending"})

    def delete(self, action: Delete) -> None:
        """Delete an object by name and uid, and what it owns."""
        found = self.objects.get((action.kind, action.name))
        if found is not None and found["metadata"]["uid"] == action.uid:
            self.remove(action.kind, action.name)

    def remove(self, kind: str, name: str | None = None) -> None:
        """An object goes, and what it owns with it."""
        gone = self.objects.pop((kind, name or self.name))
        for key, obj in list(self.objects.items()):
            owners = obj["metadata"].get("ownerReferences", [])
            if any(owner["uid"] == gone["metadata"]["uid"] for owner in owners):
                del self.objects[key]

    def job_pod(self, job: str | None = None) -> Object:
        """The newest pod of a Job; by default of the target's."""
        owner = self.get("Job", job or self.status["targetRevision"])
        uid, template = owner["metadata"]["uid"], owner["spec"]["template"]
        owned = [pod for pod in self.all("Pod") if pod["metadata"]["ownerReferences"][0]["uid"] == uid]
        if not owned:  # somebody deleted it, so the Job controller makes another
            return self._pod_of(owner, template, f"{owner['metadata']['name']}-bbbbb", {"phase": "Pending"})
        return max(owned, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def succeed(self, job: str | None = None, **result: Any) -> None:
        """A Job's pod publishes and the Job is complete."""
        name = job or self.status["targetRevision"]
        facts: Object = {
            "directory": f"models/{name}",
            "digest": DIGEST,
            "model_version": "1.0.0",
            "model_type": "random_forest_classifier",
            "metrics": {"accuracy": 0.95},
            "steps": (StepReport("load", "Succeeded", 0.5), StepReport("train", "Succeeded", 1.25)),
        }
        success = RunResult(**{"run_id": self.run_id(name), "ok": True, **facts, **result})
        self.end_pod(self.job_pod(name), 0, success.encode())
        for claim in self.all("PersistentVolumeClaim"):
            claim["status"]["phase"] = "Bound"  # the pod ran, so it has a volume
        self.end_job(name, "Complete", "")

    def fail(self, job: str | None = None, *, exit_code: int = 1, reason: str = "StepFailed", **failure: str) -> None:
        """A Job's pod fails permanently, and so does the Job."""
        name = job or self.status["targetRevision"]
        details = {"location": "train", "message": "it went wrong", **failure}
        result = RunResult(self.run_id(name), ok=False, failure=RunFailure(reason, **details))  # type: ignore[arg-type]
        self.end_pod(self.job_pod(name), exit_code, result.encode())
        self.end_job(name, "Failed", "PodFailurePolicy")

    def run_id(self, job: str) -> str:
        """The run ID that a Job passes to its pod; empty for one that does not train."""
        return run_id_in(self.get("Job", job)["spec"]["template"]["spec"]["containers"][0]["args"])

    def end_job(self, name: str, condition: str, reason: str, message: str = "") -> None:
        """The Job controller decides."""
        job = self.get("Job", name)
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        decided = {
            "type": condition,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": moment,
        }
        job["status"] |= {"startTime": job["metadata"]["creationTimestamp"], "conditions": [decided]}

    def end_pod(self, pod: Object, exit_code: int, message: str = "", reason: str = "") -> None:
        """A pod's container ends."""
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        ended = {"exitCode": exit_code, "message": message, "reason": reason, "finishedAt": moment}
        phase = "Failed" if exit_code else "Succeeded"
        pod["status"] = {"phase": phase, "containerStatuses": [{"name": "c", "state": {"terminated": ended}}]}

    def roll_out(self, *, ready: bool = True) -> None:
        """The Deployment controller catches up: pods of the newest template, old ones gone once those are ready."""
        deployment = self.objects.get(("Deployment", self.name))
        if deployment is None or "template" not in deployment["spec"]:
            return
        template, wanted = deployment["spec"]["template"], deployment["spec"]["replicas"]
        hash_ = f"{zlib.crc32(repr(template).encode()):08x}"
        current = [pod for pod in self.scoring_pods() if label_of(pod, "pod-template-hash") == hash_]
        for index in range(len(current), wanted):
            pod = self._pod_of(
                deployment, template, f"{self.name}-{hash_}-{index}", ready_status() if ready else unready_status()
            )
            pod["metadata"]["labels"]["pod-template-hash"] = hash_
            current.append(pod)
        for pod in current[wanted:]:
            del self.objects["Pod", pod["metadata"]["name"]]
        if ready:
            for pod in current[:wanted]:
                pod["status"] = ready_status()
            for pod in self.scoring_pods():
                if label_of(pod, "pod-template-hash") != hash_:
                    del self.objects["Pod", pod["metadata"]["name"]]
        self.count_pods()

    def count_pods(self) -> None:
        """The Deployment's status says what its pods are."""
        deployment = self.get("Deployment")
        pods = self.scoring_pods()
        revision = label_of(deployment["spec"]["template"], REVISION)
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "updatedReplicas": sum(label_of(pod, REVISION) == revision for pod in pods),
            "readyReplicas": sum(pod["status"] == ready_status() for pod in pods),
        }

    def scoring_pods(self) -> list[Object]:
        """All scoring pods."""
        return [pod for pod in self.all("Pod") if label_of(pod, "app.kubernetes.io/component") == "serving"]

    def make(self, kind: str, name: str, **metadata: Any) -> Object:
        """Somebody else makes an object."""
        self._uids += 1
        body = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{self._uids:04}", **metadata}
        self.objects[kind, name] = {"kind": kind, "metadata": body, "spec": {}, "status": {}}
        return self.objects[kind, name]

    def _pod_of(self, owner: Object, template: Object, name: str, status: Object) -> Object:
        self._uids += 1
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": NAMESPACE,
                "uid": f"uid-{self._uids:04}",
                "labels": dict(template["metadata"]["labels"]),
                "creationTimestamp": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ownerReferences": [{"kind": owner["kind"], "uid": owner["metadata"]["uid"], "controller": True}],
            },
            "spec": copy.deepcopy(template["spec"]),
            "status": status,
        }
        self.objects["Pod", name] = pod
        return pod

    def _endpoint_slices(self) -> tuple[Object, ...]:
        service = self.objects.get(("Service", self.name))
        return () if service is None or self.endpoints_lag else (endpoint_slice(service, self.scoring_pods()),)

    def _copies(self, objects: dict[tuple[str, str], Object], kind: str) -> tuple[Object, ...]:
        return tuple(copy.deepcopy(obj) for (found, _), obj in objects.items() if found == kind)
