"""The status of a ModelDeployment as models; its spec is the runtime's (see `spec.py`).

These models and `easy_mlops.config.ModelDeploymentSpec` are the only source of the CRD (see `crd.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar

from easy_mlops.rules.judge import State
from easy_mlops.rules.metrics import Layer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from easy_mlops_operator.api.names import directory_argument
from easy_mlops_operator.api.texts import Line, Page, Paragraph, Place, Word

MAX_REVISIONS = 20
MAX_EVALUATIONS = 64
MAX_STEPS = 32
MAX_LEFTOVERS = 20
MAX_METRICS = 32
MAX_TOP = 3
MAX_CONDITIONS = 16

RevisionState = Literal["Training", "Succeeded", "Failed"]
Health = Literal["Healthy", "Warning", "Critical", "Unknown"]
Truth = Literal["True", "False", "Unknown"]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


def keyed_by(key: str) -> dict[str, Any]:
    """Schema of a list whose items are told apart by `key`."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


class StatusPart(BaseModel):
    """A part of the status. Read leniently: what another version of the operator wrote must not stop this one."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, serialize_by_alias=True, populate_by_name=True
    )


class Condition(StatusPart):
    """One aspect of the state, in the form of Kubernetes' own conditions."""

    type: Word = Field(description="What this is about, such as Ready.")
    status: Truth = Field(description="True is good, for every type but Stalled.")
    reason: Word = Field(description="One word for programs; docs/reasons.md has a row for each.")
    message: Page = Field(default="", description="The same in words, with names and values.")
    observed_generation: int = Field(default=0, description="Generation of the spec that this is about.")
    last_transition_time: Moment = Field(description="When status last changed.")


class Revision(StatusPart):
    """One trained state of the model: what it was trained from is hashed into its name."""

    name: Word = Field(
        description="Name of the revision, of its Job and of its run ConfigMap; of one that was found on the volume, "
        "the ID of the run that published it."
    )
    state: RevisionState = Field(description="Training, Succeeded or Failed.")
    version: Word = Field(default="", description="deployment.version of the run.")
    digest: Word = Field(default="", description="SHA-256 of the directory's SHA256SUMS.")
    directory: Place = Field(default="", description="Deployment directory, relative to the volume.")
    model_type: Word = Field(default="", description="Kind of model that was trained.")
    image: Place = Field(
        default="", description="Image that it is served with, and was trained with unless it was found on the volume."
    )
    claim: Word = Field(default="", description="UID of the claim that holds the directory; no other claim does.")
    created_at: Moment | None = Field(default=None, description="When the revision was first seen.")
    finished_at: Moment | None = Field(default=None, description="When its run ended.")
    reason: Word = Field(default="", description="Why it failed: a reason of PipelineSucceeded.")
    message: Paragraph = Field(default="", description="Why it failed, in words.")
    metrics: dict[str, str] = Field(
        default_factory=dict, max_length=MAX_METRICS, description="Metrics on the held-out rows, as decimals."
    )


class StepStatus(StatusPart):
    """One step of the run."""

    name: Word = Field(description="Name of the step.")
    state: Word = Field(description="Succeeded, Failed or Skipped.")
    seconds: Word = Field(default="0", description="Wall-clock seconds it took, a decimal.")
    message: Line = Field(default="", description="Remark of the step.")


class Artifacts(StatusPart):
    """What the run published."""

    directory: Place = Field(default="", description="Deployment directory, relative to the volume.")
    digest: Word = Field(default="", description="SHA-256 of its SHA256SUMS.")


class PipelineStatus(StatusPart):
    """The newest run of the target revision."""

    job: Word = Field(default="", description="Name of the Job.")
    started_at: Moment | None = Field(default=None, description="When the Job started.")
    finished_at: Moment | None = Field(default=None, description="When the Job ended.")
    steps: tuple[StepStatus, ...] = Field(
        default=(), max_length=MAX_STEPS, description="The run's steps in order, with seconds."
    )
    artifacts: Artifacts | None = Field(default=None, description="What the run published.")


class Leftover(StatusPart):
    """Artifacts of a revision that is not listed any more."""

    name: Word = Field(description="Name of the revision.")
    directory: Place = Field(description="Deployment directory, relative to the volume.")
    digest: Word = Field(description="SHA-256 of its SHA256SUMS: a directory with another one is not touched.")
    claim: Word = Field(description="UID of the claim that holds the directory.")

    @property
    def argument(self) -> str:
        """As `make-mlops-easy prune` takes it."""
        return directory_argument(self.directory, self.digest)


class PruningStatus(StatusPart):
    """Artifacts beyond revisionHistoryLimit, which a Job removes from the volume."""

    pending: tuple[Leftover, ...] = Field(
        default=(),
        max_length=MAX_LEFTOVERS,
        json_schema_extra=keyed_by("name"),
        description="What is still to be removed: not before no pod serves it any more.",
    )
    message: Line = Field(default="", description="Why the newest attempt failed. What serves is not concerned.")


class ServingStatus(StatusPart):
    """The scoring pods."""

    replicas: int = Field(default=0, description="Pods that exist.")
    desired_replicas: int = Field(
        default=0, description="Pods that are asked for, by the spec, by the autoscaler or by who else scales."
    )
    ready_replicas: int = Field(default=0, description="Pods that answer.")
    autoscaler: Line = Field(
        default="", description="Why the autoscaler cannot work, in its own words; empty when it can or there is none."
    )
    selector: Place = Field(default="", description="Label selector of the pods, for the scale subresource.")
    version: Word = Field(default="", description="Version of the model that the ready pods serve.")


