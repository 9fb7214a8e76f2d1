"""The store shows the newest version of everything, whatever order the news came in."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.controller.kinds import JOB, MODEL_DEPLOYMENT, WATCHED, Key
from easy_mlops_operator.controller.store import Store
from hypothesis import given
from hypothesis import strategies as st

OWNER = Key("ns", "churn")


def job(version: int, name: str = "churn-1", owner: str = "churn", uid: str = "u1", **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Job",
        "metadata": {
            "namespace": "ns",
            "name": name,
            "uid": uid,
            "resourceVersion": str(version),
            "labels": {"easymlops.dev/modeldeployment": owner},
            **metadata,
        },
    }


def versions(store: Store) -> dict[str, str]:
    return {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in store.children(JOB, OWNER)}


news = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.integers(1, 30)), unique_by=lambda item: item[1], min_size=1
)


@given(news, st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_news_does_not_matter(history: list[tuple[str, int]], random: Any) -> None:
    shuffled = history + random.choices(history, k=len(history))
    random.shuffle(shuffled)
    store = Store()
    for what, version in shuffled:
        (store.put if what == "put" else store.remove)(JOB, job(version))
    what, newest = max(history, key=lambda item: item[1])
    assert versions(store) == ({"churn-1": str(newest)} if what == "put" else {})


@given(news, st.integers(1, 30))
def test_a_list_and_late_events_agree(history: list[tuple[str, int]], listed_at: int) -> None:
    """A list shows the state as of its version; events before it may come after it."""
    store = Store()
    past = [(what, version) for what, version in history if version <= listed_at]
    state = max(past, key=lambda item: item[1], default=("remove", 0))
    if state[0] == "put":
        store.put(JOB, job(state[1]))
    store.drop_unlisted(JOB, {Key("ns", "churn-1")} if state[0] == "put" else set(), listed_at)
    for what, version in history:
        (store.put if what == "put" else store.remove)(JOB, job(version))
    what, newest = max(history, key=lambda item: item[1])
    assert versions(store) == ({"churn-1": str(newest)} if what == "put" else {})


def test_news_name_the_resource_that_needs_a_look() -> None:
    store = Store()
    assert store.put(JOB, job(1)) == {OWNER}
    assert store.put(JOB, job(1)) == frozenset()
    assert store.put(JOB, job(2)) == {OWNER}
    assert store.remove(JOB, job(3)) == {OWNER}


def test_a_child_that_changes_its_owner_requeues_both_owners() -> None:
    store = Store()
    store.put(JOB, job(1))
    assert store.put(JOB, job(2, owner="other")) == {OWNER, Key("ns", "other")}
    assert versions(store) == {}


def test_a_child_without_our_label_is_found_by_its_controller() -> None:
    store = Store()
    reference = {"kind": "ModelDeployment", "name": "churn", "uid": "m", "controller": True}
    assert store.put(JOB, job(1, labels={}, ownerReferences=[reference])) == {OWNER}


def test_a_list_removes_what_was_deleted_unseen() -> None:
    store = Store()
    store.put(JOB, job(1))
    assert store.drop_unlisted(JOB, set(), 5) == {OWNER}
    assert versions(store) == {}


def test_a_list_does_not_remove_what_was_made_after_it() -> None:
    store = Store()
    store.put(JOB, job(7))
    assert store.drop_unlisted(JOB, set(), 5) == frozenset()
    assert versions(store) == {"churn-1": "7"}


def test_a_recreated_object_is_not_removed_by_the_old_ones_deletion() -> None:
    store = Store()
    store.put(JOB, job(9, uid="u2"))
    assert store.remove(JOB, job(8, uid="u1")) == frozenset()
    assert versions(store) == {"churn-1": "9"}


def test_only_the_version_that_was_looked_up_is_forgotten() -> None:
    store = Store()
    old = job(1)
    store.put(JOB, old)
    store.put(JOB, job(2))
    assert store.forget(JOB, old) == frozenset()
    assert versions(store) == {"churn-1": "2"}


def test_managed_fields_are_dropped() -> None:
    store = Store()
    store.put(JOB, job(1, managedFields=[{"manager": "somebody"}]))
    assert "managedFields" not in store.children(JOB, OWNER)[0]["metadata"]


def test_who_changes_what_was_read_changes_nothing_in_the_store() -> None:
    store = Store()
    store.put(JOB, job(1))
    store.children(JOB, OWNER)[0]["metadata"]["labels"] = {}
    assert store.children(JOB, OWNER) == (job(1),)


def test_the_store_is_complete_when_each_kind_was_listed() -> None:
    store = Store()
    for kind in WATCHED:
        assert not store.is_complete
        store.drop_unlisted(kind, set(), 1)
    assert store.is_complete


def test_resources_are_found_by_key() -> None:
    store = Store()
    resource = {"metadata": {"namespace": "ns", "name": "churn", "uid": "m", "resourceVersion": "1"}}
    assert store.put(MODEL_DEPLOYMENT, resource) == {OWNER}
    assert store.resource(OWNER) == resource
    assert list(store.resources()) == [OWNER]
