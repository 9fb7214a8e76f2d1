"""Equal strings are kept once, whatever object they come with, and not for ever."""

from __future__ import annotations

import json
from typing import Any

from easy_mlops_operator.controller import words
from easy_mlops_operator.controller.kinds import SERVICE, Key
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.words import Words
from pytest import MonkeyPatch


def service(name: str) -> dict[str, Any]:
    """As it comes from the API server: each of its strings is its own."""
    metadata = {"namespace": "ns", "name": name, "resourceVersion": "1", "labels": {"an.example/key": "a value"}}
    decoded: dict[str, Any] = json.loads(json.dumps({"metadata": metadata, "spec": {"ports": [{"port": 1}]}}))
    return decoded


def test_the_value_stays_the_same() -> None:
    assert Words().share(service("churn")) == service("churn")
    assert Words().share([1, 1.5, True, None, "word"]) == [1, 1.5, True, None, "word"]


def test_objects_in_the_store_share_their_strings() -> None:
    store = Store()
    for name in ("one", "two"):
        store.put(SERVICE, service(name))
    one, two = (store.get(SERVICE, Key("ns", name)) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    (key, value), (other_key, other_value) = (next(iter(o["metadata"]["labels"].items())) for o in (one, two))
    assert key is other_key
    assert value is other_value


def test_what_comes_and_goes_does_not_pile_up(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_LIMIT", 10)
    shared = Words()
    for number in range(100):
        shared.share(str(number))
    assert len(shared) <= 11