class EvaluationCounts(StatusPart):
    """How many evaluations are in which state; those without a rule are not counted."""

    ok: int = Field(default=0, description="Within their limit.")
    firing: int = Field(default=0, description="Beyond their limit.")
    no_data: int = Field(default=0, description="Not judged for want of data.")
    suppressed: int = Field(default=0, description="Of those beyond their limit, how many a window suppresses.")


class ObservabilityStatus(StatusPart):
    """The evaluations in short."""

    health: Health = Field(
        default="Unknown", description="Worst severity that fires; Unknown when nothing could be judged."
    )
    since: Moment | None = Field(default=None, description="When health last changed.")
    thresholds: Word = Field(default="", description="Evaluations that are OK, of all that have a rule, as in 4/5.")
    firing: Line = Field(default="", description="Names of the evaluations that fire.")
    summary: EvaluationCounts = Field(default_factory=EvaluationCounts, description="Evaluations by state.")
    last_evaluated: Moment | None = Field(
        default=None,
        description="When the evaluations were last renewed: at once when a state changes, else at most every five "
        "minutes and only when a value moved by more than 5 %.",
    )


class Evaluation(StatusPart):
    """A metric, the limit that goes for it, and the verdict."""

    name: Word = Field(description="Name of the rule, or of the metric when it has no rule of its own.")
    layer: Layer = Field(description="data, model, system or business.")
    state: State = Field(description="OK, Firing, NoData (neither OK nor an alert) or NoRule.")
    value: Word | None = Field(default=None, description="Value of the metric, a decimal.")
    op: Word | None = Field(default=None, description="The alert's comparison: it fires when `value op threshold`.")
    threshold: Word | None = Field(default=None, description="Limit, a decimal.")
    low: Word | None = Field(default=None, description="With op outside: below it the rule fires, a decimal.")
    high: Word | None = Field(default=None, description="With op outside: above it the rule fires, a decimal.")
    from_reference: Word | None = Field(
        default=None, description="How threshold follows from the reference and from the rows that were judged."
    )
    source: Word | None = Field(default=None, description="Where the limit comes from.")
    severity: Word | None = Field(default=None, description="info, warning or critical.")
    samples: int | None = Field(default=None, description="Requests or rows behind the value.")
    window: Word | None = Field(default=None, description="How far back the value reaches.")
    column: Line | None = Field(default=None, description="Column that the rule is about, if it names one.")
    since: Moment | None = Field(default=None, description="When state last changed.")
    reason: Word | None = Field(
        default=None, description="Why there is no data; beside OK or Firing where no_data of the rule decided."
    )
    message: Line = Field(default="", description="The verdict in words.")
    runbook: Line | None = Field(default=None, description="What to read when it fires, as the rule says.")
    suppressed: bool | None = Field(
        default=None, description="true while it fires in a suppression window: nobody is called before that closes."
    )
    suppressed_by: Word | None = Field(default=None, description="Name of the suppression window.")
    suppressed_until: Moment | None = Field(default=None, description="When the suppression window closes.")
    top: tuple[Line, ...] = Field(
        default=(), max_length=MAX_TOP, description="What contributed most, such as the columns with most nulls."
    )


class Failure(StatusPart):
    """The newest failure; kept after it is mended, to be looked up."""

    location: Line = Field(default="", description="Step, field path or container that failed.")
    reason: Word = Field(default="", description="Reason, as in the condition.")
    message: Paragraph = Field(default="", description="What happened.")
    time: Moment | None = Field(default=None, description="When.")
    exit_code: int | None = Field(default=None, description="Exit code of the container, if it ended.")


class Status(StatusPart):
    """What the operator knows about a ModelDeployment."""

    observed_generation: int = Field(
        default=-1, description="Generation of the spec that this status is about, -1 before the first look."
    )
    phase: Word = Field(
        default="", description="One word to print, computed from the conditions; programs read those instead."
    )
    url: Line = Field(default="", description="Address of the Service inside the cluster.")
    active_revision: Word = Field(default="", description="Revision that the ready pods serve.")
    target_revision: Word = Field(default="", description="Revision that the spec asks for.")
    revisions: tuple[Revision, ...] = Field(
        default=(),
        max_length=MAX_REVISIONS,
        json_schema_extra=keyed_by("name"),
        description="Known revisions, newest first.",
    )
    pipeline: PipelineStatus | None = Field(default=None, description="The newest run of the target revision.")
    pruning: PruningStatus | None = Field(
        default=None, description="Artifacts that are to be removed; absent when there are none."
    )
    serving: ServingStatus | None = Field(default=None, description="The scoring pods.")
    observability: ObservabilityStatus | None = Field(default=None, description="The evaluations in short.")
    evaluations: tuple[Evaluation, ...] = Field(
        default=(),
        max_length=MAX_EVALUATIONS,
        json_schema_extra=keyed_by("name"),
        description="Verdicts on the active revision, firing ones first.",
    )
    last_failure: Failure | None = Field(default=None, description="The newest failure.")
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=MAX_CONDITIONS,
        json_schema_extra=keyed_by("type"),
        description="Ready, and what it is made of.",
    )

    def condition(self, type_: str) -> Condition | None:
        """The condition of a type."""
        return next((condition for condition in self.conditions if condition.type == type_), None)

    def revision(self, name: str) -> Revision | None:
        """The revision of a name."""
        return next((revision for revision in self.revisions if revision.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The status as the API takes it, without what has no value."""
        body: dict[str, Any] = _without_empty(self.model_dump(mode="json"))
        return body

    @classmethod
    def read(cls, raw: Any) -> Self:
        """The status that a resource carries. What cannot be read is left out, piece by piece."""
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
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_without_empty(item) for item in value]
    return value
