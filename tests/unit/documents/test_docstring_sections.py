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


def methods() -> list[tuple[str, Any]]:
    """Public methods and properties of the public classes, by name."""
    found = {}
    for package in (*PACKAGES, "pipeline"):
        module = importlib.import_module(f"easy_mlops.{package}")
        for item in (getattr(module, name) for name in module.__all__):
            if not inspect.isclass(item) or not item.__module__.startswith("easy_mlops."):
                continue
            for name, value in vars(item).items():
                method = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if inspect.isfunction(method) and not name.startswith("_") and item.__name__ not in RESULTS:
                    found[f"{item.__name__}.{name}"] = method
    return sorted(found.items())


@pytest.mark.parametrize(("name", "method"), methods(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_public_method_has_its_sections(name: str, method: Any) -> None:
    signature, documented = inspect.signature(method), inspect.getdoc(method) or ""
    expected = {"Parameters"} if set(signature.parameters) - {"self", "cls"} else set()
    if signature.return_annotation not in (None, "None"):
        expected.add("Yields" if "Iterator" in str(signature.return_annotation) else "Returns")
    missing = [title for title in sorted(expected) if f"{title}\n---" not in documented]
    assert not missing, f"{name} lacks {', '.join(missing)}"


@pytest.mark.parametrize(("name", "item"), public(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_public_name_has_its_sections(name: str, item: Any) -> None:
    documented = inspect.getdoc(item) or ""
    missing = [title for title in sorted(expected_sections(name, item)) if f"{title}\n---" not in documented]
    assert not missing, f"{name} lacks {', '.join(missing)}"
