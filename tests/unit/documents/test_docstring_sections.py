"""Public names of the library have the sections of scikit-learn's docstrings that apply to them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

PACKAGES = ("deployment", "observability", "preprocessing", "training")
RESULTS = {"InputReport", "LoadedDeployment", "DeploymentContext"}
"""Data classes, whose fields are attributes."""


def public() -> list[tuple[str, Any]]:
    modules = [importlib.import_module(f"easy_mlops.{name}") for name in PACKAGES]
    named = [(f"{module.__name__}.{name}", getattr(module, name)) for module in modules for name in module.__all__]
    return [(name, item) for name, item in named if callable(item)]


def expected_sections(name: str, item: Any) -> set[str]:
    sections = {"Examples"}
    own = item.__init__ if inspect.isclass(item) and "__init__" in vars(item) else None
    function = item if inspect.isfunction(item) else own
    parameters = [] if function is None else [p for p in inspect.signature(function).parameters if p != "self"]
    if parameters and name.rpartition(".")[2] not in RESULTS:
        sections.add("Parameters")
    if inspect.isfunction(item) and inspect.signature(item).return_annotation not in (None, "None"):
        sections.add("Returns")
    return sections


@pytest.mark.parametrize(("name", "item"), public(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_public_name_has_its_sections(name: str, item: Any) -> None:
    documented = inspect.getdoc(item) or ""
    missing = [title for title in sorted(expected_sections(name, item)) if f"{title}\n---" not in documented]
    assert not missing, f"{name} lacks {', '.join(missing)}"
