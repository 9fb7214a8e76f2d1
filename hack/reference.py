"""Writes docs/guide/keys.md, the reference of all configuration keys, from the models that validate them.

python hack/reference.py            writes the page
python hack/reference.py --check    fails if the page is out of date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from easy_mlops.config.base import Section
from easy_mlops.config.data import DataSource
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, DeploymentSection
from easy_mlops.config.observability import OBSERVABILITY_STEPS, FromReference, ObservabilitySection, Rule
from easy_mlops.config.plugins import Plugin
from easy_mlops.config.preprocessing import PREPROCESSING_STEPS, PreprocessingSection
from easy_mlops.config.runbook import RunbookSection
from easy_mlops.config.suppression import SuppressionWindow
from easy_mlops.config.training import TrainingSection
from easy_mlops.rules.metrics import METRICS
from generated import write_or_check

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guide" / "keys.md"
HEAD = """\
# All keys

The keys of a `config.yaml`, which are also the keys below `spec:` of a `ModelDeployment`. This page is generated from
the models that validate them (`python hack/reference.py`). For the keys that only a resource has (`pipeline`,
`serving`, `storage` and others), see `kubectl explain modeldeployment.spec --recursive`. Any other key is an error; the
message proposes the most similar one.
"""
SECTIONS: tuple[tuple[str, str, type[Section]], ...] = (
    ("data", "The training data. `make-mlops-easy train` takes a file as an argument instead.", DataSource),
    ("preprocessing", "How columns are transformed into features.", PreprocessingSection),
    ("training", "Which model is trained, and how it is validated.", TrainingSection),
    ("deployment", "Which artifacts are written, where, and by which steps.", DeploymentSection),
    ("observability", "What is logged, and which metrics are compared with which thresholds.", ObservabilitySection),
    ("observability.rules.NAME", "One rule. Its name is the name of the metric unless `metric` is set.", Rule),
    (
        "observability.rules.NAME.from_reference",
        "A limit computed from the reference and the number of rows.",
        FromReference,
    ),
    (
        "observability.runbook",
        "Who is responsible for alerts, what to do about them, and when to suppress them.",
        RunbookSection,
    ),
    ("observability.runbook.suppression_windows[]", "A period in which alerts notify nobody.", SuppressionWindow),
    ("plugins[]", "Modules with custom steps; a string is short for `module`.", Plugin),
)
STEPS = (
    ("preprocessing", PREPROCESSING_STEPS),
    ("deployment", DEPLOYMENT_STEPS),
    ("observability", OBSERVABILITY_STEPS),
)


def main(arguments: list[str]) -> int:
    return write_or_check(PAGE, "\n".join([HEAD, *_sections(), *_steps(), _metrics()]), arguments, "the models")


def _sections() -> Iterator[str]:
    for name, meaning, model in SECTIONS:
        yield f"## `{name}`\n\n{meaning}\n\n{_table(model)}"


def _steps() -> Iterator[str]:
    yield (
        "## Parameters of steps\n\n"
        "An entry of `steps:` is a name, or a mapping with `type` and `params`. The built-in steps have these\n"
        "parameters.\n"
    )
    for section, catalogue in STEPS:
        for name, model in catalogue.items():
            if model is not None:
                yield f"### `{name}` in `{section}.steps`\n\n{_table(model)}"


def _metrics() -> str:
    rows = [
        f"| `{row.name}` | {row.layer} | {row.better or 'declare it'} | {row.unit} | {row.min_samples} "
        f"| {'yes' if row.by_column else ''} |"
        for row in METRICS.values()
    ]
    head = ["| Metric | Layer | Better side | Unit | Minimum samples | By column |", "|---|---|---|---|---|---|"]
    intro = (
        "These metrics can have a limit, and `rolling_NAME` of those of the layer `model`. A limit on another name is\n"
        "refused with the nearest known one, unless `metric_directions` declares it, or the pipeline has plugins, an\n"
        "image or steps of its own, which may log any metric. Without a cluster, only names that look misspelled are\n"
        "refused, since a notebook may log any other with `log_metric`. A limit on a metric that is never logged is\n"
        "shown as `NoData`. Where the better side is not known, `metric_directions` or `op` declares it.\n"
    )
    return "\n".join(["## Metrics\n", intro, *head, *rows, ""])


def _table(model: type[Section]) -> str:
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    rows = [
        f"| `{key}` | {_type(field, definitions)} | {_default(field, key in schema.get('required', ()))} "
        f"| {_cell(field.get('description', ''))} |"
        for key, field in schema.get("properties", {}).items()
    ]
    if not rows:
        return "It has no parameters.\n"
    return "\n".join(["| Key | Type | Default | Meaning |", "|---|---|---|---|", *rows, ""])


def _type(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _type(definitions[field["$ref"].rsplit("/", 1)[1]], definitions)
    for combination in ("anyOf", "oneOf", "allOf"):
        if combination in field:
            kinds = dict.fromkeys(_type(item, definitions) for item in field[combination])
            return " or ".join(kind for kind in kinds if kind != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field.get('items', {}), definitions)}"
    if kind == "object":
        values = field.get("additionalProperties")
        return f"mapping to {_type(values, definitions)}" if isinstance(values, Mapping) and values else "mapping"
    names = {"string": "string", "integer": "integer", "number": "number", "boolean": "true or false"}
    return f"{names.get(kind, kind)}{_bounds(field)}"


def _bounds(field: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[key]:.10g}" for key, sign in signs.items() if key in field]
    return f" ({', '.join(bounds)})" if bounds else ""


def _default(field: Mapping[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = field.get("default")
    return "" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
