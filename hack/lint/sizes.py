"""No file over 400 lines, no function over 40, unless its docstring says why.

A function's docstring does not count: a public function may explain its parameters at length.
"""

import ast
from collections.abc import Iterator

from .findings import Finding

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
REASON = "Long because"
"""Starts the sentence of a docstring that permits a longer function (or, in a module's docstring, a longer file)."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_oversized(path: str, source: str) -> Iterator[Finding]:
    """Findings for one Python file."""
    module = ast.parse(source)
    lines = source.count("\n")
    if lines > MAX_FILE_LINES and not _gives_reason(module):
        yield Finding(path, 1, f"{lines} lines, more than {MAX_FILE_LINES}: split the file by idea")
    for function in _functions(module):
        length = body_lines(function)
        if length > MAX_FUNCTION_LINES and not _gives_reason(function):
            advice = f"split it, or give the reason in its docstring: '{REASON} ...'"
            message = f"{function.name} has {length} lines, more than {MAX_FUNCTION_LINES}: {advice}"
            yield Finding(path, function.lineno, message)


def body_lines(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = _end(function) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= _end(docstring) - docstring.lineno + 1
    return lines


def _functions(node: ast.AST) -> Iterator[Function]:
    """All functions at any depth. Expressions are not searched: they contain no `def`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield child
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _functions(child)


def _gives_reason(node: ast.Module | Function) -> bool:
    return REASON in " ".join((ast.get_docstring(node) or "").split())


def _end(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno
