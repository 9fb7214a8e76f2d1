"""Rules with `from_reference` on a laptop: `predict` logs what their limit needs, `status` evaluates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from easy_mlops.config import Config, ConfigError, check_spec
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.observability import ModelMonitor, log_metric
from easy_mlops.pipeline import MLOpsPipeline
from easy_mlops.rules.chance import chance_limit
from easy_mlops.rules.rule import EffectiveRule

RULE: dict[str, Any] = {"metric": "psi", "from_reference": {"method": "chi2", "alpha": 0.001}}
CONFIG = """\
training: {model_type: logistic_regression, cv_folds: 0}
preprocessing: {handle_missing: median}
observability:
  rules:
    drift: {metric: psi, from_reference: {method: chi2, alpha: 0.001}, severity: critical}
    tenure: {metric: psi, column: tenure, from_reference: {}}
    fixed: {metric: psi, op: ">", value: 0.25}
"""


def monitor(tmp_path: Path, *rows: tuple[float, dict[str, Any]], **rule: Any) -> dict[str, Any]:
    """The verdict on logged stability indices, each with its context."""
    for value, context in rows:
        log_metric("psi", value, layer="data", window="batch", path=tmp_path / "metrics.csv", **context)
    found = ModelMonitor({"rules": {"drift": {**RULE, **rule}}})
    found.load_logs(tmp_path)
    return next(item for item in found.get_evaluations() if item["name"] == "drift")


def context(column: str, n: int = 100, bins: int = 11, reference: int = 2000) -> dict[str, Any]:
    return {"column": column, "n": n, "bins": bins, "reference": reference}


def test_predict_and_status_judge_a_small_batch_by_what_chance_explains(
    tmp_path: Path, customers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    customers.to_csv("churn.csv", index=False)
    Path("config.yaml").write_text(CONFIG)
    directory = MLOpsPipeline("config.yaml").run("churn.csv", "churned")["deployment"]["deployment_dir"]
    same = customers.sample(60, random_state=3)
    for frame, states in (
        (same, {"drift": "OK", "tenure": "OK", "fixed": "NoData"}),
        (same.assign(charges=same["charges"] * 3), {"drift": "Firing", "tenure": "OK", "fixed": "NoData"}),
        (same.head(20), {"drift": "NoData", "tenure": "NoData", "fixed": "NoData"}),
    ):
        frame.to_csv("rows.csv", index=False)
        MLOpsPipeline().predict("rows.csv", directory)
        evaluations = {
            item["name"]: item for item in MLOpsPipeline().get_status(directory)["monitoring"]["evaluations"]
        }
        assert {name: evaluations[name]["state"] for name in states} == states
        if states["drift"] == "Firing":
            assert evaluations["drift"]["worst_column"] == "charges"
            assert evaluations["drift"]["threshold"] == chance_limit(11, 60, 96, 0.001)
            assert "by chance, α = 0.001" in evaluations["drift"]["limit"]


def test_the_column_farthest_beyond_chance_is_evaluated(tmp_path: Path) -> None:
    found = monitor(tmp_path, (0.3, context("few", bins=2)), (0.5, context("many", bins=30)))
    assert (found["state"], found["worst_column"]) == ("Firing", "few")
    assert found["threshold"] == chance_limit(2, 100, 2000, 0.001)


def test_rows_of_an_earlier_batch_are_not_evaluated(tmp_path: Path) -> None:
    monitor(tmp_path, (9.0, context("old")))
    log_metric("row_count", 100, layer="data", path=tmp_path / "metrics.csv")
    found = monitor(tmp_path, (0.01, context("new")))
    assert (found["state"], found["worst_column"]) == ("OK", "new")


@pytest.mark.parametrize("context", [{"column": "a", "n": 100}, {"n": 100, "bins": 11}, {}])
def test_a_row_without_the_numbers_that_the_limit_needs_is_no_data(tmp_path: Path, context: dict[str, Any]) -> None:
    found = monitor(tmp_path, (9.0, context))
    assert found["state"] == "NoData"
    assert "no reference of psi" in found["message"]


def test_keep_last_judges_each_row_by_its_own_limit(tmp_path: Path) -> None:
    rows = [(0.5, context("a", n=1000)), (0.5, context("a", n=10))]
    assert monitor(tmp_path, *rows, no_data="keep_last")["state"] == "Firing"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({**RULE, "value": 1}, "here is value, from_reference"),
        ({**RULE, "op": "<"}, "op must be > or >=, got '<'"),
        ({"from_reference": {"method": "ks"}}, "'chi2'"),
        ({"from_reference": {"alpha": 0}}, "greater than 0"),
        ({"from_reference": {"alpha": 1}}, "less than 1"),
        ({"from_reference": {"alhpa": 0.1}}, "did you mean 'alpha'?"),
    ],
)
def test_an_invalid_rule_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ObservabilitySection.parse({"rules": {"psi": rule}})
    assert words in str(caught.value)


def test_from_reference_is_allowed_for_psi_only() -> None:
    (problem,) = check_spec(Config.parse({"observability": {"rules": {"null_rate": {"from_reference": {}}}}}))
    assert (problem.path, problem.reason) == ("spec.observability.rules.null_rate.from_reference", "ConflictingKeys")
    assert "psi" in problem.message


def test_fewer_rows_than_50_are_too_few_unless_the_rule_says_so() -> None:
    rules = {"a": RULE, "b": {**RULE, "min_samples": 5}}
    found = policy_of(ObservabilitySection.parse({"rules": rules})).effective_rules()
    assert [rule.min_samples for rule in found if isinstance(rule, EffectiveRule)] == [50, 5]


def test_the_python_call_has_no_rows_to_evaluate() -> None:
    with pytest.raises(ValueError, match="relative to a reference of psi"):
        ModelMonitor({"rules": {"drift": RULE}}).check_metric_threshold("psi", 0.5)
