"""Renders docs/images/demo.svg, a terminal session with the demo's resource, from the cluster of `make demo`.

python hack/picture.py
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path

import kubernetes_env
from console import run
from demo import CLUSTER, NAME, evaluation_line
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "demo.svg"
WIDTH = 112
COLOURS = {
    "OK": "green",
    "True": "green",
    "Succeeded": "green",
    "Firing": "yellow",
    "False": "yellow",
    "NoData": "bright_black",
}


def main() -> int:
    if os.environ.get("CLUSTER") != "current":
        kubernetes_env.use(CLUSTER)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    status = json.loads(run(["kubectl", "get", "modeldeployment", NAME, "-o", "json"]))["status"]
    command(console, f"kubectl apply -f examples/{NAME}/modeldeployment.yaml")
    console.print(f"modeldeployment.easymlops.dev/{NAME} created\n")
    command(console, f"kubectl wait --for=condition=Ready modeldeployment/{NAME}")
    console.print(f"modeldeployment.easymlops.dev/{NAME} condition met\n")
    command(console, "kubectl get modeldeployments")
    for line in run(["kubectl", "get", "modeldeployments", NAME]).splitlines():
        console.print(coloured(line.rstrip()))
    console.print()
    command(console, f"kubectl get modeldeployment {NAME} -o yaml     # status.evaluations, as a table")
    for item in status["evaluations"]:
        console.print(coloured(evaluation_line(item)))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    svg = console.export_svg(title="Make MLOps Easy for Kubernetes")
    # Without a font from the network: viewers without the font use the system's monospace font.
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))
    print(PICTURE.relative_to(ROOT))
    return 0


def command(console: Console, text: str) -> None:
    console.print(Text("$ ", style="bright_black") + Text(text, style="bold"), soft_wrap=True)


def coloured(line: str) -> Text:
    text = Text(line)
    for word, colour in COLOURS.items():
        # With the blanks that follow: some viewers drop blanks at the start of a piece of text.
        text.highlight_regex(rf"(?<!\S){word}(\s+|$)", style=colour)
    return text


if __name__ == "__main__":
    sys.exit(main())
