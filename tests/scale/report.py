"""The table: what was measured, what is wanted, and whether that is so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One figure. `beside` says what the same work costs without an operator."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    beside: str = ""

    @property
    def is_met(self) -> bool:
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def cells(self) -> tuple[str, str, str, str, str]:
        sign = "≥" if self.at_least else "≤"
        goal = "" if self.goal is None else f"{sign} {self.goal:g} {self.unit}"
        mark = "" if self.goal is None else "✓" if self.is_met else "✗"
        return self.what, f"{number(self.value)} {self.unit}".rstrip(), goal.rstrip(), mark, self.beside


@dataclass
class Report:
    """Rows in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Keep the row, and show it at once: the rest takes a while."""
        self.rows.append(row)
        print("  " + "  ".join(cell for cell in row.cells() if cell), flush=True)

    def table(self) -> str:
        cells = [("", "measured", "goal", "", "the same by a bare loop"), *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)

    @property
    def is_met(self) -> bool:
        return all(row.is_met for row in self.rows)


def number(value: float) -> str:
    """With as many digits as mean something."""
    if not math.isfinite(value) or value == math.floor(value):
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def percentile(values: list[float], percent: int) -> float:
    """Of the values in order, the one that so many of a hundred do not exceed; infinity when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] if ordered else float("inf")
