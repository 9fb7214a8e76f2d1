"""Facts about a machine: capabilities, versions, ports, processes."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import ports
from cluster.bootstrap import CAP_SYS_RESOURCE, has_capability
from cluster.errors import ClusterError
from cluster.kubectl import fits
from cluster.process import alive, run, wait_until
from cluster.toolchain import parse_version


@pytest.mark.parametrize(("mask", "has"), [("000001ffffffffff", True), ("000001fffeffffff", False)])
def test_a_capability_is_a_bit_of_the_bounding_set(mask: str, has: bool) -> None:
    assert has_capability(f"CapEff:\t0\nCapBnd:\t{mask}\nCapAmb:\t0\n", CAP_SYS_RESOURCE) is has


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.26rc1 linux/amd64", (1, 26)),
        ("go version devel go1.27-0a1b2c linux/amd64", None),
        ("gcc-go", None),
    ],
)
def test_the_version_of_go_is_parsed(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("client", "usable"),
    [
        ("v1.34.4", True),
        ("v1.33.1-eks-7", True),
        ("v1.35.0", True),
        ("v1.32.4", False),
        ("v2.34.0", False),
        ("?", False),
    ],
)
def test_kubectl_is_used_within_its_supported_skew(client: str, usable: bool) -> None:
    assert fits(client, "v1.34.4") is usable


@pytest.mark.parametrize(
    ("wanted", "busy", "first"),
    [(None, set(), 100), (None, {102}, 200), (None, {100, 204}, 300), (0, {100}, 0), (150, {100}, 150)],
)
def test_the_first_five_free_ports_are_taken(wanted: int | None, busy: set[int], first: int) -> None:
    assert ports.choose_ports(wanted, free=lambda port: port not in busy, choices=(100, 200, 300)) == first


def test_ports_in_use_are_named() -> None:
    with pytest.raises(ClusterError, match=r"port 103 of 127\.0\.0\.1 is in use"):
        ports.choose_ports(100, free=lambda port: port != 103)


def test_a_process_is_identified_by_its_command_line_not_only_by_its_id() -> None:
    assert alive(os.getpid(), Path(sys.executable).name)
    assert not alive(os.getpid(), "/run/make-mlops-easy-0/docker.pid")
    assert not alive(2**22 + 1, "")


def test_a_failure_shows_the_end_of_the_output() -> None:
    with pytest.raises(ClusterError, match=r"exit status 3: .*\n +the cause"):
        run([sys.executable, "-c", "print('the cause'); raise SystemExit(3)"])


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ClusterError, match="no-such-program"):
        run(["no-such-program"])


def test_waiting_ends_with_the_condition_or_the_timeout() -> None:
    answers = iter([False, False, True])
    assert wait_until(functools.partial(next, answers), seconds=5, every=0)
    assert not wait_until(lambda: False, seconds=0, every=0)


def test_help_works_from_anywhere() -> None:
    program = ports.__file__.rsplit("/", 1)[0]
    done = subprocess.run([sys.executable, program, "--help"], cwd="/", capture_output=True, text=True, check=True)
    assert "base-image" in done.stdout
