"""What to say of a container that did not end by itself, so that the reader knows what to do."""

from __future__ import annotations

from typing import Final

from easy_mlops_operator.reconcile.views import Ended

_SIGKILL: Final = 137


def how_it_was_killed(ended: Ended, resources: str) -> str | None:
    """Words for a container that was killed, None for one that was not; its limits are in the field `resources`.

    A container runtime that hears of the kernel's kill too late tells it as any other one: `Error`, exit code 137.
    """
    if ended.reason == "OOMKilled":
        return f"ran out of memory (OOMKilled); raise {resources}.limits.memory"
    if ended.exit_code == _SIGKILL:
        return (
            f"was killed (exit code {_SIGKILL}), possibly because it ran out of memory, although its node did"
            f" not report OOMKilled; if so, raise {resources}.limits.memory"
        )
    return None
