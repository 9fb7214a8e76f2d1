"""Names of revisions and IDs of runs.

A revision is `<name>-<hash of what is trained from>`; a run's ID adds the beginning of the resource's UID, so that a
resource that is created again under an old name differs from the old one.
"""

from __future__ import annotations

import re
from typing import Final

HASH_DIGITS: Final = 10
"""40 bits: a volume remembers every run that it ever saw, so thousands of revisions must not collide."""
UID_DIGITS: Final = 8
_ATTEMPT: Final = "(-[1-9][0-9]?)?"


def revision_of(name: str, digest: str) -> str:
    """Name of a revision of the ModelDeployment `name`; `digest` is a hexadecimal hash of its inputs."""
    return f"{name}-{digest[:HASH_DIGITS]}"


def run_id(revision: str, uid: str, attempt: int = 0) -> str:
    """ID of a revision's run for the resource with this UID.

    `attempt` counts the directories of the revision that were damaged: a new one is never mistaken for those.

    >>> run_id("churn-0123456789", "8f0e0d0c-1111", attempt=1)
    'churn-0123456789-8f0e0d0c-1'
    """
    return f"{revision}-{uid[:UID_DIGITS]}{f'-{attempt}' if attempt else ''}"


def is_run_of(name: str, run: str) -> bool:
    """Whether `run` is the ID of a run of a ModelDeployment of this name, regardless of its UID.

    >>> is_run_of("churn", run_id("churn-0123456789", "8f0e0d0c-1111"))
    True
    >>> is_run_of("churn", run_id("churn-0123456789", "8f0e0d0c-1111", attempt=2))
    True
    >>> is_run_of("churn", "churn-eu-0123456789-8f0e0d0c")
    False
    """
    return (
        re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{{HASH_DIGITS}}}-[0-9a-f]{{{UID_DIGITS}}}{_ATTEMPT}", run)
        is not None
    )
