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
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="python3 hack/cluster",
        description="A Kubernetes cluster to build and test on. CLUSTER=current|kind|bootstrap forces the way to it.",
    )
    command = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--name", default=DEFAULT_NAME, help=f"name of the cluster ({DEFAULT_NAME})")

    up = command.add_parser("up", parents=[named], help="make the cluster or keep it; print its kubeconfig")
    up.add_argument(
        "--nodes",
        type=_positive,
        help="control plane included; new clusters get 1, others keep what they have",
    )
    up.add_argument("--config", type=Path, help="kind configuration to use instead of the generated one")
    up.add_argument(
        "--host-port",
        type=int,
        metavar="FIRST",
        help="five ports of 127.0.0.1 from this one on lead to node ports 30080 to 30084; 0 for none "
        "(the first free five from 38080, 38180, 38280 ...)",
    )
    down = command.add_parser("down", parents=[named], help="remove the cluster")
    down.add_argument("--all", action="store_true", help="remove all clusters that this program made")
    down.add_argument(
        "--engine",
        action="store_true",
        help="and stop the bootstrapped dockerd and undo what it changed, unless another cluster runs in it",
    )
    down.add_argument("--purge", action="store_true", help="--all --engine, and delete everything cached")
    command.add_parser("env", parents=[named], help="print lines for eval: KUBECONFIG, PATH, DOCKER_HOST ...")
    load = command.add_parser("load", parents=[named], help="load images of the engine into every node")
    load.add_argument("images", nargs="+", metavar="IMAGE")
    command.add_parser("base-image", help="print the base for building images; makes the stand-in where none is pulled")
    command.add_parser("status", parents=[named], help="print the cluster's nodes and what is wrong with them")
    logs = command.add_parser("logs", parents=[named], help="write the logs of components and pods")
    logs.add_argument("folder", type=Path, metavar="DIR")
    return top


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
    """What the command prints on standard output."""
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
        raise argparse.ArgumentTypeError("at least one node")
    return number
