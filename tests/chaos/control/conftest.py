"""Drills on a bare cluster: the operator is a process beside it, and a thread plays the kubelet."""

from __future__ import annotations

from operator_fixtures import alone, crd, identity, launcher, namespace, proxy

__all__ = ["alone", "crd", "identity", "launcher", "namespace", "proxy"]
