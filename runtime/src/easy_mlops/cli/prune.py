"""`make-mlops-easy prune`: how a Job of the operator removes the artifacts beyond `revisionHistoryLimit`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from easy_mlops.cli.output import show
from easy_mlops.cli.sigterm import exit_on_sigterm
from easy_mlops.contract import EXIT_FAILED, EXIT_OK, split_directory_argument
from easy_mlops.termination import write_termination_message

_OUTCOMES: Final = {"Removed": "removed", "Gone": "does not exist"}


def run(arguments: argparse.Namespace) -> int:
    """Remove each directory whose digest matches; one that cannot be removed does not stop the others."""
    from easy_mlops.deployment.prune import PruneError, prune

    exit_on_sigterm()
    results = []
    for argument in arguments.directories:
        place, digest = split_directory_argument(argument)
        try:
            state, message = "Removed" if prune(Path(arguments.volume), place, digest) else "Gone", ""
        except (PruneError, OSError) as error:
            message = str(error) if isinstance(error, PruneError) else f"{place}: {error.strerror or error}"
            state = "Refused"
            print(f"make-mlops-easy prune: {message}", file=sys.stderr)
        results.append({"directory": place, "state": state, "message": message})
    lines = [f"{item['directory']}: {_OUTCOMES[item['state']]}" for item in results if item["state"] in _OUTCOMES]
    show(arguments.output, {"directories": results}, lines)
    if failures := [item["message"] for item in results if item["state"] == "Refused"]:
        write_termination_message("; ".join(failures))
    return EXIT_FAILED if failures else EXIT_OK
