"""The configuration that replaces a deployment's own, for the commands that read one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from easy_mlops.config.full import Config


def config_override(arguments: argparse.Namespace) -> Config | None:
    """The checked configuration of `--config` and `--plugin`; None without them, for the directory's own.

    Raises `ConfigError`. Without either option no heavy library is imported.
    """
    if not arguments.config and not arguments.plugin:
        return None
    from easy_mlops.pipeline import MLOpsPipeline

    return MLOpsPipeline(arguments.config, plugins=arguments.plugin).config_for(arguments.directory)
