"""Why a container ended, with advice where its resources may be the reason."""

from __future__ import annotations

from typing import Final

from easy_mlops_operator.reconcile.views import Ended

_OOM_KILLED: Final = "OOMKilled"
_SIGKILL: Final = 137
_LINE_LIMIT: Final = 300


def is_out_of_memory(ended: Ended) -> bool:
    """Whether the node says that the container ran out of memory."""
    return ended.reason == _OOM_KILLED


def may_be_out_of_memory(ended: Ended) -> bool:
    """Whether the container was killed, for which nothing but a lack of memory is known."""
    return is_out_of_memory(ended) or ended.exit_code == _SIGKILL


def how_it_ended(ended: Ended, resources: str, *, when: str = "") -> str:
    """Describe the end of a container that reported no result.

    Parameters
    ----------
    ended
        The container's `terminated` state.
    resources
        Path of the field that sets its resources, for example `spec.pipeline.resources`.
    when
        What it had not reached yet, for example `before it was ready`.
    """
    if is_out_of_memory(ended):
        return f"ran out of memory (OOMKilled); raise {resources}.limits.memory"
    if ended.exit_code == _SIGKILL:
        # A container runtime that learns too late that the kernel killed it reports `Error`, exit code 137.
        return (
            f"was killed (exit code {_SIGKILL}), possibly because it ran out of memory, although its node did"
            f" not report OOMKilled; if so, raise {resources}.limits.memory"
        )
    text = f"ended with exit code {ended.exit_code}"
    text += f" {when}" if when else ""
    text += f" ({ended.reason})" if ended.reason and ended.reason != "Error" else ""
    last_line = ended.message.strip().splitlines()[-1:]
    return f"{text}: {last_line[0][:_LINE_LIMIT]}" if last_line else text
