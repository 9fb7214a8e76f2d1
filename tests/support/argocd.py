"""Argo CD's health check as Argo CD runs it, and its test data, which are statuses that the operator really gives.

python tests/support/argocd.py      rewrites testdata/ and health_test.yaml
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from lupa.lua51 import LuaRuntime
from situations import SITUATIONS

FOLDER = Path(__file__).resolve().parents[2] / "manifests/gitops/argocd/easymlops.dev/ModelDeployment"
HEALTH = {
    "just_applied": "Progressing",
    "working": "Progressing",
    "healthy": "Healthy",
    "changed": "Progressing",
    "updating": "Progressing",
    "bad_spec": "Degraded",
    "failed": "Degraded",
    "failed_update": "Degraded",
    "waiting_for_data": "Progressing",
    "name_taken": "Degraded",
    "refused": "Degraded",
    "pods_lost": "Progressing",
    "rule_firing": "Healthy",
    "scaled_to_zero": "Suspended",
    "suspended": "Suspended",
    "suspended_while_serving": "Suspended",
    "falling_back": "Degraded",
    "fixed_while_falling_back": "Progressing",
}
"""What Argo CD is to show for each situation."""

# util/lua/lua.go: package, base, table, and of os only the time; nothing of string, io, math, debug or coroutine.
_CLOSED = """
debug.getmetatable("").__index = nil
for _, library in ipairs({"string", "io", "math", "coroutine", "debug"}) do _G[library] = nil end
os = {time = os.time, date = os.date}
"""


def health_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """Status and message that the script answers with."""
    lua = LuaRuntime(register_eval=False, register_builtins=False, unpack_returned_tuples=True)
    lua.execute(_CLOSED)
    lua.globals().obj = _to_lua(lua, resource)
    return dict(lua.execute((FOLDER / "health.lua").read_text()))


def files() -> dict[str, str]:
    """What belongs beside health.lua, by path."""
    written, tests = {}, []
    for name, situation in SITUATIONS.items():
        resource = read_by_the_check(situation().resource)
        path = f"testdata/{name}.yaml"
        written[path] = yaml.safe_dump(resource, sort_keys=False, width=120)
        tests.append({"healthStatus": {"status": HEALTH[name], **_message(resource)}, "inputPath": path})
    return {"health_test.yaml": yaml.safe_dump({"tests": tests}, sort_keys=False, width=120), **written}


def read_by_the_check(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a resource that the check looks at; the rest would change with every new field."""
    status = {key: resource["status"][key] for key in ("observedGeneration", "conditions") if key in resource["status"]}
    return {**resource, "status": status}


def _message(resource: Mapping[str, Any]) -> dict[str, str]:
    return {"message": health_of(resource)["message"]}


def _to_lua(lua: LuaRuntime, value: Any) -> Any:
    """As Argo CD hands over an object: lists count from one, null is nil."""
    if isinstance(value, Mapping):
        return lua.table_from({key: _to_lua(lua, item) for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return lua.table_from([_to_lua(lua, item) for item in value])
    return value


if __name__ == "__main__":
    shutil.rmtree(FOLDER / "testdata", ignore_errors=True)
    for path, text in files().items():
        (FOLDER / path).parent.mkdir(exist_ok=True)
        (FOLDER / path).write_text(text)
