"""`make-mlops-easy lastgood`: what a Job of the operator does for `spec.rollout.fallback: lastGood`."""

from __future__ import annotations

import argparse
from pathlib import Path

from easy_mlops.cli.progress import Progress
from easy_mlops.cli.run_result import report_result
from easy_mlops.cli.sigterm import exit_on_sigterm
from easy_mlops.contract import split_directory_argument


def run(arguments: argparse.Namespace) -> int:
    """Try one deployment after the other and report each; the result is that of the first that verifies and loads."""
    exit_on_sigterm()
    volume = Path(arguments.volume)
    with Progress(arguments.output) as progress:
        from easy_mlops.pipeline.fallback import find_fallback

        result = find_fallback(
            arguments.model,
            volume=volume,
            output_dir=arguments.output_dir,
            digests=dict(map(split_directory_argument, arguments.directories)),
            allow_version_mismatch=arguments.allow_version_mismatch,
            report=progress.ended,
            begins=progress.begins,
        )
    return report_result(result, arguments, volume)
