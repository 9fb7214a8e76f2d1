"""The input columns of a model, from a deployment's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

ColumnType = Literal["number", "integer", "boolean", "text"]
Cell = float | bool | str | None
Row = tuple[Cell, ...]
"""One row's values in the order of the model's columns; None is a missing value."""


class SchemaError(ValueError):
    """The metadata has no usable `schema`."""


@dataclass(frozen=True)
class ModelColumn:
    """A column: `nullable` if training saw missing values; `categories`, `minimum`, `maximum` as seen in training."""

    name: str
    type: ColumnType
    nullable: bool = False
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.type in ("number", "integer")

    def example(self) -> Cell:
        """A value like those in training."""
        if self.type == "text":
            return self.categories[0] if self.categories else "a"
        if self.type == "boolean":
            return False
        low = self.minimum if self.minimum is not None else 0.0
        return int(low) if self.type == "integer" else float(low)


@dataclass(frozen=True)
class Schema:
    """The columns of a model, in the order in which it was trained."""

    columns: tuple[ModelColumn, ...]
    target: str | None = None
    hash: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @classmethod
    def from_metadata(cls, raw: Any) -> Schema:
        """The schema in a deployment's metadata. Raises `SchemaError` if it is missing or invalid."""
        if not isinstance(raw, Mapping) or not raw.get("columns"):
            raise SchemaError("the metadata has no schema, so the columns of the model are not known")
        columns = tuple(map(_column, raw["columns"]))
        names = [column.name for column in columns]
        if len(set(names)) != len(names):
            raise SchemaError("the schema names a column twice")
        return cls(columns, raw.get("target"), str(raw.get("hash", "")))

    def example(self) -> Row:
        """A row like those in training."""
        return tuple(column.example() for column in self.columns)


def _column(raw: Mapping[str, Any]) -> ModelColumn:
    if not isinstance(raw.get("name"), str) or raw.get("type") not in get_args(ColumnType):
        raise SchemaError(f"the schema has a column without a name or a known type: {raw!r:.200}")
    return ModelColumn(
        name=raw["name"],
        type=raw["type"],
        nullable=bool(raw.get("nullable")),
        categories=tuple(raw.get("categories") or ()),
        minimum=raw.get("min"),
        maximum=raw.get("max"),
    )
