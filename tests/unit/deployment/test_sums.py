"""SHA256SUMS: whatever files are called, writing and reading are each other's inverse."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from easy_mlops.contract import SUMS_FILE
from easy_mlops.deployment import ModelDeployer, load_directory
from easy_mlops.deployment.deployer import write_sums
from easy_mlops.deployment.sums import decode_sums, encode_sums, files_of
from hypothesis import given
from hypothesis import strategies as st

PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=12).filter(
    lambda part: part not in {".", ".."}
)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.dictionaries(PATHS, DIGESTS, max_size=6))
def test_reading_what_was_written_is_the_identity(sums: dict[str, str]) -> None:
    assert decode_sums(encode_sums(sums)) == sums


def test_coreutils_read_strange_names(tmp_path: Path) -> None:
    for name in ("a b", "new\nline", "back\\slash", "carriage\rreturn", "ü"):
        (tmp_path / name).write_text(name)
    write_sums(tmp_path)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_the_logs_the_sums_themselves_and_the_lock_are_not_listed(tmp_path: Path) -> None:
    for name in ("model.joblib", "sub/logs/x", "logs/x", "SHA256SUMS", ".building"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [str(path.relative_to(tmp_path)) for path in files_of(tmp_path)] == ["model.joblib", "sub/logs/x"]


def test_a_deployments_digest_is_that_of_its_sums_and_metadata_has_that_of_the_model(
    trainer: Any, results: dict[str, Any]
) -> None:
    deployer = ModelDeployer()
    directory = Path(deployer.deploy(trainer, None, results)["deployment_dir"])
    files = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in (SUMS_FILE, "model.joblib")}
    assert load_directory(directory).digest == deployer.get_deployment_info()["digest"] == files[SUMS_FILE]
    assert load_directory(directory).metadata["digest"] == files["model.joblib"]
