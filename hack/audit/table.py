"""Runs all tools and prints a table; fails if a finding has no waiver or a waiver no finding."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from console import CommandError, Step
from rendering import OVERLAYS

from audit import scanners, targets
from audit.findings import Judged, Report, judge, read_waivers


def main() -> int:
    """The exit code."""
    try:
        with tempfile.TemporaryDirectory(prefix="easy-mlops-audit-") as folder:
            reports = run_all(Path(folder))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    findings = [finding for report in reports for finding in report.findings]
    judged = judge(findings, read_waivers())
    print("\n".join(lines(reports, judged)))
    return 1 if judged.open or judged.stale else 0


def run_all(folder: Path) -> list[Report]:
    """Run all tools in turn."""
    with Step("rendering the manifests"):
        manifests = targets.write(folder)
    with_pods = [path for path in manifests if path.stem in (*OVERLAYS, "children")]
    schemas = folder / "schemas"
    schemas.mkdir()
    reports = []
    for name, scan in (
        ("bandit", scanners.bandit),
        ("hadolint", scanners.hadolint),
        ("checkov", lambda: scanners.checkov(with_pods)),
        ("kube-score", lambda: scanners.kube_score(with_pods)),
        ("kubeconform", lambda: scanners.kubeconform(manifests, schemas)),
    ):
        with Step(name):
            reports.append(scan())
    return reports


def lines(reports: list[Report], judged: Judged) -> Iterator[str]:
    """The table, followed by open findings and stale waivers."""
    row = "{:<12} {:<9} {:<24} {:>8} {:>8} {:>6}"
    yield row.format("Tool", "Version", "Scanned", "Findings", "Waived", "Open").rstrip()
    for report in reports:
        waived, still_open = (sum(f.tool == report.tool for f in found) for found in (judged.waived, judged.open))
        counts = (len(report.findings), waived, still_open)
        yield row.format(report.tool, report.version.removeprefix("v"), report.scanned, *counts)
    for finding in judged.open:
        yield f"open:  {finding.tool} {finding.check} {finding.where}: {finding.text}"
    for waiver in judged.stale:
        yield f"stale: {waiver.tool} {waiver.check}: no finding matches one of {', '.join(waiver.where)}"
