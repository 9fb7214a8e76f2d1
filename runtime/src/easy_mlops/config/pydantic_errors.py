"""From pydantic's errors to problems: paths as users write them, and the most similar name for an unknown key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from easy_mlops.config.errors import ConfigError, Problem, did_you_mean, format_path, join_path
from easy_mlops.config.patterns import ALLOWED

_SHOWN = 80
"""Characters of a value that are repeated in a message."""
_KINDS: Final = {
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
}
"""Messages for pydantic's types of error, in terms of YAML."""


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """The problems that pydantic reports, one for each path: for a union, that of its first branch."""
    by_path: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        for problem in _problems(item, model):
            by_path.setdefault(problem.path, problem)
    return [problem.below(prefix) for problem in by_path.values()]


def _problems(item: Any, model: type[BaseModel]) -> list[Problem]:
    loc: tuple[str | int, ...] = tuple(item["loc"])
    path = format_path(_place(model, loc)[0])
    if item["type"] == "extra_forbidden":
        known = _keys(_place(model, loc[:-1])[1])
        path = join_path(format_path(_place(model, loc[:-1])[0]), str(loc[-1]))
        return [Problem(path, "UnknownField", f"unknown key; {did_you_mean(str(loc[-1]), known)}")]
    if item["type"] == "missing":
        return [Problem(path, "InvalidValue", "is required")]
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return [problem.below(path) for problem in cause.problems]
    message = _KINDS.get(item["type"]) or _pattern(item) or str(item["msg"]).removeprefix("Value error, ")
    message = re.sub(r"^(Input|String|List|Dictionary) should ", "must ", message)
    message = message[:1].lower() + message[1:]
    shown = _shown(item.get("input"))
    if shown and shown not in message:
        message = f"{message}, got {shown}"
    return [Problem(path, "InvalidValue", message + _nearest(item))]


def _pattern(item: Any) -> str:
    """What a pattern allows; empty for other errors, and for patterns without a description."""
    allowed = ALLOWED.get(item["ctx"]["pattern"]) if item["type"] == "string_pattern_mismatch" else None
    return f"must be {allowed}" if allowed else ""


def _nearest(item: Any) -> str:
    """For a string that is not one of the allowed ones, the most similar of those."""
    value = item.get("input")
    if item["type"] != "literal_error" or not isinstance(value, str):
        return ""
    hint = did_you_mean(value, re.findall(r"'([^']*)'", item["ctx"]["expected"]))
    return f"; {hint}" if hint.startswith("did") else ""


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str | int | float):
        return repr(value)[:_SHOWN]
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return ""


def _place(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[list[str | int], Any]:
    """A location as a user knows it, and the annotation of the value there.

    Pydantic adds the branch of a union that it tried, and `[key]` for the key of a mapping; both are left out.
    """
    parts: list[str | int] = []
    current: Any = model
    for part in loc:
        options = _options(current)
        models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
        if isinstance(part, int):
            parts.append(part)
            current = next((get_args(option)[0] for option in options if get_origin(option) is list), None)
        elif len(options) == 1 and models:
            parts.append(part)
            fields = models[0].model_fields.items()
            current = next((field.annotation for name, field in fields if part in (name, field.alias)), None)
        elif len(options) == 1 and get_origin(options[0]) is dict:
            parts.append(part)
            current = get_args(options[0])[1]
        elif models:
            current = models[0]
    return parts, current


def _keys(annotation: Any) -> list[str]:
    """The keys that are allowed in a mapping with this annotation."""
    models = [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _options(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without None and without `Annotated`."""
    if annotation is None or annotation is NoneType:
        return []
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if isinstance(annotation, type) or get_origin(annotation) in (list, dict) or not get_args(annotation):
        return [annotation]
    if str(get_origin(annotation)) == "typing.Literal":
        return [annotation]
    return [option for argument in get_args(annotation) for option in _options(argument)]
