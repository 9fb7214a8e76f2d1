"""`make-mlops-easy run`: what the Job does, in the cluster and on a laptop."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from easy_mlops.cli.output import show
from easy_mlops.cli.progress import Progress
from easy_mlops.cli.run_result import report_result
from easy_mlops.cli.sigterm import exit_on_sigterm
from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.deployment import check_output_dir
from easy_mlops.config.check.spec import KnownSteps, brings_steps, check_spec
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.errors import ConfigError, Problem, join_path
from easy_mlops.config.load import ConfigFile, load_file
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.contract import (
    DATA_ROOT_ENV,
    EXIT_OK,
    RunFailure,
    RunResult,
)
from easy_mlops.termination import write_termination_message


def run(arguments: argparse.Namespace) -> int:
    """Check the file, then run it. The result is written to the termination message, whatever it is."""
    try:
        file = _checked(arguments)
        file = file if arguments.check else _with_plugins(file, arguments)
    except ConfigError as error:
        first = error.problems[0]
        failure = RunFailure("InvalidSpec", first.path, str(error))
        write_termination_message(RunResult(arguments.run_id or "", ok=False, failure=failure).encode())
        show(arguments.output, {"ok": False, "problems": list(map(_shown, error.problems))}, ())
        raise
    if arguments.check:
        show(arguments.output, {"ok": True, "problems": []}, [f"{arguments.file}: valid"])
        return EXIT_OK
    exit_on_sigterm()
    try:
        result = _run(file, arguments)
    except Exception as error:
        failure = RunFailure("StepFailed", "run", f"{type(error).__name__}: {error}")
        write_termination_message(RunResult(arguments.run_id or "", ok=False, failure=failure).encode())
        raise
    return report_result(result, arguments, _root(arguments))


def _checked(arguments: argparse.Namespace) -> ConfigFile:
    """Load the file and check all that can be checked before its plugins, which may add steps, are imported.

    `--check` of a ModelDeployment reports what the operator would report in a cluster. Raises `ConfigError`.
    """
    file = load_file(Path(arguments.file))
    for_operator = file.spec if arguments.check else None
    cluster = Cluster() if for_operator else _cluster()
    more_steps = bool(arguments.plugin) or brings_steps(for_operator or file.config)
    steps = KnownSteps(DEPLOYMENT_STEPS, OBSERVABILITY_STEPS, complete=not more_steps)
    problems = check_spec(file.spec or file.config, where=file.where, cluster=cluster, steps=steps)
    if for_operator is None and any(problem.reason == "UnknownStep" for problem in problems):
        # An installed package may offer the step; looking for it loads heavy libraries.
        from easy_mlops.pipeline.files import check_file

        check_file(file, cluster=cluster)
        problems = []
    if arguments.volume is not None and cluster is None:
        problems += check_output_dir(file.config.deployment, join_path(file.where, "deployment"))
    if file.config.data is None:
        message = "is required: the table to train on, such as {uri: sklearn://wine}"
        problems.append(Problem(join_path(file.where, "data"), "InvalidValue", message))
    if problems:
        raise file.error(problems)
    return file


def _with_plugins(file: ConfigFile, arguments: argparse.Namespace) -> ConfigFile:
    """Import what the file and the command line name, then check the steps again."""
    if not file.config.plugins and not arguments.plugin:
        return file
    from easy_mlops.pipeline.files import check_file, with_plugins

    file = with_plugins(file, arguments.plugin, [Path(folder) for folder in arguments.plugin_path])
    check_file(file, cluster=_cluster())
    return file


def _run(file: ConfigFile, arguments: argparse.Namespace) -> RunResult:
    # The libraries of a run take a second to import: only after the file has been checked.
    with Progress(arguments.output) as progress:
        from easy_mlops.pipeline.run import run as run_pipeline

        return run_pipeline(
            file.config,
            where=file.where,
            base=file.path.parent,
            output_root=_root(arguments),
            run_id=arguments.run_id,
            report=progress.ended,
            begins=progress.begins,
        )


def _shown(problem: Problem) -> dict[str, str]:
    return {"path": problem.path, "reason": problem.reason, "message": problem.message}


def _cluster() -> Cluster | None:
    """The cluster, when this is one of its Jobs; None on any other machine."""
    return Cluster() if DATA_ROOT_ENV in os.environ else None


def _root(arguments: argparse.Namespace) -> Path:
    return Path(arguments.volume or ".")
