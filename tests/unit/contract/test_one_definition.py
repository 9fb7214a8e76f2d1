"""The contract between the operator and the pods is defined once: no other module has a literal of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from easy_mlops import contract

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (ROOT / "runtime/src/easy_mlops", ROOT / "operator/src/easy_mlops_operator")
SHARED = {
    contract.GROUP,
    contract.VERSION,
    contract.API_VERSION,
    contract.KIND,
    contract.PLURAL,
    contract.RESOURCE_FILE,
    contract.MODEL_FILE,
    contract.PREPROCESSOR_FILE,
    contract.METADATA_FILE,
    contract.CONFIG_FILE,
    contract.SUMS_FILE,
    contract.SHA256_PATTERN,
    contract.NAME_PATTERN,
    f"^{contract.SHA256_PATTERN}$",
    f"^{contract.NAME_PATTERN}$",
    contract.READY_PATH,
    contract.HEALTH_PATH,
    contract.DATA_ROOT_ENV,
    contract.TERMINATION_LOG_ENV,
    "--run-id",
    "--plugin-path",
    "--output-dir",
    "--digest",
}
DIRECTORIES = {contract.LOGS_DIRECTORY, contract.PLUGINS_DIRECTORY}
"""Words with other meanings as well: only literals in paths count."""
ELSEWHERE = {
    "runtime/src/easy_mlops/cli/options.py": {"--run-id", "--plugin-path", "--output-dir", "--digest"},  # the parser
    "operator/src/easy_mlops_operator/telemetry/health.py": {contract.READY_PATH},  # the operator's own endpoint
}

FILES = [
    file for package in PACKAGES for file in sorted(package.rglob("*.py")) if (package / "contract") not in file.parents
]


def test_exceptions_are_files() -> None:
    assert all((ROOT / file).is_file() for file in ELSEWHERE)


def literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Strings and bytes of a module, without its docstrings."""
    documented = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            yield node.lineno, f"/{node.right.value!s}"
        if isinstance(node, ast.Constant) and id(node) not in documented:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")


def test_no_module_repeats_a_literal_of_the_contract() -> None:
    paths = {f"/{name}" for name in DIRECTORIES}
    repeated = []
    for file in FILES:
        name = str(file.relative_to(ROOT))
        here = (SHARED - ELSEWHERE.get(name, set())) | paths
        repeated += [
            f"{name}:{line}: {text!r}"
            for line, text in literals(ast.parse(file.read_text()))
            if text in here or contract.GROUP in text
        ]
    assert repeated == []
