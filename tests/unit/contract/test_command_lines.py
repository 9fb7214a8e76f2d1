"""The command line in the pods parses the arguments that the operator writes into them."""

from __future__ import annotations

import argparse
from typing import Any

import pytest
from easy_mlops import contract
from easy_mlops.cli.parser import parse
from easy_mlops.config.data import parse_uri
from easy_mlops.config.resource import PipelineSection, ServingSection
from easy_mlops_operator.builders import (
    Claim,
    Parent,
    Served,
    build_deployment,
    build_job,
    build_pruner,
    build_search,
    pruned_by,
)
from hypothesis import given
from hypothesis import strategies as st

PARENT = Parent("churn", "shop", "0f1e2d3c-aaaa")
CLAIM = Claim("churn", "uid", shared=False)
IMAGE: dict[str, Any] = {"image": "runtime:1", "pull_policy": "IfNotPresent"}
DIGEST = "ab" * 32
DIRECTORIES = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)
"""Users name directories by `deployment.output_dir` and `deployment.deployment_prefix`."""


def parsed(manifest: dict[str, Any]) -> argparse.Namespace:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    assert container["command"] == [contract.PROGRAM]
    return parse(container["args"])


@pytest.mark.parametrize("plugins", [[], [{"configMap": "steps", "module": "my_steps", "sha256": DIGEST}]])
def test_a_run(plugins: list[dict[str, str]]) -> None:
    pipeline = PipelineSection.parse({"plugins": plugins})
    data = parse_uri("sklearn://wine")
    job = build_job(PARENT, "churn-0123456789", pipeline=pipeline, data=data, claim=CLAIM, **IMAGE)
    arguments = parsed(job)
    assert arguments.command == "run"
    assert arguments.file == f"/etc/easy-mlops/{contract.RESOURCE_FILE}"
    assert arguments.volume == "/volume"
    assert contract.is_run_of("churn", arguments.run_id)
    assert arguments.plugin_path == (["/etc/easy-mlops-plugins"] if plugins else [])


@pytest.mark.parametrize("log_predictions", [True, False])
@pytest.mark.parametrize("allow_version_mismatch", [True, False])
def test_a_scoring_pod(log_predictions: bool, allow_version_mismatch: bool) -> None:
    serving = ServingSection.parse({"port": 9000, "allowVersionMismatch": allow_version_mismatch})
    served = Served("churn-0123456789", "models/d_1", DIGEST, **IMAGE)
    arguments = parsed(build_deployment(PARENT, served, serving=serving, log_predictions=log_predictions, claim=CLAIM))
    assert (arguments.command, arguments.directory, arguments.name) == ("serve", "/model", "churn")
    assert (arguments.host, arguments.port, arguments.digest) == ("0.0.0.0", 9000, DIGEST)
    assert arguments.log_predictions == ("on" if log_predictions else "off")
    assert arguments.allow_version_mismatch is allow_version_mismatch


@given(st.lists(DIRECTORIES, min_size=1, max_size=3, unique=True))
def test_a_job_that_prunes(directories: list[str]) -> None:
    listed = [contract.directory_argument(directory, DIGEST) for directory in directories]
    job = build_pruner(PARENT, listed, pipeline=PipelineSection(), claim=CLAIM, **IMAGE)
    arguments = parsed(job)
    assert (arguments.command, arguments.volume) == ("prune", "/volume")
    assert arguments.directories == listed
    assert pruned_by(job) == frozenset(listed)


@given(DIRECTORIES, st.lists(DIRECTORIES, max_size=3), st.booleans())
def test_a_job_that_searches_for_the_last_good_deployment(output_dir: str, named: list[str], mismatch: bool) -> None:
    listed = [contract.directory_argument(directory, DIGEST) for directory in named]
    serving = ServingSection.parse({"allowVersionMismatch": mismatch})
    job = build_search(PARENT, listed, output_dir=output_dir, serving=serving, claim=CLAIM, **IMAGE)
    arguments = parsed(job)
    assert (arguments.command, arguments.model, arguments.volume) == ("lastgood", "churn", "/volume")
    assert (arguments.output_dir, arguments.directories) == (output_dir, listed)
    assert arguments.allow_version_mismatch is mismatch


@given(DIRECTORIES)
def test_a_directory_with_its_digest_can_be_split_again(directory: str) -> None:
    place, digest = contract.split_directory_argument(contract.directory_argument(directory, DIGEST))
    assert (place.removeprefix("./"), digest) == (directory.removeprefix("./"), DIGEST)


@given(st.from_regex(contract.NAME_PATTERN, fullmatch=True), st.uuids(), st.binary(min_size=32, max_size=32))
def test_a_run_is_of_its_resource_and_of_no_other(name: str, uid: Any, inputs: bytes) -> None:
    run = contract.run_id(contract.revision_of(name, inputs.hex()), str(uid))
    assert contract.is_run_of(name, run)
    assert not contract.is_run_of(f"{name}x", run)
    assert not contract.is_run_of(name, f"{run}0")
