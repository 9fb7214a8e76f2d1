"""Pydantic's findings in the words of this project: paths as users write them, unknown keys with the nearest name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from easy_mlops.config.errors import ConfigError, Problem, did_you_mean, format_path, join_path

_SHOWN = 80
"""Characters of a value that are repeated in a message."""
_KINDS: Final = {
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
}
"""What pydantic calls an error of type, in the words of YAML."""


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """What pydantic found, one problem a place: of a union's branches the first one speaks."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        for problem in _problems(item, model):
            found.setdefault(problem.path, problem)
    return [problem.below(prefix) for problem in found.values()]


def _problems(item: Any, model: type[BaseModel]) -> list[Problem]:
    loc: tuple[str | int, ...] = tuple(item["loc"])
    path = format_path(_place(model, loc)[0])
    if item["type"] == "extra_forbidden":
        known = _keys(_place(model, loc[:-1])[1])
        # A key that has the name of nothing is not looked for among the model's fields.
        path = join_path(format_path(_place(model, loc[:-1])[0]), str(loc[-1]))
        return [Problem(path, "UnknownField", f"unknown key; {did_you_mean(str(loc[-1]), known)}")]
    if item["type"] == "missing":
        return [Problem(path, "InvalidValue", "is required")]
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return [problem.below(path) for problem in cause.problems]
    message = _KINDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ")
    message = re.sub(r"^(Input|String|List|Dictionary) should ", "must ", message)
    message = message[:1].lower() + message[1:]
    shown = _shown(item.get("input"))
    if shown and shown not in message:
        message = f"{message}, got {shown}"
    return [Problem(path, "InvalidValue", message)]


def _shown(given: Any) -> str:
    if given is None:
        return "null"
    if isinstance(given, str | int | float):
        return repr(given)[:_SHOWN]
    if isinstance(given, dict | list):
        return "a mapping" if isinstance(given, dict) else "a list"
    return ""


def _place(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[list[str | int], Any]:
    """A location without the marks that pydantic puts into it, and the annotation of what is there.

    Pydantic adds the branch of a union that it tried, and `[key]` for a key of a mapping; both are not part of the
    path that a user knows.
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
    """The keys that a mapping validated by this annotation may have."""
    found = [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
    return [field.alias or name for model in found for name, field in model.model_fields.items()]


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
