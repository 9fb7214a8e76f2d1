"""kubectl fails with a message, instead of connecting to localhost, if the cluster of its kubeconfig is removed."""

import os
import subprocess
import sys
from pathlib import Path

import kubernetes
import pytest
from cluster import commands, kubeconfig, state
from cluster.cache import Cache
from cluster.state import State
from cluster.ways import Way

ROOT = Path(__file__).resolve().parents[3]
OURS = "apiVersion: v1\nkind: Config\n"


def created(cache: Cache, name: str) -> State:
    cluster = State(name, Way.BOOTSTRAP, str(kubeconfig.publish(cache, name, OURS)), "docker", "unix:///run/d.sock")
    cluster.save(cache)
    return cluster


def down(cache: Cache, *names: str, forced: str = "", purge: bool = False) -> None:
    commands.down(cache, list(names) or None, forced=forced, engine=True, purge=purge)


def assert_says_that_it_does_not_exist(path: str | Path) -> None:
    with pytest.raises(kubernetes.config.ConfigException, match="cluster demo does not exist: run `python3 hack/cl"):
        kubernetes.config.new_client_from_config(str(path))


def test_the_kubeconfig_of_a_removed_cluster_says_that_it_was_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = created(cache, "demo").kubeconfig
    assert Path(path).read_text() == OURS
    down(cache, "demo")
    assert_says_that_it_does_not_exist(path)
    assert state.names(cache) == []


def test_it_is_preserved_when_the_cache_is_deleted(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    path = created(cache, "demo").kubeconfig
    down(cache, purge=True)
    assert_says_that_it_does_not_exist(path)
    assert [entry.name for entry in cache.root.iterdir()] == ["kubeconfigs"]


def test_the_choice_of_a_removed_cluster_is_forgotten(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = created(cache, "test").kubeconfig
    State("demo", Way.CURRENT, path).save(cache)
    State("theirs", Way.CURRENT, "/k").save(cache)
    down(cache, "test")
    assert state.names(cache) == ["theirs"]


def test_undoing_the_choice_of_the_users_own_cluster_removes_no_created_one(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cluster = created(cache, "demo")
    State("demo", Way.CURRENT, "/k").save(cache)
    down(cache, "demo", forced="current")
    assert state.load(cache, "demo", "") == cluster
    assert state.find_current(cache, "demo") is None
    assert Path(cluster.kubeconfig).read_text() == OURS


def test_env_without_a_cluster_fails_and_points_kubectl_to_the_message(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, ROOT / "hack/cluster", "env", "--name", "demo"]
    variables = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "CLUSTER": ""}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there is no cluster 'demo': run `python3 hack/cluster up --name demo` first" in done.stderr
    assert done.stdout == f"export KUBECONFIG={tmp_path}/make-mlops-easy/cluster/kubeconfigs/demo\n"
    assert_says_that_it_does_not_exist(done.stdout.removeprefix("export KUBECONFIG=").strip())
