"""Why the API server refuses pods of a Job or a Deployment, and what to change.

Quotas, limit ranges, Pod Security, admission policies and webhooks refuse pods, not the objects that they belong to.
The Job controller says so in an Event, the Deployment's in the condition `ReplicaFailure`; both try again.
"""

from __future__ import annotations

import re
from typing import Final

_PREFIX: Final = re.compile(r'^(?:Error creating: )?(?:pods? "[^"]*" is forbidden: )?', re.IGNORECASE)
_POD: Final = re.compile(r'\b([Pp]ods?) "[^"]+"')
_LIMIT: Final = 700
_QUOTA: Final = re.compile(r"exceeded quota: ([^\s,]+)")
_ADVICE: Final = (
    (r"failed quota: ([^\s:]+): must specify", "set {resources}, as ResourceQuota '{0}' requires"),
    (r"(?:minimum|maximum|default|ratio)\b.* per (?:Container|Pod)", "set {resources} within the LimitRange"),
    (r"violates PodSecurity", "lower the pod-security.kubernetes.io/enforce label of the namespace"),
    (r"serviceaccount \"?([\w.-]+)\"? not found", "create ServiceAccount '{0}'"),
    (r"no PriorityClass with name ([\w.-]+) was found", "create PriorityClass '{0}'"),
    (r"ValidatingAdmissionPolicy '([^']+)'", "change what ValidatingAdmissionPolicy '{0}' requires, or the spec"),
    (r"admission webhook \"([^\"]+)\" denied", "change what the policies of webhook '{0}' require, or the spec"),
    (r"failed calling webhook \"([^\"]+)\"", "repair webhook '{0}'"),
)


def refusal(message: str, owner: str, resources: str) -> str:
    """The API server's message without names that change with each try, and with advice.

    Parameters
    ----------
    message
        As the Job controller or the ReplicaSet controller reports it.
    owner
        Name of the Job or of the Deployment.
    resources
        Path of the field that sets the resources of its pods.
    """
    text = _POD.sub(r"\1", _PREFIX.sub("", " ".join(message.split())))
    text = re.sub(rf"\b{re.escape(owner)}(?:-[a-z0-9]+)*-[a-z0-9]{{5}}\b", owner, text)
    advice = _advice(text, resources)
    return f"its pods are refused: {text[:_LIMIT]}{f'; {advice}' if advice else ''}"


def _advice(text: str, resources: str) -> str:
    if quota := _QUOTA.search(text):
        lower = f" or lower {resources}" if re.search(r"requested: .*(?:cpu|memory|storage)", text) else ""
        return f"raise ResourceQuota {quota[1]!r}{lower}"
    for pattern, advice in _ADVICE:
        if match := re.search(pattern, text):
            return advice.format(*match.groups(), resources=resources)
    return ""
