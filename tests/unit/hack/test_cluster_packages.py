"""What is missing on a Debian machine, and the command that installs it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cluster.errors import ClusterError
from cluster.packages import ensure_packages, install_command, missing_packages


def having(*programs: str) -> Callable[[str], object]:
    return lambda program: program in programs or None


@pytest.mark.parametrize(
    ("suite", "present", "missing"),
    [
        ("bookworm", "containerd ctr debootstrap docker dockerd iptables ip runc tar", []),
        ("bookworm", "ip tar docker iptables", ["containerd", "debootstrap", "docker.io", "runc"]),
        ("trixie", "containerd ctr debootstrap dockerd iptables ip runc tar", ["docker-cli"]),
        ("trixie", "tar", ["containerd", "debootstrap", "docker-cli", "docker.io", "iproute2", "iptables", "runc"]),
    ],
)
def test_missing_programs_are_named_by_the_package_of_the_release(suite: str, present: str, missing: list[str]) -> None:
    assert missing_packages(suite, having(*present.split())) == missing


def test_without_root_one_message_has_the_exact_command(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as failure:
        ensure_packages(["debootstrap", "docker.io"], root=False, log=tmp_path / "log")
    assert str(failure.value) == (
        "missing: debootstrap, docker.io. Run as root: "
        "apt-get update && apt-get install --yes --no-install-recommends debootstrap docker.io"
    )


def test_nothing_is_run_when_nothing_is_missing(tmp_path: Path) -> None:
    ensure_packages([], root=False, log=tmp_path / "log")


def test_the_command_names_every_package() -> None:
    assert install_command(["a", "b"]).endswith("install --yes --no-install-recommends a b")
