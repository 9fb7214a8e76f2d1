"""Generates manifests/monitoring/dashboard.json, for Grafana, from panels.yaml in the same folder.

python hack/dashboard.py            writes the file
python hack/dashboard.py --check    fails if the file is out of date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from generated import write_or_check

FOLDER: Final = Path(__file__).resolve().parent.parent / "manifests" / "monitoring"
FILE: Final = FOLDER / "dashboard.json"
QUANTILES: Final = (0.5, 0.95, 0.99)
# Grafana's grid is 24 units wide.
IN_A_ROW: Final = 3
WIDTH: Final = 24 // IN_A_ROW
HEIGHT: Final = 8

Json = dict[str, Any]

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_OPTIONS: Final[dict[str, Json]] = {
    "timeseries": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "table": {"frameIndex": 0, "showHeader": True},
    "bargauge": {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "valueMode": "color",
        "namePlacement": "auto",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 300,
        "legend": {**_LEGEND, "showLegend": False},
        "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
    },
}
_PLACEHOLDERS: Final = {"MODEL": 'namespace=~"$namespace", name=~"$name"', "RATE": "$__rate_interval"}


def dashboard() -> Json:
    """The dashboard in Grafana's model, schema version 39: Grafana 11 and later."""
    return {
        "uid": "easy-mlops",
        "title": "Make MLOps Easy",
        "description": "Models and their rules, scoring pods, the operator.",
        "tags": ["easy-mlops"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": []},
        "templating": {"list": list(_variables())},
        "panels": list(_panels(yaml.safe_load((FOLDER / "panels.yaml").read_text()))),
    }


def _variables() -> Iterator[Json]:
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    metric = "easymlops_modeldeployment_condition"
    for name, label, query in (
        ("namespace", "Namespace", f"label_values({metric}, namespace)"),
        ("name", "ModelDeployment", f'label_values({metric}{{namespace=~"$namespace"}}, name)'),
    ):
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _SOURCE,
            "query": query,
            "refresh": 2,  # when the time range changes
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _panels(rows: list[Json]) -> Iterator[Json]:
    identity, y = 0, 0
    for row in rows:
        identity += 1
        title = {"id": identity, "type": "row", "title": row["row"], "collapsed": False, "panels": []}
        yield {**title, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}
        y += 1
        for index, panel in enumerate(row["panels"]):
            line, column = divmod(index, IN_A_ROW)
            place = {"x": column * WIDTH, "y": y + line * HEIGHT, "w": WIDTH, "h": HEIGHT}
            identity += 1
            yield {"id": identity, "gridPos": place, **_panel(**panel)}
        y += -(-len(row["panels"]) // IN_A_ROW) * HEIGHT


def _panel(
    *,
    title: str,
    kind: str = "timeseries",
    unit: str = "short",
    about: str = "",
    queries: Mapping[str, str] | None = None,
    quantiles: str = "",
) -> Json:
    shown = queries or {
        f"p{quantile * 100:.0f}": f"histogram_quantile({quantile}, sum by (le) (rate({quantiles}[RATE])))"
        for quantile in QUANTILES
    }
    now = kind != "timeseries"
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": _SOURCE,
            "expr": _filled_in(query),
            "legendFormat": legend,
            "instant": now,
            "range": not now,
            "format": "table" if kind == "table" else "time_series",
        }
        for index, (legend, query) in enumerate(shown.items())
    ]
    panel = {"type": kind, "title": title, "description": about, "datasource": _SOURCE, "targets": targets}
    panel |= {"fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "options": _OPTIONS[kind]}
    if kind == "table":
        panel["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]
    return panel


def _filled_in(query: str) -> str:
    for mark, text in _PLACEHOLDERS.items():
        query = query.replace(mark, text)
    return query.strip()


def main(arguments: list[str]) -> int:
    return write_or_check(FILE, json.dumps(dashboard(), indent=1) + "\n", arguments, "panels.yaml")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
