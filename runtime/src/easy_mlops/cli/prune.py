"""`make-mlops-easy prune`: what a Job of the operator does with artifacts beyond `revisionHistoryLimit`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from easy_mlops.cli.stop import end_on_sigterm
from easy_mlops.contract import EXIT_FAILED, EXIT_OK
from easy_mlops.termination import leave


def run(arguments: argparse.Namespace) -> int:
    """Remove each directory that is what its digest says. One that cannot be removed keeps no other from it."""
    from easy_mlops.deployment.prune import PruneError, prune

    end_on_sigterm()
    failures = []
    for argument in arguments.directories:
        place, separator, digest = argument.rpartition("=")
        if not separator:
            place, digest = argument, ""
        try:
            done = prune(Path(arguments.volume), place, digest)
        except (PruneError, OSError) as error:
            told = str(error) if isinstance(error, PruneError) else f"{place}: {error.strerror or error}"
            failures.append(told)
            print(f"make-mlops-easy prune: {told}", file=sys.stderr)
        else:
            print(f"{place}: {'removed' if done else 'is gone already'}")
    if failures:
        leave("; ".join(failures))
    return EXIT_FAILED if failures else EXIT_OK
