"""The configuration that a command was given, for commands that otherwise take a deployment's own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from easy_mlops.config.full import Config


def config_override(arguments: argparse.Namespace) -> Config | None:
    """The configuration that `--config` and `--plugin` make, checked; None when the directory's own is enough.

    Raises `ConfigError`. Without either option nothing heavy is loaded.
    """
    if not arguments.config and not arguments.plugin:
        return None
    from easy_mlops.pipeline import MLOpsPipeline

    return MLOpsPipeline(arguments.config, plugins=arguments.plugin).config_for(arguments.directory)
