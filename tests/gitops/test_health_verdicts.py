"""Our implementations of kstatus, Flux and Argo CD's health check agree with the original programs."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from argocd import FOLDER, health_of
from flux import ORDER, example, judge
from kstatus import compute
from situations import SITUATIONS
from tools.programs import GITOPS, programs

RESOURCES = {name: situation().resource for name, situation in SITUATIONS.items()}
[EXPRESSIONS] = example("within-thresholds")["spec"]["healthCheckExprs"]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    question = {
        "resources": RESOURCES,
        "expressions": {key: EXPRESSIONS[key] for key in ORDER},
        "lua": (FOLDER / "health.lua").read_text(),
    }
    program = programs(GITOPS) / "verdicts"
    asked = subprocess.run([program], input=json.dumps(question), capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    answers: dict[str, Any] = json.loads(asked.stdout)
    return answers


@pytest.mark.parametrize("situation", SITUATIONS)
def test_verdicts(verdicts: dict[str, Any], situation: str) -> None:
    resource = RESOURCES[situation]
    expected = {"kstatus": compute(resource), "flux": judge(EXPRESSIONS, resource), "argocd": health_of(resource)}
    assert verdicts[situation] == expected
