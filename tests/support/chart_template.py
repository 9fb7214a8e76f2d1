"""Renders the chart's template without Helm: just the expressions that hack/chart.py writes, anything else fails."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_EXPRESSION = re.compile(r"{{ (.*?) }}")
_CONTROL = re.compile(r"{{- (if|else|end)\s?(.*?) ?}}")


def render_chart(template: str, values: dict[str, Any], namespace: str) -> list[dict[str, Any]]:
    """The objects that Helm would install into `namespace`."""
    conditions = {
        "gt (int .Values.replicas) 1": values["replicas"] > 1,
        ".Values.watchNamespace": bool(values["watchNamespace"]),
        "not .Values.watchNamespace": not values["watchNamespace"],
    }
    expressions = {f".Values.{name} | quote": json.dumps(value) for name, value in values.items()}
    expressions |= {
        ".Release.Namespace | quote": json.dumps(namespace),
        ".Values.replicas": str(values["replicas"]),
        "toJson .Values.resources": json.dumps(values["resources"]),
    }
    shown, lines = [True], []
    for line in template.splitlines():
        if control := _CONTROL.fullmatch(line):
            word, condition = control.groups()
            if word == "if":
                shown.append(conditions[condition])
            elif word == "else":
                shown.append(not shown.pop())
            else:
                shown.pop()
        elif all(shown):
            lines.append(_EXPRESSION.sub(lambda match: expressions[match[1]], line))
    assert shown == [True], "an `if` without an `end`"
    text = "\n".join(lines)
    assert "{{" not in text, text
    return [item for item in yaml.safe_load_all(text) if item]
