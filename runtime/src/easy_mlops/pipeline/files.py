"""Prepares a configuration file for use: imports its plugins, then checks its steps against the registered ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.spec import KnownSteps, check_spec
from easy_mlops.config.errors import ConfigError
from easy_mlops.config.full import Config
from easy_mlops.config.load import ConfigFile
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.plugins import use_plugins
from easy_mlops.deployment.steps import DEPLOYMENT_KIND
from easy_mlops.observability import ModelMonitor
from easy_mlops.observability.building import OBSERVABILITY_KIND


def config_of(names: Sequence[str]) -> Config:
    """A configuration with only plugins, which are in the working directory or installed. Raises `ConfigError`."""
    config = Config.parse({"plugins": list(names)})
    return config.with_imported(use_plugins(config.plugins, [Path.cwd()]))


def with_plugins(file: ConfigFile, names: Sequence[str] = (), folders: Sequence[Path] = ()) -> ConfigFile:
    """The file with the plugins `names` before its own; all plugins are imported.

    A file's own plugins are looked up in `folders`, in its folder and in the working directory. Raises `ConfigError`.
    """
    extra = config_of(names)
    where = "spec.pipeline.plugins" if file.where else "plugins"
    try:
        own = use_plugins(file.config.plugins, [*folders, file.path.parent.absolute(), Path.cwd()], where)
    except ConfigError as error:
        raise file.error(error.problems) from error
    config = file.config.model_copy(update={"plugins": [*extra.plugins, *file.config.plugins]})
    return replace(file, config=config.with_imported(extra.imported + own))


def check_file(file: ConfigFile, *, cluster: Cluster | None = None) -> None:
    """Check the rules between fields, with the steps that are registered. Raises `ConfigFileError`."""
    imported = file.config.imported.steps
    steps = KnownSteps(
        deployment=DEPLOYMENT_KIND.catalogue(
            DEPLOYMENT_KIND.extended(ModelDeployer.STEP_REGISTRY, imported), file.config.deployment.steps
        ),
        observability=OBSERVABILITY_KIND.catalogue(
            OBSERVABILITY_KIND.extended(ModelMonitor.STEP_REGISTRY, imported), file.config.observability.steps
        ),
    )
    problems = check_spec(file.spec or file.config, where=file.where, cluster=cluster, steps=steps)
    if problems:
        raise file.error(problems)
