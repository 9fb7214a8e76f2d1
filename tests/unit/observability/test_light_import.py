"""The operator's image and a quick command line cannot afford the heavy libraries."""

from __future__ import annotations

import pytest
from processes import run_python


@pytest.mark.parametrize(
    "module", ["easy_mlops.observability", "easy_mlops.config", "easy_mlops.logs", "easy_mlops.config.policy"]
)
def test_importing_does_not_load_the_heavy_libraries(module: str) -> None:
    code = """
        import importlib, sys
        importlib.import_module(sys.argv[1])
        print(sorted({"numpy", "pandas", "scipy", "sklearn", "joblib", "pyarrow"} & set(sys.modules)))
    """
    assert run_python(code, module).strip() == "[]"
