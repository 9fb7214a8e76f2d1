"""Configuration errors that name the field, the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Reason = Literal["UnknownField", "UnknownStep", "ConflictingKeys", "InvalidValue"]


@dataclass(frozen=True)
class Problem:
    """One problem: the path of the field, such as `deployment.steps[2].params`, a reason for programs, and a message.

    `wrong_type` marks an item of a step list that is neither a name nor a mapping, for which the library's classes
    raise a `TypeError`.
    """

    path: str
    reason: Reason
    message: str
    wrong_type: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message

    def below(self, prefix: str) -> Problem:
        """The same problem with `prefix` before its path.

        Parameters
        ----------
        prefix : str
            Path of the section that was checked, such as `spec`.

        Returns
        -------
        Problem
        """
        return replace(self, path=join_path(prefix, self.path))


class ConfigError(ValueError):
    """The configuration is not valid. `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class StepTypeError(ConfigError, TypeError):
    """A step list contains an item that is neither a name nor a mapping."""


def require(problems: Iterable[Problem]) -> None:
    """Raise `ConfigError`, or `StepTypeError` if a problem is about a type, unless there is no problem."""
    if listed := list(problems):
        raise error_of(listed)


def error_of(problems: Sequence[Problem]) -> ConfigError:
    """The exception for these problems."""
    kind = StepTypeError if any(problem.wrong_type for problem in problems) else ConfigError
    return kind(problems)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` with the most similar known name, else the list of all allowed names.

    >>> did_you_mean("replica", ["replicas", "port"])
    "did you mean 'replicas'?"
    >>> did_you_mean("x", ["replicas", "port"])
    'allowed are port, replicas'
    """
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


def join_path(prefix: str, path: str) -> str:
    """`('spec', 'data.uri')` → `spec.data.uri`; either may be empty."""
    if not prefix or not path:
        return prefix or path
    return f"{prefix}{path}" if path.startswith("[") else f"{prefix}.{path}"
