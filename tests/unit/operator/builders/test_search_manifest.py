"""The Job that looks on the volume for something to serve."""

from __future__ import annotations

from typing import Any

from easy_mlops.cli.parser import parse
from easy_mlops.config.resource import ServingSection
from easy_mlops_operator.builders import Claim, Parent, build_policies, build_search
from pod_standards import problems_with

PARENT = Parent("churn", "shop", "u-1")


def search(*named: str, output_dir: str = "models", **serving: Any) -> dict[str, Any]:
    return build_search(
        PARENT,
        named,
        output_dir=output_dir,
        serving=ServingSection.parse(serving),
        claim=Claim("churn", "claim-uid", shared=False),
        image="runtime:1",
        pull_policy="Never",
    )


def container(made: dict[str, Any]) -> dict[str, Any]:
    (only,) = made["spec"]["template"]["spec"]["containers"]
    return dict(only)


def test_the_pod_meets_the_restricted_standard() -> None:
    assert problems_with(search()["spec"]["template"]["spec"]) == []


def test_the_policy_for_pods_of_jobs_is_for_its_pod_too() -> None:
    (rule,) = build_policies(PARENT, 9000)[1]["spec"]["podSelector"]["matchExpressions"]
    labels = search()["spec"]["template"]["metadata"]["labels"]
    assert labels[rule["key"]] in rule["values"]
    assert "easymlops.dev/revision" not in labels


def test_the_command_line_takes_its_arguments_however_directories_are_called() -> None:
    given = parse(container(search("-x/d=1", "--help=2", output_dir="-odd", allowVersionMismatch=True))["args"])
    assert (given.command, given.model, given.directories) == ("lastgood", "churn", ["-x/d=1", "--help=2"])
    assert (given.volume, given.output_dir, given.allow_version_mismatch) == ("/volume", "-odd", True)
    assert not parse(container(search())["args"]).allow_version_mismatch


def test_that_there_is_none_is_not_tried_again_and_it_ends_by_itself() -> None:
    spec = search()["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["containerName"] == container(search())["name"]
    assert 1 in rule["onExitCodes"]["values"]
    assert spec["activeDeadlineSeconds"] <= 600


def test_it_belongs_to_the_resource_and_says_which_claim_it_looked_at() -> None:
    metadata = search()["metadata"]
    assert metadata["ownerReferences"][0]["uid"] == "u-1"
    assert metadata["annotations"] == {"easymlops.dev/claim-uid": "claim-uid"}
