"""The configuration that a command was given, for commands that otherwise take a deployment's own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from easy_mlops.config.full import Config


def given_config(arguments: argparse.Namespace) -> Config | None:
    """The file of `--config`, checked, None without one; the plugins of `--plugin` are imported.

    Raises `ConfigError`. Without either option nothing heavy is loaded.
    """
    if not arguments.config and not arguments.plugin:
        return None
    from easy_mlops.pipeline import MLOpsPipeline

    pipeline = MLOpsPipeline(arguments.config, plugins=arguments.plugin)
    return pipeline.config if arguments.config else None
