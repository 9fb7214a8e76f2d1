"""The status of a ModelDeployment as models; its spec is the runtime's (see `spec.py`).

These models and `easy_mlops.config.ModelDeploymentSpec` are the only source of the CRD (see `crd.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar

from easy_mlops.rules.judge import State
from easy_mlops.rules.metrics import Layer
from easy_mlops.rules.precedence import MOST_LIMITS
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from easy_mlops_operator.api.names import directory_argument
from easy_mlops_operator.api.texts import Line, Page, Paragraph, Place, Word

MAX_REVISIONS = 20
MAX_EVALUATIONS = MOST_LIMITS
MAX_STEPS = 32
MAX_LEFTOVERS = 20
MAX_DAMAGED = 5
MAX_METRICS = 32
MAX_TOP = 3
MAX_CONDITIONS = 16

RevisionState = Literal["Training", "Succeeded", "Failed"]
Health = Literal["Healthy", "Warning", "Critical", "Unknown"]
Truth = Literal["True", "False", "Unknown"]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


def keyed_by(key: str) -> dict[str, Any]:
    """Schema of a list whose items are identified by `key`."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


class StatusPart(BaseModel):
    """A part of the status. Reading is lenient: fields of another version of the operator are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, serialize_by_alias=True, populate_by_name=True
    )


class Condition(StatusPart):
    """One aspect of the state, in the form of a Kubernetes condition."""

    type: Word = Field(description="Type of the condition, such as Ready.")
    status: Truth = Field(
        description="True, False or Unknown. True is good, for all types but Reconciling and Stalled."
    )
    reason: Word = Field(description="Reason for the status, in one word. docs/reasons.md explains each.")
    message: Page = Field(default="", description="Details of the reason, with names and values.")
    observed_generation: int = Field(default=0, description="Generation of the spec that the condition refers to.")
    last_transition_time: Moment = Field(description="Time at which status last changed.")


class Revision(StatusPart):
    """One trained state of the model. Its name has a hash of everything that it is trained from."""

    name: Word = Field(
        description="Name of the revision, of its Job and of its ConfigMap. For a revision found on the volume, the ID "
        "of the run that published it."
    )
    state: RevisionState = Field(description="Training, Succeeded or Failed.")
    version: Word = Field(default="", description="deployment.version of the run.")
    digest: Word = Field(default="", description="SHA-256 of the SHA256SUMS file of the directory.")
    directory: Place = Field(default="", description="Deployment directory, relative to the volume.")
    model_type: Word = Field(default="", description="Type of the trained model.")
    image: Place = Field(
        default="",
        description="Image that serves the revision and, unless it was found on the volume, that trained it.",
    )
    claim: Word = Field(default="", description="UID of the claim that has the directory.")
    created_at: Moment | None = Field(default=None, description="Time at which the revision was first observed.")
    finished_at: Moment | None = Field(default=None, description="Time at which its run ended.")
    reason: Word = Field(default="", description="Reason for which it failed, as in the condition PipelineSucceeded.")
    message: Paragraph = Field(default="", description="Details of the failure.")
    damaged: tuple[Place, ...] = Field(
        default=(),
        max_length=MAX_DAMAGED,
        description="Directories of the revision that were changed after they were published, each with its digest. "
        "They are never served or removed.",
    )
    damaged_at: Moment | None = Field(default=None, description="Time at which the latest of them was noticed.")
    metrics: dict[str, str] = Field(
        default_factory=dict, max_length=MAX_METRICS, description="Metrics on the held-out rows, as decimal strings."
    )

    @property
    def argument(self) -> str:
        """Its directory with the digest, as arguments of the runtime name it."""
        return directory_argument(self.directory, self.digest)

    @property
    def is_damaged(self) -> bool:
        """Whether the directory is one of those that were changed."""
        return self.argument in self.damaged


class StepStatus(StatusPart):
    """One step of the run."""

    name: Word = Field(description="Name of the step.")
    state: Word = Field(description="Succeeded, Failed or Skipped.")
    seconds: Word = Field(default="0", description="Wall-clock duration in seconds, as a decimal string.")
    message: Line = Field(default="", description="Message of the step.")


class Artifacts(StatusPart):
    """What the run published."""

    directory: Place = Field(default="", description="Deployment directory, relative to the volume.")
    digest: Word = Field(default="", description="SHA-256 of the SHA256SUMS file of the directory.")


class PipelineStatus(StatusPart):
    """The latest run of the target revision."""

    job: Word = Field(default="", description="Name of the Job.")
    started_at: Moment | None = Field(default=None, description="Time at which the Job started.")
    finished_at: Moment | None = Field(default=None, description="Time at which the Job ended.")
    steps: tuple[StepStatus, ...] = Field(default=(), max_length=MAX_STEPS, description="Steps of the run, in order.")
    artifacts: Artifacts | None = Field(default=None, description="What the run published.")


class Leftover(StatusPart):
    """Artifacts of a revision that is no longer listed."""

    name: Word = Field(description="Name of the revision.")
    directory: Place = Field(description="Deployment directory, relative to the volume.")
    digest: Word = Field(
        description="SHA-256 of the SHA256SUMS file of the directory. A directory with another digest is not touched."
    )
    claim: Word = Field(description="UID of the claim that has the directory.")

    @property
    def argument(self) -> str:
        """The argument of `make-mlops-easy prune`."""
        return directory_argument(self.directory, self.digest)


class PruningStatus(StatusPart):
    """Artifacts beyond revisionHistoryLimit, which a Job removes from the volume."""

    pending: tuple[Leftover, ...] = Field(
        default=(),
        max_length=MAX_LEFTOVERS,
        json_schema_extra=keyed_by("name"),
        description="Artifacts that are still to be removed, once no pod serves them.",
    )
    message: Line = Field(default="", description="Why the latest attempt failed. Serving is not affected.")


class StorageStatus(StatusPart):
    """The claim."""

    claim: Word = Field(default="", description="Name of the claim.")
    size: Word = Field(default="", description="Size that the claim requests; it cannot shrink.")
    bound: bool = Field(default=False, description="Whether the claim has a volume.")


class ServingStatus(StatusPart):
    """The scoring pods."""

    replicas: int = Field(default=0, description="Number of pods.")
    desired_replicas: int = Field(
        default=0,
        description="Number of pods requested by the spec, by the autoscaler or by another client.",
    )
    ready_replicas: int = Field(default=0, description="Number of pods that are ready.")
    ready: Word = Field(default="", description="Number of ready pods and of desired ones, such as 1/2.")
    autoscaler: Line = Field(
        default="",
        description="Why the autoscaler is unable to scale, as it reports; empty if it is able to or there is none.",
    )
    selector: Place = Field(default="", description="Label selector of the pods, for the scale subresource.")
    version: Word = Field(default="", description="Version of the model that the ready pods serve.")
    model_type: Word = Field(default="", description="Type of the model that the ready pods serve.")


class EvaluationCounts(StatusPart):
    """Number of evaluations by state, without those that have no rule."""

    ok: int = Field(default=0, description="Evaluations within their limit.")
    firing: int = Field(default=0, description="Evaluations beyond their limit.")
    no_data: int = Field(default=0, description="Evaluations without enough data for a verdict.")
    suppressed: int = Field(
        default=0, description="Evaluations beyond their limit that a suppression window suppresses."
    )


class ObservabilityStatus(StatusPart):
    """Summary of the evaluations."""

    health: Health = Field(
        default="Unknown",
        description="Highest severity of the evaluations that fire; Unknown if no evaluation has data.",
    )
    since: Moment | None = Field(default=None, description="Time at which health last changed.")
    thresholds: Word = Field(
        default="", description="Summary of the evaluations in words, such as OK 7, 1 firing of 8 or 2 no data of 8."
    )
    firing: Line = Field(default="", description="Names of the evaluations that fire.")
    summary: EvaluationCounts = Field(default_factory=EvaluationCounts, description="Evaluations by state.")
    last_evaluated: Moment | None = Field(
        default=None,
        description="Time at which the evaluations were last updated: immediately if a state changes, else at most "
        "every five minutes, and only if a value changes by more than 5 %.",
    )


class Evaluation(StatusPart):
    """A metric, its limit, and the verdict."""

    name: Word = Field(description="Name of the rule, or of the metric if it has no rule of its own.")
    layer: Layer = Field(description="data, model, system or business.")
    state: State = Field(description="OK, Firing, NoData (neither OK nor an alert) or NoRule.")
    value: Word | None = Field(default=None, description="Value of the metric, as a decimal string.")
    op: Word | None = Field(
        default=None, description="Comparison of the rule: it fires if `value op threshold` is true."
    )
    threshold: Word | None = Field(default=None, description="Limit, as a decimal string.")
    low: Word | None = Field(default=None, description="With op outside: the rule fires below this value.")
    high: Word | None = Field(default=None, description="With op outside: the rule fires above this value.")
    from_reference: Word | None = Field(
        default=None, description="How the threshold follows from the reference and the number of rows."
    )
    source: Word | None = Field(default=None, description="Part of the configuration that sets the limit.")
    severity: Word | None = Field(default=None, description="info, warning or critical.")
    observed_at: Moment | None = Field(
        default=None,
        description="Time at which the value was collected from the scoring pods. The status is written rarely; the "
        "operator's /metrics has the latest value.",
    )
    samples: int | None = Field(default=None, description="Number of requests or rows that the value is computed from.")
    window: Word | None = Field(default=None, description="Period that the value covers.")
    column: Line | None = Field(default=None, description="Column of the rule, if it names one.")
    since: Moment | None = Field(default=None, description="Time at which state last changed.")
    reason: Word | None = Field(
        default=None,
        description="Why there is no data. Also set for OK and Firing if the rule's no_data determined the state.",
    )
    message: Line = Field(default="", description="Details of the verdict.")
    runbook: Line | None = Field(default=None, description="The rule's runbook: what to read if it fires.")
    suppressed: bool | None = Field(
        default=None, description="true while it fires in a suppression window, during which nobody is alerted."
    )
    suppressed_by: Word | None = Field(default=None, description="Name of the suppression window.")
    suppressed_until: Moment | None = Field(default=None, description="Time at which the suppression window ends.")
    top: tuple[Line, ...] = Field(
        default=(),
        max_length=MAX_TOP,
        description="Largest contributions to the value, such as the columns with the most nulls.",
    )


class Failure(StatusPart):
    """The latest failure. It remains after it is resolved."""

    location: Line = Field(default="", description="Step, field path or container that failed.")
    reason: Word = Field(default="", description="Reason of the failure, as in the condition.")
    message: Paragraph = Field(default="", description="Details of the failure.")
    time: Moment | None = Field(default=None, description="Time of the failure.")
    exit_code: int | None = Field(default=None, description="Exit code of the container, if it terminated.")


class Status(StatusPart):
    """The observed state of a ModelDeployment."""

    observed_generation: int = Field(
        default=-1,
        description="Generation of the spec that the status refers to; -1 if the operator has not observed any.",
    )
    phase: Word = Field(
        default="",
        description="Summary of the conditions in one word, for display only: Serving, Idle (no replicas), Training, "
        "RollingOut, Waiting, Suspended or Failed. Programs should read the conditions.",
    )
    url: Line = Field(default="", description="URL of the Service inside the cluster.")
    active_revision: Word = Field(default="", description="Revision that the ready pods serve.")
    target_revision: Word = Field(default="", description="Revision that the spec describes.")
    revisions: tuple[Revision, ...] = Field(
        default=(),
        max_length=MAX_REVISIONS,
        json_schema_extra=keyed_by("name"),
        description="Known revisions, newest first.",
    )
    pipeline: PipelineStatus | None = Field(default=None, description="The latest run of the target revision.")
    pruning: PruningStatus | None = Field(
        default=None, description="Artifacts that are to be removed; absent if there are none."
    )
    storage: StorageStatus | None = Field(default=None, description="The claim; absent until there is one.")
    serving: ServingStatus | None = Field(default=None, description="The scoring pods.")
    observability: ObservabilityStatus | None = Field(default=None, description="Summary of the evaluations.")
    evaluations: tuple[Evaluation, ...] = Field(
        default=(),
        max_length=MAX_EVALUATIONS,
        json_schema_extra=keyed_by("name"),
        description="Evaluations of the active revision, firing ones first.",
    )
    last_failure: Failure | None = Field(default=None, description="The latest failure.")
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=MAX_CONDITIONS,
        json_schema_extra=keyed_by("type"),
        description="Ready, and the conditions that it depends on.",
    )

    def condition(self, type_: str) -> Condition | None:
        """The condition of a type."""
        return next((condition for condition in self.conditions if condition.type == type_), None)

    def revision(self, name: str) -> Revision | None:
        """The revision of a name."""
        return next((revision for revision in self.revisions if revision.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The status as JSON for the API, without empty fields."""
        body: dict[str, Any] = _without_empty(self.model_dump(mode="json"))
        return body

    @classmethod
    def read(cls, raw: Any) -> Self:
        """The status of a resource. Parts that are not valid are left out one by one."""
        if not isinstance(raw, dict):
            return cls()
        parts: dict[str, Any] = {
            key: part for key, model in _PARTS.items() if (part := _read(model, raw.get(key))) is not None
        }
        for key, item_model in _LISTS.items():
            items = raw.get(key)
            read = [_read(item_model, item) for item in items] if isinstance(items, list) else []
            parts[key] = tuple(item for item in read if item is not None)
        for key in ("phase", "url", "activeRevision", "targetRevision"):
            if isinstance(raw.get(key), str):
                parts[key] = raw[key]
        if isinstance(raw.get("observedGeneration"), int):
            parts["observedGeneration"] = raw["observedGeneration"]
        return cls.model_validate(parts)


Part = TypeVar("Part", bound=StatusPart)

_PARTS: dict[str, type[StatusPart]] = {
    "pipeline": PipelineStatus,
    "pruning": PruningStatus,
    "storage": StorageStatus,
    "serving": ServingStatus,
    "observability": ObservabilityStatus,
    "lastFailure": Failure,
}
_LISTS: dict[str, type[StatusPart]] = {"revisions": Revision, "evaluations": Evaluation, "conditions": Condition}


def _read(model: type[Part], raw: Any) -> Part | None:
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None


def _without_empty(value: Any) -> Any:
    """Leave out nulls and empty texts, lists and mappings, as Go's `omitempty` does; zeros and false stay."""
    if isinstance(value, dict):
        filled = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_without_empty(item) for item in value]
    return value
