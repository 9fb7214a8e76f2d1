"""Reads YAML strictly, with the line of every key.

Stricter than YAML itself: a duplicate key is an error, since one of the two values would be lost silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from easy_mlops.config.errors import Problem, format_path

_MERGE: Final = "tag:yaml.org,2002:merge"
_TEXT: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Document:
    """One document: its value, and the line (counted from 1) of each key and item by its path."""

    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int | None:
        """The line of a path, or of its nearest parent."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


class YamlError(ValueError):
    """The input is not valid or not unambiguous YAML. `line` counts from 1."""

    def __init__(self, problem: Problem, line: int | None) -> None:
        self.problem = problem
        self.line = line
        super().__init__(str(problem))


def read_documents(text: str, *, texts: frozenset[str] = frozenset()) -> list[Document]:
    """The documents of a YAML string, without empty ones. Raises `YamlError`.

    `texts` are paths whose scalars are read as strings, whatever type YAML would give them.
    """
    try:
        loader = yaml.SafeLoader(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            index = _Index(texts)
            index.visit(node, (), ())
            document = Document(loader.construct_document(node), index.lines)
            if document.value is not None:
                documents.append(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(
            Problem("", "InvalidValue", f"is not valid YAML: {what}"), mark.line + 1 if mark else None
        ) from error
    except yaml.YAMLError as error:
        raise YamlError(Problem("", "InvalidValue", f"is not valid YAML: {error}"), None) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, YamlError):
            raise
        raise YamlError(Problem("", "InvalidValue", f"a value cannot be read: {error}"), None) from error
    return documents


class _Index:
    """Walks the nodes of a document once: records lines, detects duplicate keys."""

    def __init__(self, texts: frozenset[str]) -> None:
        self.lines: dict[str, int] = {}
        self._texts = texts
        self._seen: set[int] = set()

    def visit(self, node: Node, path: tuple[str | int, ...], above: tuple[int, ...]) -> None:
        if id(node) in above:
            raise YamlError(Problem(format_path(path), "InvalidValue", "contains itself"), _line(node))
        if isinstance(node, ScalarNode) and format_path(path) in self._texts:
            node.tag = _TEXT if node.value else node.tag
        if id(node) in self._seen:  # an alias: its lines are those of the anchor
            return
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            for number, item in enumerate(node.value):
                self._note((*path, number), item)
                self.visit(item, (*path, number), (*above, id(node)))
        elif isinstance(node, MappingNode):
            self._mapping(node, path, above)

    def _mapping(self, node: MappingNode, path: tuple[str | int, ...], above: tuple[int, ...]) -> None:
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise YamlError(Problem(format_path(path), "InvalidValue", "a key must be a string"), _line(key))
            place = (*path, key.value) if key.tag != _MERGE else path
            if key.tag != _MERGE:
                if key.value in first:
                    message = f"is a duplicate key, first in line {first[key.value]}"
                    raise YamlError(Problem(format_path(place), "ConflictingKeys", message), _line(key))
                first[key.value] = _line(key)
                self._note(place, key)
            self.visit(value, place, (*above, id(node)))

    def _note(self, path: tuple[str | int, ...], node: Node) -> None:
        self.lines.setdefault(format_path(path), _line(node))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
