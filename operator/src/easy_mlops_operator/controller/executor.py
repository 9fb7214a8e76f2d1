"""Carries out the actions of a plan in order, and writes what the pass reports.

Nothing here decides what should be; but a plan that was made from an outdated view of the cluster does no harm. An
object that the store does not know is created, and read if one of its name exists already; one that it knows is
applied under its uid. So another object of that name is never taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.labels import is_ours
from easy_mlops_operator.api.names import API_VERSION, KIND
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.event_recorder import EventRecorder
from easy_mlops_operator.controller.expectations import Expectations
from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, Key, Kind, Manifest, key_of, kind_of, version_of
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.reconcile import Action, Apply, Delete, Event, Outcome, Refusal, StatusReport, needs


class _Stop(Exception):  # noqa: N818 - it is not an error
    """The rest of the actions must not be carried out."""

    def __init__(
        self,
        verdict: Literal["behind", "waiting"],
        message: str,
        *,
        seconds: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.seconds = seconds


class Executor:
    """Writes to the API server, and puts the answers into the store."""

    def __init__(
        self,
        client: Client,
        store: Store,
        expectations: Expectations,
        conflicts: NameConflicts,
        recorder: EventRecorder,
    ) -> None:
        self._client = client
        self._store = store
        self._expectations = expectations
        self._conflicts = conflicts
        self._recorder = recorder

    async def execute(self, resource: Manifest, actions: Sequence[Action], *, gives_up: bool = False) -> Outcome:
        """Carry out actions. One that is refused does not stop the others, unless they need what it was to make.

        Raises `ApiError` if a request failed that may succeed the next time. With `gives_up`, an action that the API
        server fails at (5xx) counts as refused.
        """
        outcome = Outcome()
        try:
            for action in actions:
                if not any(needs(action, refusal) for refusal in outcome.refusals):
                    await self._act(resource, action, outcome, gives_up=gives_up)
        except _Stop as stop:
            outcome.verdict, outcome.message, outcome.seconds = stop.verdict, stop.message, stop.seconds
            return outcome
        if outcome.refusals:
            outcome.verdict, outcome.message = "refused", "; ".join(refusal.message for refusal in outcome.refusals)
        return outcome

    async def report(self, resource: Manifest, report: StatusReport, outcome: Outcome) -> None:
        """Write the status and the events of a report; `outcome` records it."""
        if report.status is not None:
            await self._write_status(resource, report.status, outcome)
        for event in report.events:
            await self._recorder.record(resource, event)

    async def _act(self, resource: Manifest, action: Action, outcome: Outcome, *, gives_up: bool) -> None:
        try:
            if isinstance(action, Apply):
                await self._apply(resource, action, outcome)
            else:
                await self._delete(action, outcome)
        except ApiError as error:
            if error.is_refusal or (gives_up and error.status >= 500):
                outcome.refusals.append(_refused(action, error))
                return
            raise

    async def _apply(self, resource: Manifest, action: Apply, outcome: Outcome) -> None:
        kind, key = kind_of(action.manifest["kind"]), key_of(action.manifest)
        known = self._store.get(kind, key)
        if (seconds := self._expectations.seconds_left(kind, key)) > 0:
            raise _Stop("waiting", f"{kind.name}/{key.name} is being deleted", seconds=seconds)
        answer = await (self._create(resource, action) if known is None else self._update(resource, action, known))
        self._store.put(kind, answer)
        if known is None or version_of(answer) != version_of(known):
            outcome.written.append(f"apply {kind.name}/{key.name}{f' ({action.differs})' if action.differs else ''}")

    async def _create(self, resource: Manifest, action: Apply) -> Manifest:
        kind, key = kind_of(action.manifest["kind"]), key_of(action.manifest)
        try:
            return await self._client.create(action.manifest, manager=action.manager)
        except ApiError as error:
            if error.status != 409:
                raise
            live = await self._client.get(kind, key.namespace, key.name)
            if live is not None:
                self._check_ours(resource, kind, live)
                self._store.put(kind, live)
            raise _Stop("behind", f"{kind.name}/{key.name} exists, and the store did not show it") from error

    async def _update(self, resource: Manifest, action: Apply, known: Manifest) -> Manifest:
        kind, key = kind_of(action.manifest["kind"]), key_of(action.manifest)
        self._check_ours(resource, kind, known)
        metadata = {**action.manifest["metadata"], "uid": known["metadata"]["uid"]}
        try:
            if action.repaired_spec is not None:
                await self._client.replace_spec({**known, "kind": kind.name}, action.repaired_spec)
            return await self._client.apply({**action.manifest, "metadata": metadata}, manager=action.manager)
        except ApiError as error:
            if error.status == 409 or (error.status == 422 and await self._was_replaced(kind, key, known)):
                await self._refresh(kind, key)
                raise _Stop("behind", f"apply {kind.name}/{key.name}: {error.message}") from error
            raise

    def _check_ours(self, resource: Manifest, kind: Kind, live: Manifest) -> None:
        if not is_ours(resource, live):
            self._conflicts.note(key_of(resource), kind, live["metadata"]["name"])
            raise _Stop("behind", f"{kind.name}/{live['metadata']['name']} is not ours")

    async def _was_replaced(self, kind: Kind, key: Key, known: Manifest) -> bool:
        """Whether another object has taken the place of `known`: its uid, which is immutable, is then refused."""
        live = await self._client.get(kind, key.namespace, key.name)
        return live is None or live["metadata"]["uid"] != known["metadata"]["uid"]

    async def _refresh(self, kind: Kind, key: Key) -> None:
        known = self._store.get(kind, key)
        live = await self._client.get(kind, key.namespace, key.name)
        if live is not None:
            self._store.put(kind, live)
        elif known is not None:
            self._store.forget(kind, known)

    async def _delete(self, action: Delete, outcome: Outcome) -> None:
        kind, key = kind_of(action.kind), Key(action.namespace, action.name)
        if self._expectations.seconds_left(kind, key) > 0:
            return
        try:
            await self._client.delete(kind, key.namespace, key.name, action.uid)
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
            await self._refresh(kind, key)  # gone already, or another one has its name
            return
        self._expectations.expect_gone(kind, key, action.uid)
        outcome.written.append(f"delete {kind.name}/{key.name}")

    async def _write_status(self, resource: Manifest, status: Manifest, outcome: Outcome) -> None:
        metadata = {field: resource["metadata"][field] for field in ("name", "namespace", "uid")}
        try:
            answer = await self._client.apply_status(
                {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "status": status}
            )
        except ApiError as error:
            if error.status in {
                404,
                409,
            }:  # deleted, perhaps created again, as its events will show; or others wrote, too
                outcome.verdict, outcome.message = "behind", f"status: {error.message}"
                return
            if error.is_refusal:
                outcome.verdict, outcome.message = "refused", f"status: {error.message}"
                await self._recorder.record(resource, Event("Warning", Reason.REFUSED, outcome.message))
                return
            raise
        self._store.put(MODEL_DEPLOYMENT, answer)
        outcome.written.append("status")


def _refused(action: Action, error: ApiError) -> Refusal:
    if isinstance(action, Apply):
        verb, kind, name = "apply", action.manifest["kind"], action.manifest["metadata"]["name"]
    else:
        verb, kind, name = "delete", action.kind, action.name
    reason = error.message.partition("\n")[0]  # the rest is a comparison of two versions in Go's syntax
    return Refusal(kind, name, f"{verb} {kind}/{name}: {reason}")
