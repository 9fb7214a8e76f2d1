"""`make-mlops-easy serve`."""

from __future__ import annotations

import argparse


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    from easy_mlops.serving.app import serve

    if arguments.plugin:
        from easy_mlops.pipeline.files import config_of

        config_of(arguments.plugin)
    return serve(
        arguments.directory,
        host=arguments.host,
        port=arguments.port,
        digest=arguments.digest,
        name=arguments.name,
        allow_unverified=arguments.allow_unverified,
        allow_version_mismatch=arguments.allow_version_mismatch,
        log_predictions=None if arguments.log_predictions is None else arguments.log_predictions == "on",
    )
