"""The five tools: how to run them, and how to read their output."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from cluster.pins import KUBERNETES
from console import CommandError
from tools.programs import MANIFEST_CHECKS

from audit import schemas, tools
from audit.findings import Finding, Report
from audit.targets import DOCKERFILE, ROOT, SOURCES

_BEST_GRADE: Final = 10
_OPTIONAL: Final = ("container-seccomp-profile", "container-ports-check")
"""Checks of kube-score that are disabled by default. Its other optional checks require limits equal to requests."""


def bandit() -> Report:
    """Check the shipped Python code for security problems."""
    program = tools.wheels() / "bandit"
    answer = _json([program, "--quiet", "--recursive", "--format", "json", *SOURCES])
    findings = tuple(
        Finding("bandit", item["test_id"], f"{item['filename']}:{item['line_number']}", item["issue_text"])
        for item in answer["results"]
    )
    lines = answer["metrics"]["_totals"]["loc"]
    return Report("bandit", _version(program), f"{lines} lines of Python", findings)


def hadolint() -> Report:
    """Check the Dockerfile against best practices."""
    program = tools.wheels() / "hadolint"
    answer = _json([program, "--no-fail", "--format", "json", DOCKERFILE])
    findings = tuple(
        Finding("hadolint", item["code"], f"{item['file']}:{item['line']}", item["message"]) for item in answer
    )
    stages = (ROOT / DOCKERFILE).read_text().count("\nFROM ")
    return Report("hadolint", _version(program), f"{stages} stages", findings)


def checkov(manifests: Sequence[Path]) -> Report:
    """Check manifests and Dockerfile against checkov's policies."""
    program = tools.wheels() / "checkov"
    files = [word for path in (*manifests, ROOT / DOCKERFILE) for word in ("--file", str(path))]
    options = ["--framework", "kubernetes", "dockerfile", "--skip-download", "--compact", "--output", "json"]
    answer = _json([program, *files, *options])
    parts = answer if isinstance(answer, list) else [answer]
    findings = tuple(
        Finding("checkov", item["check_id"], _checkov_name(item), item["check_name"])
        for part in parts
        for item in part["results"]["failed_checks"]
    )
    checks = sum(part["summary"]["passed"] + part["summary"]["failed"] for part in parts)
    return Report("checkov", _version(program), f"{checks} checks", findings)


def kubeconform(manifests: Sequence[Path], folder: Path) -> Report:
    """Check manifests against the schemas of the API server and of our CRD."""
    program = tools.manifest_checks() / "kubeconform"
    tools.write_schemas(folder)
    where = f"{folder}/{schemas.TEMPLATE}"
    answer = _json([program, "-strict", "-output", "json", "-verbose", "-schema-location", where, *manifests])
    resources = answer["resources"]
    findings = tuple(
        Finding("kubeconform", item["status"], f"{Path(item['filename']).name} {_kubeconform_name(item)}", item["msg"])
        for item in resources
        if item["status"] != "statusValid"
    )
    return Report("kubeconform", _module("yannh/kubeconform"), f"{len(resources)} objects", findings)


def kube_score(manifests: Sequence[Path]) -> Report:
    """Check manifests against operational best practices."""
    program = tools.manifest_checks() / "kube-score"
    version = ".".join(KUBERNETES.split(".")[:2])
    optional = [word for check in _OPTIONAL for word in ("--enable-optional-test", check)]
    options = ["--kubernetes-version", version, *optional, "--output-format", "json"]
    # Each file separately: a check searches all its input for related objects.
    objects = [(path, item) for path in manifests for item in _json([program, "score", *options, path]) or ()]
    checks = [(path, item, check) for path, item in objects for check in item["checks"] if not check["skipped"]]
    findings = tuple(
        Finding("kube-score", check["check"]["id"], f"{path.name} {_kube_score_name(item)}", text)
        for path, item, check in checks
        if check["grade"] < _BEST_GRADE
        for text in _comments(check)
    )
    return Report("kube-score", _module("zegl/kube-score"), f"{len(checks)} checks", findings)


def _comments(check: dict[str, Any]) -> Iterator[str]:
    comments: Iterable[dict[str, str]] = check["comments"] or ()
    yield from dict.fromkeys(comment["summary"] for comment in comments) or [check["check"]["name"]]


def _checkov_name(item: dict[str, Any]) -> str:
    file = Path(item["file_path"]).name
    return file if file == DOCKERFILE else f"{file} {item['resource']}"


def _kube_score_name(item: dict[str, Any]) -> str:
    return f"{item['type_meta']['kind']}/{item['object_meta']['name']}"


def _kubeconform_name(item: dict[str, Any]) -> str:
    return f"{item['kind']}/{item['name']}"


def _json(command: Sequence[str | Path]) -> Any:
    """The JSON output of a tool, whose exit code only tells whether there are findings. Raises `CommandError`."""
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        output = (done.stdout + done.stderr)[-2000:]
        name = Path(command[0]).name
        raise CommandError(f"{name} failed with exit code {done.returncode} and no report:\n{output}") from None


def _version(program: Path) -> str:
    """The pinned version of a tool that is installed from a wheel."""
    pinned = dict(line.split("==") for line in tools.REQUIREMENTS.read_text().splitlines() if "==" in line)
    return pinned.get(program.name) or pinned[f"{program.name}-bin"]


def _module(name: str) -> str:
    """The pinned version of a tool that is built from a Go module."""
    text = (MANIFEST_CHECKS.modules / MANIFEST_CHECKS.module / "go.mod").read_text()
    return next(line.split()[1] for line in text.splitlines() if line.strip().startswith(f"github.com/{name} "))
