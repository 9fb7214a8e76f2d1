"""The cluster's configuration: networks of the test range, ports of 127.0.0.1, an audit log."""

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
from cluster import pins
from cluster.kindconfig import AUDIT_LOG, AUDIT_POLICY, audit_policy, kind_config


def config(nodes: int = 1, host_port: int = 38080) -> Any:
    return kind_config(nodes=nodes, host_port=host_port, policy=Path("/c d/policy.json"))


@pytest.mark.parametrize("nodes", [1, 3])
def test_one_control_plane_and_the_rest_workers(nodes: int) -> None:
    assert [node["role"] for node in config(nodes)["nodes"]] == ["control-plane", *["worker"] * (nodes - 1)]


def test_node_ports_are_reachable_at_the_loopback_address_only() -> None:
    mappings = config(host_port=39000)["nodes"][0]["extraPortMappings"]
    assert {(m["containerPort"], m["hostPort"], m["listenAddress"]) for m in mappings} == {
        (30080 + i, 39000 + i, "127.0.0.1") for i in range(5)
    }


def test_ports_can_be_disabled() -> None:
    assert "extraPortMappings" not in config(host_port=0)["nodes"][0]


def test_networks_are_in_the_test_range_and_do_not_overlap() -> None:
    pool = pins.ENGINE_POOL.removeprefix("base=").split(",")[0]
    networks = [ipaddress.ip_network(text) for text in (pins.POD_SUBNET, pins.SERVICE_SUBNET, pool)]
    bridge = ipaddress.ip_interface(pins.ENGINE_BRIDGE).network
    everything = ipaddress.ip_network(pins.TEST_RANGE)
    for network in (*networks, bridge):
        assert network.version == everything.version == 4
        assert network.subnet_of(everything)
        assert not any(network.overlaps(other) for other in (*networks, bridge) if other != network)


def test_the_api_server_finds_its_policy_and_keeps_its_log() -> None:
    node = config()["nodes"][0]
    (mount,) = node["extraMounts"]
    assert (mount["hostPath"], mount["containerPath"]) == ("/c d/policy.json", AUDIT_POLICY)
    server = json.loads(node["kubeadmConfigPatches"][0])["apiServer"]
    assert server["extraArgs"]["audit-policy-file"] == AUDIT_POLICY
    assert server["extraArgs"]["audit-log-path"] == AUDIT_LOG
    mounted = {volume["mountPath"] for volume in server["extraVolumes"]}
    assert {AUDIT_POLICY, str(Path(AUDIT_LOG).parent)} <= mounted


def test_etcd_does_not_wait_for_the_disk() -> None:
    etcd = json.loads(config()["nodes"][0]["kubeadmConfigPatches"][0])["etcd"]
    assert etcd["local"]["extraArgs"] == {"unsafe-no-fsync": "true"}


def test_every_write_is_logged_once() -> None:
    policy = audit_policy()
    assert policy["omitStages"] == ["RequestReceived", "ResponseStarted"]
    rules: Any = policy["rules"]
    assert rules[-1] == {"level": "Metadata"}
    assert all("nonResourceURLs" in rule for rule in rules[:-1])
