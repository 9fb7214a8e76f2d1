"""The command line: up, down, env, load, base-image, status, logs."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import commands
from .cache import Cache
from .errors import ClusterError
from .progress import say

DEFAULT_NAME = "make-mlops-easy"


def parser() -> argparse.ArgumentParser:
    """The parser for all commands and options."""
    top = argparse.ArgumentParser(
        prog="python3 hack/cluster",
        description="Creates a Kubernetes cluster to build and test on; CLUSTER=current|kind|bootstrap selects how.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, meaning: str, *, named: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=meaning)
        if named:
            command.add_argument("--name", default=DEFAULT_NAME, help=f"name of the cluster ({DEFAULT_NAME})")
        return command

    _add_options_of_up(add("up", "create the cluster or keep it; print the path of its kubeconfig"))
    _add_options_of_down(add("down", "remove the cluster"))
    add("env", "print KUBECONFIG, PATH, DOCKER_HOST ... as lines for eval")
    load = add("load", "load images from the engine into every node")
    load.add_argument("images", nargs="+", metavar="IMAGE")
    add("base-image", "print the base for building images; build a substitute if it cannot be pulled", named=False)
    add("status", "print the cluster's nodes and their problems")
    logs = add("logs", "write the logs of components and pods")
    logs.add_argument("folder", type=Path, metavar="DIR")
    return top


def _add_options_of_up(command: argparse.ArgumentParser) -> None:
    nodes = "number of nodes, control plane included (1 for a new cluster, else unchanged)"
    command.add_argument("--nodes", type=_positive, help=nodes)
    command.add_argument("--config", type=Path, help="kind configuration that replaces the generated one")
    command.add_argument(
        "--host-port",
        type=int,
        metavar="FIRST",
        help="first of the five ports of 127.0.0.1 that lead to node ports 30080 to 30084; 0 for none "
        "(default: the first five free ports from 38080, 38180, 38280 ...)",
    )


def _add_options_of_down(command: argparse.ArgumentParser) -> None:
    engine = "also stop the bootstrapped dockerd and undo its changes, unless another cluster is in it"
    command.add_argument("--all", action="store_true", help="remove all clusters that this program created")
    command.add_argument("--engine", action="store_true", help=engine)
    command.add_argument("--purge", action="store_true", help="--all --engine, and delete the cache")


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit status."""
    options = parser().parse_args(arguments)
    cache = Cache.of_user()
    try:
        answer = run_command(options, cache)
    except ClusterError as failure:
        say(f"error: {failure}")
        sys.stdout.write(failure.answer)
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    if answer:
        sys.stdout.write(answer)
    return 0


def run_command(options: argparse.Namespace, cache: Cache) -> str:
    """Runs the command; returns its standard output."""
    forced = os.environ.get("CLUSTER", "")
    match options.command:
        case "up":
            request = commands.Request(options.name, options.nodes, options.host_port, options.config, forced)
            return f"{commands.up(cache, request)}\n"
        case "down":
            names = None if options.all or options.purge else [options.name]
            engine = options.engine or options.purge
            commands.down(cache, names, forced=forced, engine=engine, purge=options.purge)
        case "env":
            return commands.env(cache, options.name, forced)
        case "load":
            commands.load(cache, options.name, forced, options.images)
        case "base-image":
            return f"{commands.base_image(cache, forced)}\n"
        case "status":
            return commands.status(cache, options.name, forced)
        case "logs":
            commands.logs(cache, options.name, forced, options.folder)
    return ""


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
