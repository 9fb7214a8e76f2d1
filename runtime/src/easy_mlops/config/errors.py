"""Configuration errors that name the field, the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

Reason = Literal["UnknownField", "UnknownStep", "ConflictingKeys", "InvalidValue"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`deployment.steps[2].params`), why, and in words."""

    path: str
    reason: Reason
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(ValueError):
    """The configuration cannot be taken. `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the nearest known name, else the list of what is allowed."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"allowed are {', '.join(names)}" if names else "nothing is allowed here"


def format_path(parts: Iterable[str | int]) -> str:
    """`('steps', 2, 'params')` → `steps[2].params`."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """Pydantic's findings in the words of this project, unknown keys with the nearest valid name."""
    found: dict[tuple[str, str], Problem] = {}
    for item in error.errors(include_url=False):
        problem = _problem(item, model, prefix)
        found.setdefault((problem.path, problem.message), problem)
    return list(found.values())


def _problem(item: Any, model: type[BaseModel], prefix: str) -> Problem:
    loc: tuple[str | int, ...] = tuple(item["loc"])
    parts = [part for part in loc if not _is_branch(part)]
    path = format_path(([prefix] if prefix else []) + parts)
    kind, given = item["type"], item.get("input")
    if kind == "extra_forbidden":
        known = _field_names(model, loc[:-1])
        return Problem(path, "UnknownField", f"unknown key; {did_you_mean(str(loc[-1]), known)}")
    if kind == "missing":
        return Problem(path, "InvalidValue", "is required")
    message = str(item["msg"]).removeprefix("Value error, ")
    if kind == "value_error" and isinstance(cause := item.get("ctx", {}).get("error"), ConfigError):
        first = cause.problems[0]
        inner = format_path([path, *([first.path] if first.path else [])]) if path else first.path
        return Problem(inner, first.reason, first.message)
    message = message[:1].lower() + message[1:]
    if isinstance(given, str | int | float | bool) or given is None:
        shown = "null" if given is None else repr(given)
        if shown not in message:
            message = f"{message}, got {shown[:80]}"
    return Problem(path, "InvalidValue", message)


def _is_branch(part: str | int) -> bool:
    """Pydantic puts the tried branch of a union into the location (`str`, `StepSpec`, `function-after[…]`)."""
    if isinstance(part, int):
        return False
    return part in {"str", "int", "float", "bool", "StepSpec", "[key]"} or "[" in part


def _field_names(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The field names valid at a location, found by walking the models' annotations."""
    current: Any = model
    for part in loc:
        if isinstance(part, str) and _is_branch(part):
            continue
        current = _step_into(current, part)
        if current is None:
            return []
    found = _models_in(current)
    return [field.alias or name for m in found for name, field in m.model_fields.items()]


def _step_into(annotation: Any, part: str | int) -> Any:
    for model in _models_in(annotation):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
    return annotation  # a list's index or a mapping's key: the item's models are found inside the annotation


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]
