"""Builds the steps that a configuration enables."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Final

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.check.observability import check_observability
from easy_mlops.config.errors import ConfigError, Problem, require
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.registry import StepKind
from easy_mlops.observability.loggers import MetricsLoggerStep, PredictionsLoggerStep
from easy_mlops.observability.steps import ObservabilityStep
from easy_mlops.observability.threshold import MetricThresholdStep

log = logging.getLogger(__name__)

BUILT_IN: Final[tuple[type[ObservabilityStep], ...]] = (MetricsLoggerStep, PredictionsLoggerStep, MetricThresholdStep)
"""In the default order."""
OBSERVABILITY_KIND: Final = StepKind("observability", ObservabilityStep)


def build_steps(
    section: ObservabilitySection, registry: dict[str, type[ObservabilityStep]], reference: Mapping[str, float]
) -> list[ObservabilityStep]:
    """The steps in their order; `reference` has the metrics that rules with `ratio_to_reference` multiply.

    Raises `ConfigError` for an unknown step or parameter.
    """
    require(check_observability(section, "observability", OBSERVABILITY_KIND.catalogue(registry, section.steps)))
    default = [StepSpec(type=step.name) for step in BUILT_IN]
    wanted = default if section.steps is None else [step_of(item) for item in section.steps]
    steps = []
    for index, spec in enumerate(wanted):
        if _is_off(section, registry[spec.type], spec):
            continue
        step = _build(registry[spec.type], spec, f"observability.steps[{index}].params")
        if isinstance(step, MetricThresholdStep):
            step.configure(section, reference)
        steps.append(step)
    return steps


def _is_off(section: ObservabilitySection, cls: type[ObservabilityStep], spec: StepSpec) -> bool:
    if cls in BUILT_IN and spec.params.get("enabled") is False:
        return True
    switches = (
        (MetricsLoggerStep, "track_metrics", section.track_metrics),
        (PredictionsLoggerStep, "log_predictions", section.log_predictions),
    )
    for logger, key, on in switches:
        if issubclass(cls, logger) and not on:
            if section.steps is not None:
                log.warning("observability.steps lists %s, but %s is false: it stays off", spec.type, key)
            return True
    return False


def _build(cls: type[ObservabilityStep], spec: StepSpec, where: str) -> ObservabilityStep:
    try:
        return cls.from_config(copy.deepcopy(spec.params))
    except TypeError as error:
        raise ConfigError([Problem(where, "InvalidValue", f"step {spec.type!r}: {error}")]) from error
