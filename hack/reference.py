"""Writes docs/guide/keys.md, the reference of every key of a configuration, from the models that check it.

python hack/reference.py            writes the page
python hack/reference.py --check    fails when the page is not what the models say
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
from generated import write_or_check

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guide" / "keys.md"
HEAD = """\
# Every key

The keys of a `config.yaml`, which are the same below `spec:` of a `ModelDeployment`. Generated from the models that
check them (`python hack/reference.py`). The part of a resource that only a cluster has (`pipeline`, `serving`,
`storage`) is explained by `kubectl explain modeldeployment.spec --recursive`. A key that is not here is an error, with
the nearest name that is.
"""
SECTIONS: tuple[tuple[str, str, type[Section]], ...] = (
    ("data", "What to train on. `make-mlops-easy train` is handed its file instead.", DataSource),
    ("preprocessing", "How a table becomes the matrix that a model learns from.", PreprocessingSection),
    ("training", "Which model is trained, and how it is measured.", TrainingSection),
    ("deployment", "Where the artifacts go, and by which steps.", DeploymentSection),
    ("observability", "What is logged, and what is an alert.", ObservabilitySection),
    ("observability.rules.NAME", "One alert; the name is the metric's unless `metric` says another.", Rule),
    (
        "observability.rules.NAME.from_reference",
        "A limit that follows from the reference and the number of rows.",
        FromReference,
    ),
    ("observability.runbook", "Whom an alert concerns, what to do, and when it is expected.", RunbookSection),
    ("observability.runbook.suppression_windows[]", "A time in which alerts call nobody.", SuppressionWindow),
    ("plugins[]", "Modules with steps of your own; a text is the module alone.", Plugin),
)
STEPS = (
    ("preprocessing", PREPROCESSING_STEPS),
    ("deployment", DEPLOYMENT_STEPS),
    ("observability", OBSERVABILITY_STEPS),
)


def main(arguments: list[str]) -> int:
    return write_or_check(PAGE, "\n".join([HEAD, *_sections(), *_steps()]), arguments, "the models say")


def _sections() -> Iterator[str]:
    for name, meaning, model in SECTIONS:
        yield f"## `{name}`\n\n{meaning}\n\n{_table(model)}"


def _steps() -> Iterator[str]:
    yield (
        "## Parameters of steps\n\n"
        "An entry of `steps:` is a name, or a mapping with `type` and `params`. These are the built-in steps.\n"
    )
    for section, catalogue in STEPS:
        for name, model in catalogue.items():
            if model is not None:
                yield f"### `{name}` in `{section}.steps`\n\n{_table(model)}"


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
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return f"{names.get(kind, kind)}{_bounds(field)}"


def _bounds(field: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {field[key]:.10g}" for key, sign in signs.items() if key in field]
    return f" ({', '.join(found)})" if found else ""


def _default(field: Mapping[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = field.get("default")
    return "" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
