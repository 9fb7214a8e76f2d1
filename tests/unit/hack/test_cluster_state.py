"""The state of clusters, and the output of `env`, which shells and Python programs read alike."""

import shlex
import subprocess
from pathlib import Path

import pytest
from cluster import state
from cluster.cache import Cache
from cluster.errors import ClusterError
from cluster.state import State, exports
from cluster.ways import Way
from hypothesis import given
from hypothesis import strategies as st

CACHE = Cache(Path("/home/some one/.cache/make-mlops-easy/cluster"))
STATE = State("demo", Way.BOOTSTRAP, "/home/some one/kubeconfig", "docker", "unix:///run/d.sock", 3, 38080)


def test_the_environment_names_kubeconfig_engine_ports_and_programs() -> None:
    assert STATE.environment(CACHE, "/usr/bin:/bin") == {
        "KUBECONFIG": "/home/some one/kubeconfig",
        "DOCKER_HOST": "unix:///run/d.sock",
        "CLUSTER_HOST_PORT": "38080",
        "PATH": f"{CACHE.bin}:/usr/bin:/bin",
    }


def test_evaluating_it_twice_changes_nothing() -> None:
    once = STATE.environment(CACHE, "/usr/bin:/bin")
    assert STATE.environment(CACHE, once["PATH"]) == once


def test_podman_is_named_to_kind() -> None:
    podman = State("demo", Way.KIND, "/k", client="podman")
    assert podman.environment(CACHE, "/bin")["KIND_EXPERIMENTAL_PROVIDER"] == "podman"
    assert "DOCKER_HOST" not in podman.environment(CACHE, "/bin")


def test_the_shell_gets_a_path_with_spaces_and_quotes_whole() -> None:
    value = "/a b/it's $HOME `here`"
    script = exports({"KUBECONFIG": value}) + 'printf %s "$KUBECONFIG"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == value


@given(st.dictionaries(st.from_regex(r"\A[A-Z_]+\Z"), st.text(st.characters(codec="utf-8", exclude_characters="\n\0"))))
def test_each_line_is_one_word_for_a_program_that_reads_them(variables: dict[str, str]) -> None:
    lines = [shlex.split(line) for line in exports(variables).split("\n") if line]
    assert [line[0] for line in lines] == ["export"] * len(variables)
    assert dict(line[1].split("=", 1) for line in lines) == variables


def test_a_cluster_is_found_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    STATE.save(cache)
    assert state.load(cache, "demo", "") == STATE
    assert state.names(cache) == ["demo"]


def test_the_current_cluster_does_not_replace_a_created_one_of_the_same_name(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    own = State("demo", Way.CURRENT, "/k")
    STATE.save(cache)
    own.save(cache)
    assert state.load(cache, "demo", "current") == own
    assert state.load(cache, "demo", "") == STATE
    assert state.bootstrapped(cache) == ["demo"]
    state.forget_current(cache, "demo")
    assert state.load(cache, "demo", "") == STATE


def test_nothing_is_left_of_the_current_cluster_when_it_is_forgotten(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    State("demo", Way.CURRENT, "/k").save(cache)
    assert state.load(cache, "demo", "").way == Way.CURRENT
    state.forget_current(cache, "demo")
    assert state.names(cache) == []


def test_only_a_bootstrapped_cluster_keeps_the_engine_running(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    STATE.save(cache)
    State("theirs", Way.CURRENT, "/k").save(cache)
    state.folder(cache, "begun").mkdir()
    assert state.names(cache) == ["begun", "demo", "theirs"]
    assert state.bootstrapped(cache) == ["begun", "demo"]


def test_a_missing_cluster_is_an_error_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="run `python3 hack/cluster up --name demo` first"):
        state.load(Cache(tmp_path), "demo", "")


@pytest.mark.parametrize("name", ["", "../x", "Demo", "a b", "-a"])
def test_names_that_kind_refuses_are_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="cannot be the name of a cluster"):
        state.folder(Cache(tmp_path), name)
