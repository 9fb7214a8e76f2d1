"""The handoff page of a deployment: what whoever takes a model over has to know, in the course notebook's six parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from easy_mlops.observability.evaluation import Evaluation
from easy_mlops.observability.report.content import decimals, limit_text
from easy_mlops.observability.report.layers import RUNBOOK_HEAD
from easy_mlops.observability.report.markdown import plain, table

Metadata = Mapping[str, Any]
_MOST: Final = 20
"""Deployments that the change log lists, and values of a category or metrics of a deployment that a cell shows."""


@dataclass(frozen=True)
class Handoff:
    """What the page is made of: `directory` as it was asked for, its `name` and its digest, empty without SHA256SUMS.

    `others` are the deployments in the same folder, this one among them, newest first, with their metadata.
    """

    directory: Path
    name: str
    digest: str
    metadata: Metadata
    evaluations: Sequence[Evaluation]
    runbook: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, Metadata]]


def handoff_page(facts: Handoff) -> str:
    """The page as Markdown."""
    parts = {
        "Endpoint(s) & auth": _endpoints(facts),
        "Data contracts & schema versioning": _contract(facts.metadata.get("schema") or {}),
        "Model versioning & rollback": _version(facts),
        "Monitoring metrics & alert thresholds": _monitoring(facts),
        "Ownership: contacts, escalation": _ownership(facts),
        "Change log": _changes(facts),
    }
    lines = [f"# Handoff: {plain(facts.name)}"]
    for title, told in parts.items():
        lines += ["", f"## {title}", "", *told]
    return "\n".join(lines)


def _endpoints(facts: Handoff) -> Iterator[str]:
    script = (facts.metadata.get("files") or {}).get("endpoint")
    yield "- `POST /predict` and `POST /v2/models/NAME/infer` (Open Inference Protocol), `GET /metrics` for Prometheus."
    yield f"- On this machine: `make-mlops-easy serve {facts.directory}`."
    yield "- In a cluster: the Service that has the name of the ModelDeployment."
    if script:
        yield f"- Without a server: the script `{script}` in the directory."
    yield (
        "- Requests are not authenticated: whoever reaches the port is answered. Put a gateway in front of it, or a "
        "network policy."
    )


def _contract(schema: Metadata) -> Iterator[str]:
    columns = schema.get("columns") or ()
    if not columns:
        yield "The deployment has no schema."
        return
    yield f"- Target: {plain(schema.get('target'))}"
    yield f"- Schema: `{schema.get('hash')}`, of names, types and nullability; `schema_hash_mismatch` tells other rows."
    yield ""
    rows = [
        (column["name"], column["type"], "yes" if column.get("nullable") else "no", _values(column))
        for column in columns
    ]
    yield from table(("Column", "Type", "May be missing", "Values in training"), rows, "")


def _values(column: Metadata) -> str:
    categories = column.get("categories")
    if categories:
        more = f" and {len(categories) - _MOST} more" if len(categories) > _MOST else ""
        return ", ".join(map(str, categories[:_MOST])) + more
    low, high = column.get("min"), column.get("max")
    return "-" if low is None or high is None else f"{low:g} to {high:g}"


def _version(facts: Handoff) -> Iterator[str]:
    results: Metadata = facts.metadata.get("training_results") or {}
    deployed = plain(facts.metadata.get("deployment_time"))
    yield f"- Version {plain(facts.metadata.get('version'))}, {plain(results.get('model_type'))}, deployed {deployed}"
    yield (
        f"- Digest (SHA-256 of SHA256SUMS): `{facts.digest}`" if facts.digest else "- The directory has no SHA256SUMS."
    )
    made = ", ".join(f"{name} {number}" for name, number in (facts.metadata.get("versions") or {}).items())
    yield f"- Made with {plain(made)}"
    yield f"- On the held-out rows: {plain(_metrics(facts.metadata))}"
    names = [name for name, _ in facts.others]
    earlier = names[names.index(facts.name) + 1 :] if facts.name in names else []
    if earlier:
        yield f"- Back to the earlier version: `make-mlops-easy serve {facts.directory.parent / earlier[0]}`"
    else:
        yield "- There is no earlier version beside it."
    yield "- In a cluster: revert the ModelDeployment; its revision is kept and serves again without being trained."


def _metrics(metadata: Metadata) -> str:
    metrics: Metadata = (metadata.get("training_results") or {}).get("metrics") or {}
    return ", ".join(f"{name} {decimals(value)}" for name, value in list(metrics.items())[:_MOST]) or "-"


def _monitoring(facts: Handoff) -> Iterator[str]:
    rows = [
        (item.name, limit_text(item) or item.message, item.severity or "-", item.source or "-", item.state)
        for item in facts.evaluations
    ]
    yield from table(("Rule", "Limit", "Severity", "From", "Now"), rows, "Nothing is judged.")
    yield ""
    yield f"`make-mlops-easy status {facts.directory}` tells how they stand; `observe` makes a report of it."


def _ownership(facts: Handoff) -> list[str]:
    return table(RUNBOOK_HEAD, facts.runbook, "Nobody is named: `observability.runbook` is empty.")


def _changes(facts: Handoff) -> Iterator[str]:
    rows = [
        (
            f"{name} (this one)" if name == facts.name else name,
            metadata.get("version"),
            metadata.get("deployment_time"),
            (metadata.get("training_results") or {}).get("model_type"),
            _metrics(metadata),
        )
        for name, metadata in facts.others[:_MOST]
    ]
    yield from table(("Deployment", "Version", "Deployed", "Model", "Held-out metrics"), rows, "Nothing is known.")
