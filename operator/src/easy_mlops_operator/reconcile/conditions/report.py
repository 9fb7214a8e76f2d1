"""What a pass reports once its actions have been carried out: the status, the events, and when to look again."""

from __future__ import annotations

from easy_mlops.config.runbook import RunbookSection

from easy_mlops_operator.reconcile.acceptance import Accepted
from easy_mlops_operator.reconcile.conditions.evaluations import seconds_to_change
from easy_mlops_operator.reconcile.conditions.events import transitions
from easy_mlops_operator.reconcile.conditions.judgement import judge_active
from easy_mlops_operator.reconcile.conditions.refused_writes import with_refusal
from easy_mlops_operator.reconcile.conditions.size_limit import within_limit
from easy_mlops_operator.reconcile.conditions.status import compose
from easy_mlops_operator.reconcile.model import Outcome, StatusReport
from easy_mlops_operator.reconcile.plan import Plan


def status_of(plan: Plan, outcome: Outcome) -> StatusReport:
    """The report of a pass. A write that was refused is reported as such, and what it was for as not done."""
    context, refusals = plan.context, outcome.refusals
    findings = plan.findings
    for refusal in reversed(refusals):  # of several about the same, the first one is reported
        findings = with_refusal(context, findings, refusal)
    begun = not any(refusal.kind in ("Job", "ConfigMap", "NetworkPolicy") for refusal in refusals)
    revisions = plan.revisions if begun else context.revisions
    stalled = findings.decisive is not None and findings.decisive.stalled
    judgement = judge_active(context, is_stalled=stalled)
    before = context.resource.status
    after = within_limit(compose(context, findings, judgement, revisions, refusals))
    runbook = context.spec.spec.observability.runbook if isinstance(context.spec, Accepted) else RunbookSection()
    # Compared is what we know of the status; fields that others have put there are not ours to take away.
    changed = before.to_json() != after.to_json()
    delays = (
        findings.decisive.requeue_after if findings.decisive is not None else None,
        findings.fallback.requeue_after,
        seconds_to_change(after.evaluations, [window.period for window in runbook.suppression_windows], context.now),
    )
    return StatusReport(
        status=after.to_json() if changed else None,
        events=transitions(before, after, runbook.owner) if changed else (),
        latest=() if judgement.latest == after.evaluations else judgement.latest,
        requeue_after=min((seconds for seconds in delays if seconds is not None), default=None),
    )
