"""What serves while the target is not available and nothing else serves: the newest verified deployment on the volume.

The operator reads no volumes, so a Job searches. The Job remains until the target can be served, since its result says
which revision serves in place of the target; nothing is served that it has not verified.
"""

from __future__ import annotations

from dataclasses import replace

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.labels import APPLIED_HASH
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.builders import build_search
from easy_mlops_operator.reconcile.children import removed
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.diff import stamped
from easy_mlops_operator.reconcile.fallback.search import Search
from easy_mlops_operator.reconcile.finding import Fallback, Finding
from easy_mlops_operator.reconcile.model import Action, Apply, Manifest
from easy_mlops_operator.reconcile.serving.pods import load_failure

_LOOKING = "searching the volume for an earlier revision to serve"


def fall_back(context: Context, finding: Finding | None) -> Fallback:
    """Search if `finding` prevents the target from serving and nothing else serves, and report the outcome.

    While a damaged revision is trained again, both go on: whichever comes first serves.
    """
    serves = context.falls_back
    message = _instead(context) if serves else ""
    wanted = context.wanted.rollout.fallback == "lastGood" and context.usable(context.target) is None
    if not wanted or (context.served is not None and not serves and not context.is_lost):
        return Fallback(_gone(context), message, serves=serves)
    failing = finding is not None and (finding.stalled or finding.reason is Reason.DATA_UNAVAILABLE or context.is_lost)
    search = _searched(context, finding) if finding is not None and failing else Fallback()
    return replace(search, message=message, serves=True) if serves else search


def is_searching(context: Context, fallback: Fallback) -> bool:
    """Whether a Job may be reading the volume: nothing is removed from it meanwhile."""
    begun = any(isinstance(action, Apply) for action in fallback.actions)
    return begun or (context.search is not None and context.search.state == "running")


def _searched(context: Context, finding: Finding) -> Fallback:
    search = context.search
    if search is None:
        if context.pruner is not None and context.pruner.state == "running":
            message = "the volume will be searched for a revision to serve once old artifacts are removed"
            return Fallback(message=message)
        return Fallback((Apply(_manifest(context, finding)),), _LOOKING)
    if context.recalled and not _is_damaged(context, search):
        return Fallback()
    wanted = _manifest(context, finding)["metadata"]["annotations"][APPLIED_HASH]
    if search.job.leaving or search.state in ("found", "lost") or search.made_of != wanted:
        return Fallback(_gone(context), _LOOKING)
    if search.state == "running":
        message = f"{_LOOKING}: {search.message}" if search.message else _LOOKING
        return Fallback(message=message, requeue_after=search.look_again)
    if search.state == "nothing":
        return Fallback(message=f"no earlier revision can be served: {search.message}")
    job = search.job.revision
    message = f"the search for an earlier revision failed: {search.message}; delete Job {job} to repeat it"
    return Fallback(message=message)


def _is_damaged(context: Context, search: Search) -> bool:
    """Whether the pods have reported damage since the search verified what they serve."""
    pods = context.scoring_pods(context.served.name) if context.served is not None else []
    failure = load_failure(pods, context.now) if not context.ready_pods else None
    if failure is None or failure.reason != Reason.DIGEST_MISMATCH:
        return False
    seen, made = parse_time(failure.time), parse_time(search.job.created_at)
    return seen is not None and made is not None and seen > made


def _instead(context: Context) -> str:
    over = context.search.passed_over if context.search is not None else ""
    name = context.served.name if context.served is not None else ""
    return f"{name} serves instead{f'; newer revisions failed verification: {over}' if over else ''}"


def _gone(context: Context) -> tuple[Action, ...]:
    return removed("batch/v1", "Job", context.observed.search)


def _manifest(context: Context, finding: Finding) -> Manifest:
    """The Job. If the target's image is not available, it uses the operator's default, which then serves, too."""
    wanted, claim = context.wanted, context.mount
    own = context.settings.runtime_image
    image = own if finding.reason is Reason.IMAGE_UNAVAILABLE else wanted.pipeline.image or own
    known = [item.argument for item in context.usable_revisions.values()]
    # With their digests, so that a directory whose SHA256SUMS was changed as well is recognized.
    damaged = [argument for item in context.revisions for argument in item.damaged]
    return stamped(
        build_search(
            context.parent,
            [*known, *damaged],
            output_dir=wanted.deployment.output_dir,
            serving=wanted.serving,
            claim=claim,
            image=image,
            pull_policy=context.settings.image_pull_policy,
        )
    )
