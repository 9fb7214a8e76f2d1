"""The `reference` of metadata.json: how each column was distributed in the training split, in bins that never move.

Bins that follow the current data hide the very drift that they are to show: one outlier among 5,000 rows stretches
equal-width bins until everything else falls into one of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CATEGORY_BINS: Final = 20
"""Categories with a bin of their own, the most frequent ones; the others share one."""
LISTED_CATEGORIES: Final = 1000
"""A schema that lists so many categories of a column may have left some out: what is unseen is not known then."""


@dataclass(frozen=True)
class ColumnReference:
    """A column of the training split in B bins; `counts` has B numbers of rows, the last one of missing values.

    Numbers: bin i holds edges[i-1] < x ≤ edges[i]; `mean` and `std` are theirs, `std` 0 for a constant. Texts: a bin
    for each of `categories`, then one for all others; `known` are all that training saw, None when that is not known.
    """

    name: str
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    mean: float = 0.0
    std: float = 0.0
    categories: tuple[str, ...] = ()
    known: frozenset[str] | None = None
    text: bool = False

    @property
    def has_shift(self) -> bool:
        """Whether a mean can be compared: not of texts, and not of a constant, which has no spread to measure by."""
        return not self.text and self.std > 0


def references(metadata: Mapping[str, Any]) -> tuple[ColumnReference, ...]:
    """The columns of a deployment's metadata that have a usable reference, in the order of its schema."""
    reference, schema = metadata.get("reference"), metadata.get("schema")
    if not isinstance(reference, Mapping) or not isinstance(schema, Mapping):
        return ()
    profiles, rows = reference.get("columns") or {}, int(reference.get("rows") or 0)
    found = []
    for column in schema.get("columns") or ():
        profile = profiles.get(column.get("name"))
        if isinstance(profile, Mapping) and rows:
            make = _of_texts if column.get("type") == "text" else _of_numbers
            found.append(make(column, profile, round(rows * float(profile.get("null_rate") or 0.0))))
    return tuple(item for item in found if sum(item.counts))


def _of_numbers(column: Mapping[str, Any], profile: Mapping[str, Any], nulls: int) -> ColumnReference:
    std = float(profile.get("std") or 0.0)
    return ColumnReference(
        name=column["name"],
        counts=(*map(int, profile.get("counts") or ()), nulls),
        edges=tuple(map(float, profile.get("edges") or ())),
        mean=float(profile.get("mean") or 0.0),
        std=std if math.isfinite(std) else 0.0,
    )


def _of_texts(column: Mapping[str, Any], profile: Mapping[str, Any], nulls: int) -> ColumnReference:
    frequent = sorted((profile.get("categories") or {}).items(), key=lambda item: (-item[1], item[0]))
    binned, rest = frequent[:CATEGORY_BINS], frequent[CATEGORY_BINS:]
    others = int(profile.get("other") or 0) + sum(count for _, count in rest)
    listed = column.get("categories") or ()
    return ColumnReference(
        name=column["name"],
        counts=(*(int(count) for _, count in binned), others, nulls),
        categories=tuple(name for name, _ in binned),
        known=frozenset(listed) if 0 < len(listed) < LISTED_CATEGORIES else None,
        text=True,
    )
