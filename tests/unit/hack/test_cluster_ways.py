"""How a cluster is created on which machine, and the messages about it."""

import pytest
from cluster.engine import Engine
from cluster.errors import ClusterError
from cluster.ways import Machine, Way, choose, debian_suite

DOCKER = Engine("docker")
PLAIN = Machine(root=True, suite="bookworm", engine=None, pulls=False)


@pytest.mark.parametrize(
    ("machine", "way", "reason"),
    [
        (Machine(False, "", DOCKER, True), Way.KIND, "docker answers and can pull images"),
        (Machine(True, "trixie", Engine("podman"), True), Way.KIND, "podman answers and can pull images"),
        (Machine(True, "trixie", DOCKER, False), Way.BOOTSTRAP, "docker answers but cannot pull images"),
        (PLAIN, Way.BOOTSTRAP, "no container engine answers (docker info, podman info)"),
    ],
)
def test_the_way_depends_on_the_machine(machine: Machine, way: Way, reason: str) -> None:
    choice = choose(machine, "")
    assert (choice.way, choice.reason) == (way, reason)


@pytest.mark.parametrize(
    ("machine", "forced"),
    [
        (PLAIN, "current"),
        (Machine(False, "", DOCKER, True), "kind"),
        (Machine(True, "bookworm", DOCKER, True), "bootstrap"),
    ],
)
def test_the_variable_forces_a_way(machine: Machine, forced: str) -> None:
    choice = choose(machine, forced)
    assert (choice.way, choice.reason) == (forced, f"CLUSTER={forced}")


@pytest.mark.parametrize(
    ("machine", "forced", "says"),
    [
        (Machine(False, "bookworm", None, False), "", "needs root: sudo --preserve-env python3 hack/cluster up"),
        (Machine(True, "", None, False), "", "Debian 12 and 13 only"),
        (Machine(True, "", DOCKER, False), "", "docker answers but cannot pull images"),
        (Machine(True, "", None, False), "bootstrap", "Debian 12 and 13 only"),
        (PLAIN, "kind", "neither docker nor podman answers"),
        (Machine(True, "bookworm", DOCKER, False), "kind", "docker cannot pull any"),
        (PLAIN, "minikube", "CLUSTER=minikube is none of current, kind, bootstrap"),
    ],
)
def test_one_message_names_what_is_missing(machine: Machine, forced: str, says: str) -> None:
    with pytest.raises(ClusterError) as failure:
        choose(machine, forced)
    assert says in str(failure.value)


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        ('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n', "bookworm"),
        ('ID="debian"\nVERSION_CODENAME="trixie"\n', "trixie"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n", ""),
        ("", ""),
    ],
)
def test_only_debian_itself_counts_as_debian(text: str, suite: str) -> None:
    assert debian_suite(text) == suite
