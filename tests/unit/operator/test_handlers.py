"""kopf is a source of watch events here, and writes nothing."""

from __future__ import annotations

import json
import logging
from typing import Any, cast

import kopf
import pytest
from easy_mlops_operator.controller.kinds import CHILDREN, WATCHED
from easy_mlops_operator.handlers import make_registry, make_settings
from easy_mlops_operator.stateless import NoMemories
from easy_mlops_operator.telemetry.logs import JsonFormatter


def test_each_watched_kind_has_an_event_handler_and_no_other_kind_of_handler_exists() -> None:
    registry = make_registry(lambda kind, event: None)
    watching = registry._watching.get_all_handlers()
    selected = {(h.selector.group, h.selector.version, h.selector.any_name) for h in watching if h.selector}
    assert selected == {(kind.group, kind.version, kind.plural) for kind in WATCHED}
    for others in (registry._changing, registry._spawning, registry._indexing, registry._webhooks):
        assert list(others.get_all_handlers()) == []


@pytest.mark.parametrize(("shard", "selector"), [("", "!easymlops.dev/shard"), ("blue", "easymlops.dev/shard=blue")])
def test_what_is_watched_is_selected_by_label_on_the_server(shard: str, selector: str) -> None:
    settings = make_settings(shard)
    resources = {kind: kopf.Resource(kind.group, kind.version, kind.plural, kind=kind.name) for kind in WATCHED}
    for kind in WATCHED:
        expected = [kind.selector if kind in CHILDREN else selector]
        assert settings.watching.label_selectors.collect(resources[kind]) == expected


def test_kopf_posts_nothing_and_knows_no_peers() -> None:
    settings = make_settings("")
    assert settings.peering.standalone
    assert settings.scanning.disabled
    assert not settings.posting.enabled


def test_kopf_neither_copies_nor_marks_what_it_has_seen() -> None:
    kept, body, patch = make_settings("").persistence, kopf.Body({"spec": {"a": 1}}), kopf.Patch()
    last_state, progress = kept.diffbase_storage, kept.progress_storage
    assert last_state.build(body=body) == {}
    last_state.store(body=body, patch=patch, essence=last_state.build(body=body))
    progress.touch(body=body, patch=patch, value="now")
    assert (last_state.fetch(body=body), dict(patch)) == (None, {})


async def test_kopf_remembers_no_object() -> None:
    memories = NoMemories()
    body = cast(Any, {"metadata": {"uid": "abc"}})
    assert await memories.recall(body, memobase=kopf.Memo(), noticed_by_listing=True) is not await memories.recall(body)
    assert list(memories.iter_all_memories()) == []


def test_a_log_line_is_one_json_object_with_what_was_passed_along() -> None:
    record = logging.makeLogRecord({"msg": "reconciled", "levelname": "INFO", "key": "ns/churn", "actions": ["status"]})
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["level"], line["key"], line["actions"]) == (
        "reconciled",
        "INFO",
        "ns/churn",
        ["status"],
    )


def test_an_error_in_the_log_has_its_traceback() -> None:
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": (type(error), error, error.__traceback__)})
    formatted = JsonFormatter().format(record)
    assert "\n" not in formatted
    assert "ZeroDivisionError: a bug" in json.loads(formatted)["traceback"]
