"""The handoff page of a deployment: what a new owner of the model has to know, in the course notebook's six parts.

The page is `templates/handoff.md.j2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from easy_mlops.observability.report.content import decimals, limit_text
from easy_mlops.observability.report.layers import RUNBOOK_HEAD
from easy_mlops.pages import render
from easy_mlops.rules.judge import Verdict

Metadata = Mapping[str, Any]
_MOST: Final = 20
"""Deployments that the change log lists, and values of a category or metrics of a deployment that a cell shows."""


@dataclass(frozen=True)
class Handoff:
    """The facts of the page.

    Parameters
    ----------
    directory
        The deployment directory, as the user wrote it.
    name
        Its last part.
    digest
        The SHA-256 of its SHA256SUMS; empty without that file.
    metadata
        The contents of its metadata.json.
    evaluations
        The state of each rule and metric.
    runbook
        The rows of the runbook.
    deployments
        Names and metadata of all deployments in the same folder, this one included, newest first.
    """

    directory: Path
    name: str
    digest: str
    metadata: Metadata
    evaluations: Sequence[Verdict]
    runbook: Sequence[tuple[str, str]]
    deployments: Sequence[tuple[str, Metadata]]


def handoff_page(facts: Handoff) -> str:
    """The page as Markdown."""
    metadata = facts.metadata
    schema: Metadata = metadata.get("schema") or {}
    versions: Metadata = metadata.get("versions") or {}
    page = render(
        "easy_mlops.pipeline",
        "handoff.md.j2",
        directory=facts.directory,
        name=facts.name,
        digest=facts.digest,
        script=(metadata.get("files") or {}).get("endpoint"),
        schema={key: schema.get(key) for key in ("target", "hash")},
        columns=list(_columns(schema)),
        metadata={key: metadata.get(key) for key in ("version", "deployment_time")},
        results={"model_type": _model_type(metadata)},
        versions=", ".join(f"{package} {version}" for package, version in versions.items()),
        metrics=_metrics(metadata),
        earlier=_earlier(facts),
        rules=[
            (item.name, limit_text(item) or item.message, item.severity or "-", item.source or "-", item.state)
            for item in facts.evaluations
        ],
        runbook_head=RUNBOOK_HEAD,
        runbook=facts.runbook,
        changes=list(_changes(facts)),
    )
    return page.rstrip("\n")


def _columns(schema: Metadata) -> Iterator[tuple[str, ...]]:
    for column in schema.get("columns") or ():
        yield column["name"], column["type"], "yes" if column.get("nullable") else "no", _values(column)


def _values(column: Metadata) -> str:
    categories = column.get("categories")
    if categories:
        more = f" and {len(categories) - _MOST} more" if len(categories) > _MOST else ""
        return ", ".join(map(str, categories[:_MOST])) + more
    low, high = column.get("min"), column.get("max")
    return "-" if low is None or high is None else f"{low:g} to {high:g}"


def _model_type(metadata: Metadata) -> Any:
    return (metadata.get("training_results") or {}).get("model_type")


def _metrics(metadata: Metadata) -> str:
    metrics: Metadata = (metadata.get("training_results") or {}).get("metrics") or {}
    return ", ".join(f"{name} {decimals(value)}" for name, value in list(metrics.items())[:_MOST]) or "-"


def _earlier(facts: Handoff) -> Path | None:
    """The deployment before this one in the same folder."""
    names = [name for name, _ in facts.deployments]
    older = names[names.index(facts.name) + 1 :] if facts.name in names else []
    return facts.directory.parent / older[0] if older else None


def _changes(facts: Handoff) -> Iterator[tuple[object, ...]]:
    for name, metadata in facts.deployments[:_MOST]:
        shown = f"{name} (this one)" if name == facts.name else name
        deployed = metadata.get("deployment_time")
        yield shown, metadata.get("version"), deployed, _model_type(metadata), _metrics(metadata)
