"""The environment decides, and a mistake in it is named."""

from __future__ import annotations

import pytest
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.settings import Election, OperatorSettings, SettingsError

IMAGE = {"EASY_MLOPS_RUNTIME_IMAGE": "runtime:1"}
ELECTION = {
    "EASY_MLOPS_LEADER_ELECTION": "true",
    "EASY_MLOPS_POD_NAMESPACE": "system",
    "EASY_MLOPS_POD_NAME": "operator-a",
}


def test_only_the_image_must_be_set() -> None:
    settings = OperatorSettings.from_environment(IMAGE)
    assert settings.reconcile.runtime_image == "runtime:1"
    assert settings.reconcile.image_pull_policy == "IfNotPresent"
    assert (settings.watch_namespace, settings.port, settings.resync_seconds) == (None, 8080, 600)


def test_patterns_of_images_are_separated_by_blanks() -> None:
    settings = OperatorSettings.from_environment({**IMAGE, "EASY_MLOPS_ALLOWED_IMAGES": "one/* two:?\n"})
    assert settings.reconcile.allowed_images == ("one/*", "two:?")
    assert OperatorSettings.from_environment(IMAGE).reconcile.allowed_images == ()


def test_figures_are_fresh_for_three_collections() -> None:
    settings = OperatorSettings.from_environment({**IMAGE, "EASY_MLOPS_COLLECT_SECONDS": "20"})
    assert (settings.collect_seconds, settings.reconcile.stale_after) == (20, 60)


def test_an_election_has_a_lease_beside_the_pod_and_the_pods_name_in_it() -> None:
    assert OperatorSettings.from_environment(IMAGE).election is None
    election = OperatorSettings.from_environment({**IMAGE, **ELECTION}).election
    assert election == Election(Key("system", "easy-mlops-operator"), "operator-a")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "EASY_MLOPS_RUNTIME_IMAGE"),
        ({**IMAGE, "EASY_MLOPS_IMAGE_PULL_POLICY": "always"}, "allowed are Always, IfNotPresent, Never"),
        ({**IMAGE, "EASY_MLOPS_LEADER_ELECTION": "yes"}, "'yes'; allowed are true, false"),
        ({**IMAGE, "EASY_MLOPS_SHARD": "a b"}, "'a b'; allowed is a label's value"),
        ({**IMAGE, **ELECTION, "EASY_MLOPS_POD_NAME": ""}, "EASY_MLOPS_POD_NAME must be set"),
        (
            {**IMAGE, "EASY_MLOPS_LOG_LEVEL": "info"},
            "EASY_MLOPS_LOG_LEVEL is 'info'; allowed are DEBUG, INFO, WARNING, ERROR",
        ),
        ({**IMAGE, "EASY_MLOPS_PORT": "http"}, "EASY_MLOPS_PORT is 'http'; allowed are numbers from 0 to 65535"),
        ({**IMAGE, "EASY_MLOPS_COLLECT_SECONDS": "0"}, "numbers from 1 to 3600"),
        ({**IMAGE, "EASY_MLOPS_RESYNC_SECONDS": "nan"}, "EASY_MLOPS_RESYNC_SECONDS"),
    ],
)
def test_a_mistake_names_the_variable_and_what_is_allowed(variables: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        OperatorSettings.from_environment(variables)
