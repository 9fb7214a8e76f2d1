"""`make-mlops-easy serve`."""

from __future__ import annotations

import argparse


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    from easy_mlops.scoring.app import serve

    return serve(
        arguments.directory,
        host=arguments.host,
        port=arguments.port,
        digest=arguments.digest,
        name=arguments.name,
        log_predictions=None if arguments.log_predictions is None else arguments.log_predictions == "on",
    )
