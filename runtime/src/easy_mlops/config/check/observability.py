"""Rules between the fields of `observability`."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.config.steps import Catalogue, check_step_list
from easy_mlops.rules.metrics import CHANCE_METRICS, COLUMN_METRICS
from easy_mlops.rules.precedence import MOST_LIMITS


def check_observability(
    section: ObservabilitySection, where: str, catalogue: Catalogue, *, complete: bool = True
) -> list[Problem]:
    """Unknown steps and parameters, and rules that do not fit their metric."""
    problems = [*check_step_list(where, section.steps, catalogue, complete=complete), *check_rules(section, where)]
    return problems or list(_check_number(section, where))


def check_rules(section: ObservabilitySection, where: str) -> Iterator[Problem]:
    """Rules on a column of a metric that has none, or with a limit that is not known for the metric."""
    for name, rule in section.rules.items():
        metric = rule.metric or name
        if rule.column is not None and metric not in COLUMN_METRICS:
            message = f"{metric} is not measured by column; metrics by column: {', '.join(COLUMN_METRICS)}"
            yield Problem(f"{where}.rules.{name}.column", "ConflictingKeys", message)
        if rule.from_reference is not None and metric not in CHANCE_METRICS:
            message = f"the distribution of {metric} by chance is not known, only that of {', '.join(CHANCE_METRICS)}"
            yield Problem(f"{where}.rules.{name}.from_reference", "ConflictingKeys", message)
        if rule.ratio_to_reference is not None and rule.op is None and not _has_direction(metric, section):
            message = f"is required: it is not known which side of {metric} is worse"
            yield Problem(f"{where}.rules.{name}.op", "InvalidValue", message)


def _check_number(section: ObservabilitySection, where: str) -> Iterator[Problem]:
    """Status lists a limited number of verdicts, and each rule and limit must be among them."""
    number = len(policy_of(section).effective_rules())
    if number > MOST_LIMITS:
        message = f"must have at most {MOST_LIMITS} rules and metric_thresholds together, got {number}"
        yield Problem(where, "InvalidValue", message)


def _has_direction(metric: str, section: ObservabilitySection) -> bool:
    try:
        return policy_of(section).direction_of(metric) is not None
    except ConfigError:  # a step's parameters are wrong, which is reported for the step
        return True
