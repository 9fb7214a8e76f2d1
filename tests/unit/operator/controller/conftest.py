"""A fake API server and the operator's client for it; objects as the tests need them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from easy_mlops_operator.controller.client import Client
from fake_api import FakeApi, serve


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def client(api: FakeApi) -> AsyncIterator[Client]:
    async with serve(api) as connected:
        yield connected


@pytest.fixture
def resource() -> dict[str, Any]:
    """A ModelDeployment as the API server would return it."""
    return {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"namespace": "ns", "name": "churn", "uid": "md-1", "generation": 1, "resourceVersion": "10"},
        "spec": {"data": {"uri": "sklearn://wine"}},
    }
