"""Findings of the tools, and waivers: a finding must be fixed or have a waiver with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import yaml

FILE: Final = Path(__file__).with_name("waivers.yaml")


@dataclass(frozen=True)
class Finding:
    """One problem that a tool reports. `where` is a file, and an object or a line in it."""

    tool: str
    check: str
    where: str
    text: str


@dataclass(frozen=True)
class Report:
    """The result of one tool: what it scanned, in its own units, and its findings."""

    tool: str
    version: str
    scanned: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Waiver:
    """Accepts findings of a check whose `where` matches one of the patterns."""

    tool: str
    check: str
    where: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is accepted."""
        if (finding.tool, finding.check) != (self.tool, self.check):
            return False
        return any(fnmatchcase(finding.where, pattern) for pattern in self.where)


@dataclass
class Judged:
    """Findings without a waiver, findings with one, and waivers without a finding."""

    open: list[Finding] = field(default_factory=list)
    waived: list[Finding] = field(default_factory=list)
    stale: list[Waiver] = field(default_factory=list)


def read_waivers(path: Path = FILE) -> tuple[Waiver, ...]:
    """All waivers. Raises `ValueError` for one without a reason."""
    waivers = []
    for tool, entries in yaml.safe_load(path.read_text()).items():
        for entry in entries:
            if len(entry.get("reason", "")) < 20:
                raise ValueError(f"{path.name}: {tool} {entry.get('check')}: a reason is missing or too short")
            waivers.append(Waiver(tool, entry["check"], tuple(entry["where"]), entry["reason"]))
    return tuple(waivers)


def judge(findings: Iterable[Finding], waivers: Iterable[Waiver]) -> Judged:
    """Match findings with waivers. A waiver is stale if one of its patterns matches no finding."""
    judged = Judged()
    used: set[tuple[Waiver, str]] = set()
    known = tuple(waivers)
    for finding in findings:
        covering = [waiver for waiver in known if waiver.covers(finding)]
        (judged.waived if covering else judged.open).append(finding)
        used |= {(w, pattern) for w in covering for pattern in w.where if fnmatchcase(finding.where, pattern)}
    judged.stale = [waiver for waiver in known if any((waiver, pattern) not in used for pattern in waiver.where)]
    return judged
