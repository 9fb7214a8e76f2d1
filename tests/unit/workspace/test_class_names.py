"""One name, one thing: a class name exists once in both packages together."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

ALLOWED = {"Plan": "pickles of earlier releases name `easy_mlops.preprocessing.recipe.Plan`"}
"""Names that may exist twice, and why."""


def test_no_class_name_exists_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for package in ("runtime/src", "operator/src"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(f"{file.relative_to(ROOT)}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice.keys() == ALLOWED.keys(), twice
